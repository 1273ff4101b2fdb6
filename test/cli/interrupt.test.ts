import type { ChildProcess } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { TINY } from "../model/tiny.ts";
import { logOf } from "../train/folder.ts";
import { type Ended, useCli, writeIntents } from "./child.ts";

const cli = useCli();
const STEPS = 120;

let common: string[] = [];
let whole = "";
beforeAll(async () => {
  const data = writeIntents(cli.path);
  whole = cli.path("whole");
  const shape = ["--n-shot", "3", "--n-query", "2", "--dev-episodes", "17"];
  const run = ["--steps", String(STEPS), "--lr", "1e-3", "--evaluate-every", "7", "--threads", "1"];
  common = ["train", "--encoder", TINY, "--data", data, ...shape, ...run];
  const { code, stderr } = await cli.run([...common, "--out", whole]);
  expect(code, stderr).toBe(0);
}, 60_000);

/** Trains in `out`, and sends the signal once the log has so many lines; SIGINT twice, as npm does. */
function stopped(out: string, lines: number, signal: NodeJS.Signals, ...more: string[]): Promise<Ended> {
  const started = (child: ChildProcess): void => {
    const timer = setInterval(() => {
      const log = existsSync(join(out, "log.jsonl")) ? readFileSync(join(out, "log.jsonl"), "utf8") : "";
      if (log.split("\n").length <= lines) return;
      clearInterval(timer);
      child.kill(signal);
      if (signal === "SIGINT") setTimeout(() => child.kill(signal), 1);
    }, 3);
    child.on("close", () => clearInterval(timer));
  };
  return cli.run([...common, "--out", out, ...more], { started });
}

/** What must be equal to the last bit, whatever happened on the way. */
function expectSameEnd(out: string): void {
  for (const name of ["model.safetensors", "fewshot.json", "config.json"]) {
    expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name))), name).toBe(true);
  }
  expect(logOf(out)).toEqual(logOf(whole));
  expect(readdirSync(out).sort()).toEqual(readdirSync(whole).sort());
}

describe("a training on the command line", { timeout: 60_000 }, () => {
  it("saves at Ctrl-C, says how to go on, and ends with the bits of one that was not stopped", async () => {
    const out = cli.path("interrupted");
    const first = await stopped(out, 9, "SIGINT");
    expect([first.code, first.signal, first.stdout]).toEqual([130, null, ""]);
    expect(first.stderr).toContain("stopping after this step; press Ctrl-C again to stop at once");
    const end = new RegExp(
      `bert-few-shot train: interrupted after step (\\d+) of ${STEPS}, saved in ${out}; the same command with --resume goes on from there\\n$`,
    );
    expect(first.stderr).toMatch(end);
    const step = Number(end.exec(first.stderr)?.[1]);
    expect(step).toBeGreaterThan(7);
    expect(step).toBeLessThan(STEPS);
    expect(logOf(out).at(-1)?.step).toBe(step);
    expect(readdirSync(out).sort()).toEqual(["checkpoint.safetensors", "log.jsonl"]);

    const checkpoint = readFileSync(join(out, "checkpoint.safetensors"));
    const [again, other] = await Promise.all([
      cli.run([...common, "--out", out]),
      cli.run([...common, "--out", out, "--resume", "--n-shot", "2", "--head", "matching"]),
    ]);
    expect(again.code).toBe(2);
    expect(again.stderr).toContain(`checkpoint.safetensors: a run is already there, at step ${step}; resume it`);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('settings.model.head.head is "matching", was "prototypical"');
    expect(other.stderr).toContain("cannot resume with other settings");
    expect(readFileSync(join(out, "checkpoint.safetensors")).equals(checkpoint)).toBe(true);

    const last = await cli.json([...common, "--out", out, "--resume"]);
    expect(last).toMatchObject({ status: "done", step: STEPS });
    expectSameEnd(out);
  });

  it("prints one JSON object at Ctrl-C too", async () => {
    const out = cli.path("interrupted-json");
    const { code, stdout } = await stopped(out, 5, "SIGINT", "--json");
    expect(code).toBe(130);
    expect(JSON.parse(stdout)).toEqual({ status: "interrupted", step: expect.any(Number), steps: STEPS, out });
  });

  it("that is killed again and again ends with the bits of one that was not", async () => {
    const out = cli.path("killed");
    for (const lines of [3, 41, 77]) {
      expect((await stopped(out, lines, "SIGKILL", "--resume")).signal).toBe("SIGKILL");
    }
    const { code, stdout } = await cli.run([...common, "--out", out, "--resume"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^done: 120 steps in /)]);
    expectSameEnd(out);
    const again = await cli.json([...common, "--out", out, "--resume"]); // nothing is left to do
    expect(again).toMatchObject({ status: "done", step: STEPS });
    expectSameEnd(out);
  });
});
