import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, rmSync, watch } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Random, random } from "../../lib/core/random.ts";
import { transpile } from "../built.ts";
import { endOf, temporaryFolder } from "./folder.ts";

let folder = "";
let script = "";
beforeAll(() => {
  ({ folder, script } = transpile("test/train/kill-child.ts"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the child in `out` until it ends or `kill`, which is told of every change of a file there, ends it. */
async function run(out: string, kill?: (child: ChildProcess, file: string) => void): Promise<"ended" | "killed"> {
  const child = spawn(process.execPath, [script, out], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr?.on("data", (text) => {
    errors += String(text);
  });
  const watcher = kill && watch(out, (_, file) => kill(child, String(file)));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on("close", (...end) => resolve(end));
  });
  watcher?.close();
  if (signal === "SIGKILL") return "killed";
  expect(code, errors).toBe(0);
  return "ended";
}

/** Kills in turn while a checkpoint is written, which makes a temporary file, and some time after. */
function killer(attempt: number, rng: Random): (child: ChildProcess, file: string) => void {
  let left = 1 + rng.int(13); // changes of a file that are waited for
  const delay = rng.int(40);
  return (child, file) => {
    if (attempt % 2 === 0 && !file.endsWith(".tmp")) return;
    if (--left !== 0) return;
    if (attempt % 2 === 0) child.kill("SIGKILL");
    else setTimeout(() => child.kill("SIGKILL"), delay);
  };
}

describe("a run that is killed again and again", () => {
  it("ends with the bits and the log of one that was not", { timeout: 120_000 }, async () => {
    const [whole, out] = [temporaryFolder(), temporaryFolder()];
    expect(await run(whole)).toBe("ended");
    const rng = random("kills");
    let kills = 0;
    while (kills < 7 && (await run(out, killer(kills, rng))) === "killed") kills++;
    expect(kills).toBeGreaterThan(3);
    await run(out);
    const [a, b] = [await endOf(out), await endOf(whole)];
    expect(a.checkpoint.step).toBe(41);
    expect(a.log).toEqual(b.log);
    expect(a.checkpoint).toEqual(b.checkpoint);
    expect(readdirSync(out).sort()).toEqual(["checkpoint.safetensors", "log.jsonl"]);
  });
});
