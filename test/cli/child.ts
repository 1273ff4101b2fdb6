/** The command line as a process of its own, as a user starts it. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import type { IntentSet } from "../../lib/data/types.ts";
import { transpile } from "../built.ts";
import { intents } from "../intents.ts";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** Standard input. Default: none. */
  input?: string;
  /** Variables changed; undefined removes one. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Called with the process, which may be killed. */
  started?: (child: ChildProcess) => void;
}

export interface Cli {
  /** Runs the command and waits for its end. */
  run(args: readonly string[], options?: StartOptions): Promise<Ended>;
  /** Runs it, wants the exit code 0, and gives the one JSON object that is all of stdout. */
  json(args: readonly string[], options?: StartOptions): Promise<Record<string, unknown>>;
  /** A path in a folder that is removed after the tests. */
  path(name: string): string;
  /** The file that Node runs. */
  readonly script: string;
}

/** Builds the command line before the tests of a file, and removes it after them. */
export function useCli(): Cli {
  let [built, script, folder] = ["", "", ""];
  beforeAll(() => {
    ({ folder: built, script } = transpile("lib/cli/main.ts"));
    folder = mkdtempSync(join(tmpdir(), "cli-"));
  });
  afterAll(() => {
    for (const path of [built, folder]) rmSync(path, { recursive: true, force: true });
  });
  const run: Cli["run"] = async (args, { input, env = {}, started } = {}) => {
    const child = spawn(process.execPath, [script, ...args], { env: { ...process.env, ...env } });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        out[name] += text;
      });
    }
    child.stdin.end(input);
    started?.(child);
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.on("close", (...end) => resolve(end));
    });
    return { code, signal, ...out };
  };
  return {
    run,
    async json(args, options) {
      const { code, stdout, stderr } = await run([...args, "--json"], options);
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    path: (name) => join(folder, name),
    get script() {
      return script;
    },
  };
}

/** Writes a set as a folder: train.json, dev.json, test.json and other.json. */
export function writeIntents(path: (name: string) => string, set: IntentSet = intents()): string {
  for (const part of ["train", "dev", "test", "other"] as const) {
    writeFileSync(path(`${part}.json`), JSON.stringify(set[part]));
  }
  return path(".");
}
