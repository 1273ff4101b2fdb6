import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import { type Objective, type TrainOptions, train } from "../../lib/train/trainer.ts";
import { copyFolder, endOf, temporaryFolder } from "./folder.ts";
import { classifier, copyOf, parabola } from "./problem.ts";

const eager = eagerExecutor();
const quiet = { quiet: true };

describe("a run in a folder", () => {
  const options = (out: string): TrainOptions => ({
    ...{ steps: 13, lr: 0.1, evaluateEvery: 4, checkpointEvery: 3, progress: quiet, out, resume: true },
  });

  it("can be ended by a signal after the running step, and resumed", async () => {
    const [whole, out] = [temporaryFolder(), temporaryFolder()];
    const expected = await train(classifier(eager), eager, options(whole));
    const controller = new AbortController();
    const objective = classifier(eager);
    const batch = (step: number) => {
      if (step === 6) controller.abort();
      return objective.batch(step);
    };
    const first = await train({ ...objective, batch }, eager, { ...options(out), signal: controller.signal });
    expect(first).toMatchObject({ status: "interrupted", step: 7, best: { step: 4 } });
    expect((await endOf(out)).checkpoint.step).toBe(7);
    const again = classifier(eager);
    const second = await train(again, eager, options(out));
    expect({ ...second, history: 0, seconds: 0 }).toEqual({ ...expected, history: 0, seconds: 0 });
    expect(second.history).toHaveLength(expected.history.length);
    expect(second.seconds).toBeGreaterThan(first.seconds);
    expect(await endOf(out)).toEqual(await endOf(whole));
  });

  it("does nothing under a signal that came before", async () => {
    const out = temporaryFolder();
    const objective = classifier(eager);
    const before = copyOf(objective.params);
    const result = await train(objective, eager, { ...options(out), signal: AbortSignal.abort() });
    expect(result).toMatchObject({ status: "interrupted", step: 0, history: [] });
    expect(copyOf(objective.params)).toEqual(before);
  });

  it("ends with the same bits from whatever a kill leaves", async () => {
    const out = temporaryFolder();
    const left: string[] = [];
    const objective = classifier(eager);
    const watched: Objective = {
      ...objective,
      batch(step) {
        if (step > 0) left.push(copyFolder(out));
        return objective.batch(step);
      },
      async evaluate() {
        left.push(copyFolder(out));
        const metrics = await objective.evaluate!();
        left.push(copyFolder(out));
        return metrics;
      },
    };
    const result = await train(watched, eager, { ...options(out), onBest: () => void left.push(copyFolder(out)) });
    const [end, params] = [await endOf(out), copyOf(objective.params)];
    expect(left.length).toBeGreaterThan(20);
    left.push(copyFolder(out)); // a run that was at its end is not trained further
    for (const folder of left) {
      writeFileSync(join(folder, "log.jsonl"), `${readFileSync(join(folder, "log.jsonl"), "utf8")}{"step":1`);
      writeFileSync(join(folder, "checkpoint.safetensors.killed.tmp"), "half");
      const resumed = classifier(eager);
      const { history, seconds: _, ...rest } = await train(resumed, eager, options(folder));
      expect(rest).toEqual({ status: result.status, step: result.step, best: result.best });
      expect(history).toHaveLength(result.history.length);
      expect(await endOf(folder)).toEqual(end);
      expect(copyOf(resumed.params)).toEqual(params);
      expect(readdirSync(folder).sort()).toEqual(["checkpoint.safetensors", "log.jsonl"]);
    }
  });

  it("keeps the best parameters over a resume", async () => {
    const out = temporaryFolder();
    const settings: TrainOptions = {
      ...{ steps: 31, lr: 0.5, warmup: 0, schedule: "constant", optimizer: { decay: 0 } },
      ...{ evaluateEvery: 2, progress: quiet, out, resume: true },
    };
    const controller = new AbortController();
    const first = parabola(5);
    const batch = (step: number) => {
      if (step === 20) controller.abort();
      return first.batch(step);
    };
    await train({ ...first, batch }, eager, { ...settings, signal: controller.signal });
    const second = parabola(5);
    const result = await train(second, eager, settings);
    expect(result).toMatchObject({ status: "done", best: { step: 10 } });
    expect(second.params).toEqual(first.params);
  });

  it("stays stopped when it was stopped early", async () => {
    const out = temporaryFolder();
    const objective = { ...parabola(5), evaluate: async () => ({ loss: 1 }) };
    const settings: TrainOptions = { ...options(out), patience: 1 };
    const first = await train(objective, eager, settings);
    expect(first).toMatchObject({ status: "stopped early", step: 8 });
    const { seconds: _, ...second } = await train({ ...parabola(5), evaluate: objective.evaluate }, eager, settings);
    expect(second).toEqual({ status: first.status, step: 8, best: first.best, history: first.history });
  });

  it("is not resumed with other settings, nor overwritten", async () => {
    const out = temporaryFolder();
    const file = join(out, "checkpoint.safetensors");
    await train(parabola(5), eager, { ...options(out), settings: { data: "a" } });
    const written = readFileSync(file);
    const again = (other: Partial<TrainOptions>) => train(parabola(5), eager, { ...options(out), ...other });
    await expect(again({ lr: 0.2, settings: { data: "b" } })).rejects.toThrow(
      `${file}: cannot resume with other settings: lr is 0.2, was 0.1; settings.data is "b", was "a"; resume with`,
    );
    await expect(again({ settings: { data: "a" }, optimizer: { decay: 0 } })).rejects.toThrow(InputError);
    await expect(again({ resume: false })).rejects.toThrow(`${file}: a run is already there, at step 13; resume it`);
    const { x } = parabola(5).params;
    const renamed = { ...parabola(5), params: { x: x!, y: x! } };
    await expect(train(renamed, eager, { ...options(out), settings: { data: "a" } })).rejects.toThrow(
      'parameters.y is "float32[1]", was absent',
    );
    expect(readFileSync(file)).toEqual(written);
    await again({ settings: { data: "a" }, checkpointEvery: 7 }); // how often it is saved changes nothing
  });

  it("needs a folder to resume, and writes nothing without one", async () => {
    const before = existsSync("log.jsonl");
    await expect(train(parabola(5), eager, { steps: 3, lr: 0.1, resume: true, progress: quiet })).rejects.toThrow(
      "resume is set, but out, the folder to resume from, is not",
    );
    await train(parabola(5), eager, { steps: 3, lr: 0.1, progress: quiet });
    expect(existsSync("log.jsonl")).toBe(before);
  });
});
