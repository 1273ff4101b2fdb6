import { join } from "node:path";
import { PassThrough } from "node:stream";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { float32, type Params } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import { type Objective, TrainingError, type TrainOptions, train } from "../../lib/train/trainer.ts";
import { endOf, logOf, temporaryFolder } from "./folder.ts";
import { classifier, copyOf, parabola } from "./problem.ts";

const eager = eagerExecutor();
const quiet = { quiet: true };

describe.each([eager, compiledExecutor({ threads: 1 })])("training on the executor $name", (executor) => {
  it("learns, and gives the same bits again", async () => {
    const runs = [];
    for (let i = 0; i < 2; i++) {
      const objective = classifier(executor);
      const result = await train(objective, executor, { steps: 97, lr: 0.1, evaluateEvery: 20, progress: quiet });
      expect(result).toMatchObject({ status: "done", step: 97 });
      expect(result.best?.metrics.loss).toBeLessThan(0.05);
      expect(result.best?.metrics.accuracy).toBe(1);
      expect(await objective.evaluate?.()).toEqual(result.best?.metrics);
      const lines = result.history.map((line) => ({ ...line, seconds: 0 }));
      expect(lines.filter((line) => "dev" in line).map((line) => line.step)).toEqual([20, 40, 60, 80, 97]);
      expect(lines.filter((line) => "loss" in line).map((line) => line.step)).toEqual(
        Array.from({ length: 97 }, (_, s) => s + 1),
      );
      runs.push({ lines, params: copyOf(objective.params) });
      await objective.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  });
});

describe("the best parameters", () => {
  const options: TrainOptions = {
    ...{ steps: 31, lr: 0.5, warmup: 0, schedule: "constant", optimizer: { decay: 0 } },
    ...{ evaluateEvery: 2, progress: quiet },
  };

  it.each(["loss", "accuracy"] as const)("are in place at the end, chosen by %s", async (selectBy) => {
    const objective = parabola(5);
    const calls: [number, number][] = [];
    const onBest: TrainOptions["onBest"] = (params, step) => void calls.push([step, params.x!.data[0]!]);
    const { best, status, history } = await train(objective, eager, { ...options, selectBy, onBest });
    expect(status).toBe("done");
    expect(best?.step).toBe(10); // about 0.5 a step from 10 down to 5
    expect(best?.metrics.loss).toBeLessThan(0.5);
    expect(Math.abs(objective.params.x!.data[0]! - 5)).toBe(best?.metrics.loss);
    expect(calls.map(([step]) => step)).toEqual([2, 4, 6, 8, 10]);
    expect(calls.at(-1)?.[1]).toBe(objective.params.x!.data[0]);
    expect(history.at(-1)).toMatchObject({ step: 31, dev: {} }); // the end is evaluated too
  });

  it("end the training early after `patience` evaluations that are not better", async () => {
    const objective = parabola(5);
    const result = await train(objective, eager, { ...options, patience: 3 });
    expect(result).toMatchObject({ status: "stopped early", step: 16, best: { step: 10 } });
  });

  it("must be strictly better: an equal evaluation counts as waiting", async () => {
    const objective = { ...parabola(5), evaluate: async () => ({ loss: 1 }) };
    const result = await train(objective, eager, { ...options, patience: 2 });
    expect(result).toMatchObject({ status: "stopped early", step: 6, best: { step: 2 } });
  });

  it("are sought from the step on that is asked for, and at the end", async () => {
    const { history } = await train(parabola(5), eager, { ...options, steps: 11, evaluateFrom: 5 });
    expect(history.flatMap((line) => ("dev" in line ? [line.step] : []))).toEqual([6, 8, 10, 11]);
    await expect(train(parabola(5), eager, { ...options, evaluateFrom: -1 })).rejects.toThrow(
      "training: evaluateFrom is -1, wanted a whole number from 0",
    );
  });

  it("are the last ones where nothing is evaluated", async () => {
    const { evaluate: _, ...objective } = parabola(5);
    const result = await train(objective, eager, options);
    expect(result.best).toBeUndefined();
    expect(objective.params.x!.data[0]).toBeLessThan(1);
  });

  it("cannot be chosen by a metric that the evaluation lacks", async () => {
    const objective = { ...parabola(5), evaluate: async () => ({ loss: 1 }) };
    await expect(train(objective, eager, { ...options, selectBy: "accuracy" })).rejects.toThrow(
      "selectBy is 'accuracy', but the evaluation gives no accuracy; it gives loss",
    );
  });

  it("are not an evaluation that is NaN", async () => {
    const parabola5 = parabola(5);
    const evaluate = async () => {
      const metrics = await parabola5.evaluate!();
      return metrics.loss > 3 ? { loss: Number.NaN } : metrics;
    };
    const result = await train({ ...parabola5, evaluate }, eager, { ...options, patience: 7 });
    expect(result).toMatchObject({ status: "stopped early", step: 24, best: { step: 10 } });
  });
});

describe("a step", () => {
  it("has the schedule's learning rate, clips, and logs the norm before clipping", async () => {
    const objective = parabola(5);
    const options: TrainOptions = { steps: 5, lr: 0.4, warmup: 2, clip: 0.25, progress: quiet };
    const { history } = await train(objective, eager, options);
    const lines = history.filter((line) => "lr" in line);
    expect(lines.map((line) => line.lr)).toEqual([0, 0.2, 0.4, 0.4 * (2 / 3), 0.4 * (1 / 3)]);
    expect(lines[0]).toMatchObject({ loss: 100, gradNorm: 20 });
    expect(lines[1]).toMatchObject({ loss: 100, gradNorm: 20 }); // the first step had the rate 0
  });

  it("names a parameter that the loss does not depend on, or leaves it alone when told so", async () => {
    const idle: Params = { ...parabola(5).params, idle: float32([3], [1]) };
    const options: TrainOptions = { steps: 3, lr: 0.1, progress: quiet };
    await expect(train({ ...parabola(5), params: idle }, eager, options)).rejects.toThrow(
      "the loss does not depend on 'idle'",
    );
    await train({ ...parabola(5), params: idle, unused: "skip" }, eager, options);
    expect(idle.idle!.data[0]).toBe(3);
    expect(idle.x!.data[0]).toBeLessThan(10);
  });

  it("refuses a batch with the name of a parameter", async () => {
    const objective = { ...parabola(5), batch: () => ({ one: float32([1], [1]), x: float32([1], [1]) }) };
    await expect(train(objective, eager, { steps: 3, lr: 0.1, progress: quiet })).rejects.toThrow(
      "x is in the batch and among the parameters",
    );
  });
});

describe("what is not finite", () => {
  /** sum(a^2) + f sqrt(f b^2), where f is 1 but at one step; f = 0 gives b the gradient NaN and the loss a value. */
  const faulty = (at: number, f: number): Objective => ({
    params: { a: float32([10], [1]), b: float32([1], [1]) },
    fn: (inputs) => {
      const { a, b, factor } = inputs as Record<"a" | "b" | "factor", tf.Tensor>;
      return { loss: tf.sum(tf.add(tf.square(a), tf.mul(factor, tf.sqrt(tf.mul(factor, tf.square(b)))))) };
    },
    options: {},
    batch: (step) => ({ factor: float32([step === at ? f : 1], [1]) }),
  });
  const base: TrainOptions = { steps: 11, lr: 0.1, warmup: 0, progress: quiet };

  it("in the loss stops the training, which says where, and leaves files and parameters as they were", async () => {
    const out = temporaryFolder();
    const objective = faulty(7, Number.NaN);
    let before = "";
    const batch = (step: number) => {
      if (step === 7) before = JSON.stringify(copyOf(objective.params));
      return objective.batch(step);
    };
    const error = await train({ ...objective, batch }, eager, { ...base, out, checkpointEvery: 3 }).catch((e) => e);
    expect(error).toBeInstanceOf(TrainingError);
    const file = join(out, "checkpoint.safetensors");
    expect(error.message).toBe(`training: step 8: the loss is NaN; the last good checkpoint is ${file}, of step 6`);
    expect(error).toMatchObject({ step: 8, checkpoint: { file, step: 6 } });
    expect(JSON.stringify(copyOf(objective.params))).toBe(before);
    expect((await endOf(out)).checkpoint.step).toBe(6);
    expect(logOf(out).at(-1)).toMatchObject({ step: 7 });
  });

  it("in a gradient is named by its parameter", async () => {
    await expect(train(faulty(4, 0), eager, base)).rejects.toThrow(
      "training: step 5: the gradient of 'b' has a NaN or an infinity; no checkpoint was saved",
    );
  });
});

describe("the progress bar", () => {
  it("has the running means and a line for each evaluation", async () => {
    const stream = Object.assign(new PassThrough(), { isTTY: false });
    const progress = { title: "tiny", stream: stream as unknown as NodeJS.WriteStream, plainEvery: 0 };
    await train(classifier(eager), eager, { steps: 5, lr: 0.1, evaluateEvery: 3, progress });
    const lines = String(stream.read()).trimEnd().split("\n");
    expect(lines[0]).toMatch(/^tiny 1\/5 .*loss \d\.\d+, accuracy \d+\.\d %$/);
    expect(lines.filter((line) => line.includes("dev"))).toEqual([
      expect.stringMatching(/^step 3: dev loss \d\.\d+, accuracy \d+\.\d %, the best so far$/),
      expect.stringMatching(/^step 5: dev loss \d\.\d+, accuracy \d+\.\d %/),
    ]);
    expect(lines.at(-1)).toMatch(/^tiny 5\/5/);
  });
});
