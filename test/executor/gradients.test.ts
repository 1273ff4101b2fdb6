/** Gradients of what BERT and the heads are made of: compiled as eager. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { FloatTensor } from "../../lib/core/tensor.ts";
import { float32, int32 } from "../../lib/core/tensor.ts";
import { gradientName, gradientOf, withGradients } from "../../lib/executor/gradients.ts";
import { lower } from "../../lib/executor/lower.ts";
import { trace } from "../../lib/executor/trace.ts";
import { LOSSES } from "./losses.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

describe("compiled gradients equal tfjs' own", () => {
  it.each(Object.entries(LOSSES))("%s", async (_, [fn, inputs, parameters]) => {
    const program = withGradients((i) => ({ loss: fn(i) }), parameters);
    const outputs = await s.expectSame(program, inputs, { rtol: 1e-5, atol: 2e-6 });
    for (const p of parameters) {
      const gradient = outputs[gradientName(p)] as FloatTensor;
      expect(gradient.shape).toEqual(inputs[p]!.shape);
      expect(gradient.data.some((v) => Math.abs(v) > 1e-3)).toBe(true); // something flows
    }
  });

  it("the mean over a symbolic axis, whose size is a divisor", async () => {
    const fn = withGradients(({ x, w }) => ({ loss: tf.mean(tf.square(tf.mean(tf.mul(x!, w!), 0))) }), ["x", "w"]);
    const program = s.compiled.program(fn, { symbols: { x: ["P", 0] } });
    for (const size of [1, 2, 13]) {
      const inputs = { x: n("x", [size, 7]), w: n("w", [7]) };
      s.expectAllClose(await program.run(inputs), await s.runOn(s.eager, fn, inputs));
    }
    expect(program.stats()).toEqual({ compiled: 1, kept: 1 });
    await program.dispose();
  });
});
describe("what a loss returns and needs", () => {
  const inputs = { x: n("x", [5]), w: n("w", [5]), unused: n("unused", [3]) };
  const executors = [s.compiled, s.eager];

  it.each(executors)(
    "other outputs come beside the loss, inputs and the loss's parts among them ($name)",
    async (executor) => {
      const fn = withGradients(
        ({ x, w }) => {
          const product = tf.mul(x!, w!);
          return { loss: tf.reshape(tf.sum(product), [1]), product, same: product, input: x! };
        },
        ["w"],
      );
      const outputs = await s.runOn(executor, fn, inputs);
      const product = float32(
        inputs.x.data.map((v, i) => v * inputs.w.data[i]!),
        [5],
      );
      const loss = float32([product.data.reduce((a, b) => a + b)], []);
      s.expectAllClose(outputs, { loss, product, same: product, input: inputs.x, "grad:w": inputs.x });
    },
  );

  it.each(executors)("a parameter the loss does not depend on is an error that names it ($name)", async (executor) => {
    const one = withGradients(({ w, unused }) => ({ loss: tf.sum(w!), other: tf.sum(unused!) }), ["w", "unused"]);
    await expect(s.runOn(executor, one, inputs)).rejects.toThrow("the loss does not depend on 'unused'");
    const all = withGradients(({ x }) => ({ loss: tf.sum(x!) }), ["w", "unused"]);
    await expect(s.runOn(executor, all, inputs)).rejects.toThrow("the loss does not depend on 'w' and 'unused'");
  });

  it.each(executors)("or is left out ($name)", async (executor) => {
    const fn = withGradients(({ w }) => ({ loss: tf.sum(w!) }), ["unused", "w"], { unused: "skip" });
    expect(Object.keys(await s.runOn(executor, fn, inputs)).sort()).toEqual(["grad:w", "loss"]);
    const none = withGradients(({ x }) => ({ loss: tf.sum(x!) }), ["w"], { unused: "skip" });
    expect(Object.keys(await s.runOn(executor, none, inputs))).toEqual(["loss"]);
  });

  it.each(executors)(
    "a parameter that is no input, and a function without a loss, are errors ($name)",
    async (executor) => {
      const absent = withGradients(({ w }) => ({ loss: tf.sum(w!) }), ["w", "v"]);
      await expect(s.runOn(executor, absent, inputs)).rejects.toThrow("no input has the name v");
      const lossless = withGradients((({ w }: In) => ({ cost: tf.sum(w!) })) as never, ["w"]);
      await expect(s.runOn(executor, lossless, inputs)).rejects.toThrow("returned cost, but no 'loss'");
      const number = withGradients((({ w }: In) => ({ loss: tf.sum(w!), accuracy: 0.5 })) as never, ["w"]);
      await expect(s.runOn(executor, number, inputs)).rejects.toThrow("output 'accuracy' is a number, wanted a tensor");
    },
  );

  it("no gradient is made by ScatterND, which onnxruntime's CPU adds up in a race", () => {
    const fn = withGradients(({ table, ids }) => ({ loss: tf.sum(tf.gather(table!, ids!)) }), ["table"]);
    const graph = trace(fn, s.specsOf({ table: n("table", [11, 7]), ids: int32([1, 1, 3], [3]) }));
    const operators = s.operators(lower(graph));
    expect(operators).toContain("Gemm");
    expect(operators.filter((op) => op.startsWith("Scatter"))).toEqual([]);
  });

  it("a gradient that outputs lack is an error", () => {
    expect(() => gradientOf({}, "w")).toThrow("no gradient of 'w' among the outputs");
  });
});
