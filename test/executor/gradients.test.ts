/** Gradients of what BERT and the heads are made of: compiled as eager. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { FloatTensor, Tensors } from "../../lib/core/tensor.ts";
import { float32, int32 } from "../../lib/core/tensor.ts";
import { gradientName, gradientOf, withGradients } from "../../lib/executor/gradients.ts";
import { lower } from "../../lib/executor/lower.ts";
import { trace } from "../../lib/executor/trace.ts";
import { attention, cosine, gelu, type In, layerNorm, mask, oneHot, prototypes, weigh } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

/** Loss, tensors by name, and which of them are parameters. */
const LOSSES: Readonly<Record<string, [fn: (i: In) => tf.Tensor, inputs: Tensors, parameters: string[]]>> = {
  "layer norm": [
    ({ x, g, b }) => weigh(layerNorm(x!, g!, b!)),
    { x: n("x", [5, 7]), g: n("g", [7]), b: n("b", [7]) },
    ["x", "g", "b"],
  ],
  "linear, gelu": [
    ({ x, w, b }) => weigh(gelu(tf.add(tf.matMul(x!, w!, false, true), b!))),
    { x: n("x", [5, 7]), w: n("w", [3, 7]), b: n("b", [3]) },
    ["x", "w", "b"],
  ],
  "softmax attention with a mask": [
    ({ q, k, v, mask }) => weigh(attention(q!, k!, v!, mask!)),
    { q: n("q", [2, 3, 5, 7]), k: n("k", [2, 3, 5, 7]), v: n("v", [2, 3, 5, 7]), mask },
    ["q", "k", "v"],
  ],
  "heads split off and joined again": [
    ({ x, w }) => {
      const heads = tf.transpose(tf.reshape(tf.matMul(x!, w!), [2, 5, 3, 7]), [0, 2, 1, 3]);
      const mixed = tf.matMul(tf.softmax(tf.matMul(heads, heads, false, true)), heads);
      return weigh(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [10, 21]));
    },
    { x: n("x", [10, 11], 0.3), w: n("w", [11, 21], 0.3) },
    ["x", "w"],
  ],
  "words, places and types of embeddings": [
    ({ words, places, ids, at }) => weigh(tf.add(tf.gather(words!, ids!), tf.gather(places!, at!))),
    {
      words: n("words", [11, 7]),
      places: n("places", [5, 7]),
      ids: s.integers("ids", [13], 0, 11),
      at: s.integers("at", [13], 0, 5),
    },
    ["words", "places"],
  ],
  "prototypes, squared distances, cross-entropy": [
    ({ query, support, labels }) => prototypes(query!, support!, labels!),
    { query: n("query", [5, 7]), support: n("support", [3, 2, 7]), labels: oneHot },
    ["query", "support"],
  ],
  "cosine by rsqrt": [({ a, b }) => weigh(cosine(a!, b!)), { a: n("a", [5, 7]), b: n("b", [3, 7]) }, ["a", "b"]],
  "Euclidean distance, relu and abs": [
    ({ a, b }) => {
      const d = tf.sub(tf.expandDims(a!, 1), tf.expandDims(b!, 0));
      const euclidean = tf.sqrt(tf.add(tf.sum(tf.square(d), -1), 1e-10));
      return tf.add(weigh(tf.relu(tf.sub(4, euclidean))), weigh(tf.sum(tf.abs(d), -1)));
    },
    { a: n("a", [5, 7]), b: n("b", [3, 7]) },
    ["a", "b"],
  ],
  "max and min over axes": [
    ({ x }) => tf.add(weigh(tf.max(x!, 1)), weigh(tf.min(x!, [0, 2], true))),
    { x: n("x", [3, 5, 7]) },
    ["x"],
  ],
  "concat, stack, unstack, split, slice": [
    ({ a, b }) => {
      const [first, second, third] = tf.split(tf.concat([a!, b!, a!], 1), [3, 7, 5], -1) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const rows = tf.unstack(tf.stack([a!, tf.square(b!)], 2), 0);
      const kept = tf.add(weigh(tf.mul(second, second)), tf.add(weigh(tf.square(first)), weigh(third)));
      return tf.add(kept, weigh(tf.exp(tf.slice(rows[2]!, [1, 0], [3, 2]))));
    },
    { a: n("a", [3, 5]), b: n("b", [3, 5]) },
    ["a", "b"],
  ],
  activations: [
    ({ x, alpha }) => {
      const all = [tf.elu, tf.leakyRelu, tf.relu6, tf.sigmoid, tf.tanh, tf.softplus, tf.logSigmoid, tf.sin, tf.cos];
      const sum = all.map((f) => weigh((f as (x: tf.Tensor) => tf.Tensor)(x!))).reduce((p, q) => tf.add(p, q));
      return tf.add(sum, weigh(tf.prelu(x!, alpha!)));
    },
    { x: n("x", [5, 7], 3), alpha: n("alpha", [7]) },
    ["x", "alpha"],
  ],
  "powers, quotients, logarithms, clipping": [
    ({ a, b }) => {
      const quotient = tf.div(tf.log(a!), tf.pow(b!, 3));
      const rest = tf.mul(tf.log1p(a!), tf.clipByValue(b!, 1, 2));
      return tf.add(weigh(tf.add(quotient, rest)), weigh(tf.sub(tf.pow(a!, b!), tf.reciprocal(tf.expm1(a!)))));
    },
    { a: s.uniform("a", [5, 7], 0.5, 2), b: s.uniform("b", [7], 0.6, 2.5) },
    ["a", "b"],
  ],
  "pads, tiles, reversals, running sums, broadcasts": [
    ({ x }) => {
      const padded = tf.pad(tf.reverse(x!, 1), [
        [1, 0],
        [0, 2],
      ]);
      const tiled = tf.mul(tf.tile(padded, [2, 1]), tf.tile(padded, [2, 1]));
      return tf.add(weigh(tf.cumsum(tiled, 1)), weigh(tf.square(tf.broadcastTo(x!, [2, 3, 5]))));
    },
    { x: n("x", [3, 5]) },
    ["x"],
  ],
  "a choice by a mask, operands that broadcast": [
    ({ a, b, mask }) => weigh(tf.mul(tf.where(tf.cast(mask!, "bool"), a!, 0), tf.add(a!, b!))),
    { a: n("a", [2, 5]), b: n("b", [2, 1]), mask },
    ["a", "b"],
  ],
};

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
