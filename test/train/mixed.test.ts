/** Mixed precision, as far as it can be tested without float16: the graph of halves, and the scale of the loss. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { openDevice } from "../../lib/executor/device.ts";
import { lower } from "../../lib/executor/lower.ts";
import { prepare } from "../../lib/executor/providers.ts";
import { CPU } from "../../lib/executor/targets.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { Executor } from "../../lib/executor/types.ts";
import { microBatched } from "../../lib/model/micro-batch.ts";
import { episodeVectorLoss } from "../../lib/model/objective.ts";
import { adamWSettings } from "../../lib/train/optimizer.ts";
import { residentStepper } from "../../lib/train/resident.ts";
import { train } from "../../lib/train/trainer.ts";
import type { Objective } from "../../lib/train/types.ts";
import { compiled, eager, expectAllClose, normal, operators, runModel, runOn, specsOf } from "../executor/support.ts";
import { tinyModel } from "../model/tiny.ts";
import { noWebgpu } from "../webgpu.ts";
import { episodes } from "./episodes.ts";

const mixed = compiledExecutor({ threads: 1, provider: "webgpu", precision: "mixed" });

/** A sum of x times 1, by way of a gradient of 1e36 `factor` for each x. */
function steep(factor: number): Objective {
  return {
    params: { x: normal("x", [13]) },
    fn: ({ x, big }) => ({ loss: tf.mul(tf.sum(tf.mul(tf.mul(x!, 1e-36 / factor), big!)), 1) }),
    options: {},
    batch: () => ({ big: float32([1e36 * factor], [1]) }),
  };
}

async function firstStep(objective: Objective, executor: Executor) {
  const stepper = residentStepper(objective, executor, adamWSettings());
  const line = await stepper.step(await objective.batch(0), { lr: 1e-3, clip: Number.POSITIVE_INFINITY });
  await stepper.sync();
  const state = await stepper.state();
  await stepper.dispose();
  return { line, state };
}

describe("products of halves", () => {
  it("are those of two axes, each operand copied once; others stay in float32", () => {
    const fn = ({ x, w, s }: Record<string, tf.Tensor>) => ({
      y: tf.add(tf.matMul(x!, w!), tf.matMul(x!, tf.sub(w!, 1))),
      z: tf.matMul(s!, s!, false, true),
    });
    const specs = { x: [5, 7], w: [7, 3], s: [2, 5, 3] };
    const graph = prepare(
      trace(
        fn as never,
        Object.fromEntries(Object.entries(specs).map(([n, shape]) => [n, { shape, dtype: "float32" }])),
      ),
      CPU,
    );
    const ops = operators(lower(graph, { ...CPU, halfProducts: true }));
    expect(ops.filter((op) => op === "Cast")).toHaveLength(3 + 2); // x, w, w - 1; two results
    expect(operators(lower(graph)).filter((op) => op === "Cast")).toEqual([]);
  });

  it("give what float32 gives, to its rounding", async () => {
    const fn = ({ x, w }: Record<string, tf.Tensor>) => ({ y: tf.matMul(x!, w!, true) });
    const inputs = { x: normal("x", [7, 5]), w: normal("w", [7, 3]) };
    const model = lower(prepare(trace(fn as never, specsOf(inputs)), CPU), { ...CPU, halfProducts: true });
    expectAllClose(await runModel(model, inputs), await runOn(eager, fn as never, inputs), { rtol: 2e-3, atol: 2e-3 });
  });
});

describe("a scaled loss", () => {
  const scaled: Executor = { ...compiled, scaledLoss: true };

  it("changes nothing but rounding", async () => {
    const [a, b] = [await episodes(), await episodes()];
    const [mine, plain] = [await firstStep(a, scaled), await firstStep(b, compiled)];
    expect(mine.line.scalars.loss).toBe(plain.line.scalars.loss);
    expect(mine.line.gradNorm / plain.line.gradNorm).toBeCloseTo(1, 5);
    expectAllClose(mine.state.m, plain.state.m, { rtol: 1e-3, atol: 1e-6 });
  });

  it("is scaled by less where gradients overflow on their way, and the step is taken once", async () => {
    const objective = steep(1); // 1e36 times 1024 is more than float32 holds, times 256 is not
    const { line, state } = await firstStep(objective, scaled);
    expect(line.fault).toBeUndefined();
    expect(line.gradNorm).toBeCloseTo(Math.sqrt(13), 4);
    expect(state.steps).toEqual({ x: 1 });
    const plain = steep(1);
    await firstStep(plain, compiled);
    expectAllClose(objective.params, plain.params);
  });

  it("gives up where no scale helps, and changes nothing", async () => {
    const objective = steep(1e3);
    const { line, state } = await firstStep(
      { ...objective, batch: () => ({ big: float32([Number.POSITIVE_INFINITY], [1]) }) },
      scaled,
    );
    expect(line.fault).toMatch(/^the loss is (NaN|-?Infinity)$/);
    expect(state.steps).toEqual({ x: 0 });
    expect(objective.params).toEqual(steep(1e3).params);
  });

  it("does not go with micro-batches", async () => {
    const model = await tinyModel();
    const shape = { nWay: 3, nShot: 2, nQuery: 1, nOther: 0 };
    const objective = await episodes();
    const program: Objective["program"] = (on) =>
      microBatched(model, episodeVectorLoss(model, shape), on, { sentences: 2 });
    await expect(train({ ...objective, program }, mixed, { steps: 3, lr: 1e-4 })).rejects.toThrow(
      "training: micro-batches need float32 gradients; compiled webgpu, float16 products has others",
    );
  });
});

it("mixed precision is refused where there is none", async () => {
  for (const device of ["cpu", "eager"] as const) {
    await expect(openDevice(device, { precision: "mixed" })).rejects.toThrow(
      `device ${device}: it has no mixed precision; webgpu and cuda may have`,
    );
  }
  if (await noWebgpu()) return;
  // A renderer in software has no float16; a GPU has, and then the product is right.
  const opened = await openDevice("webgpu", { precision: "mixed" }).catch((error: Error) => error.message);
  if (typeof opened === "string") expect(opened).toMatch(/^device webgpu: .*f16/);
  else expect(opened.executor.name).toBe("compiled webgpu, float16 products");
});
