/** Every kernel that has a row, against tfjs' own cpu backend. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { describeTensor, type HostTensor, type Tensors } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import type { Value } from "../../lib/executor/graph.ts";
import { lower } from "../../lib/executor/lower.ts";
import { ROWS } from "../../lib/executor/rows.ts";
import { SHAPE_RULES } from "../../lib/executor/shapes.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import { block, boolBlock, intBlock } from "./cases.ts";
import { ELEMENTWISE } from "./cases-elementwise.ts";
import { MOVING } from "./cases-moving.ts";
import * as s from "./support.ts";

const { one } = s;
const CASES = { ...ELEMENTWISE, ...MOVING };

it("the tables of shapes and of rows have the same kernels, and each has a case here", () => {
  const kernels = [...SHAPE_RULES.keys()].sort();
  expect(Object.keys(ROWS).sort()).toEqual(kernels);
  expect(Object.keys(CASES).sort()).toEqual(kernels);
});

describe.each(Object.entries(CASES))("%s", (kernel, cases) => {
  it.each(Object.entries(cases))("%s: compiled as tfjs computes it, simplified or not", async (_, test) => {
    const { fn, inputs, tolerance, expected } = test;
    const graph = trace(fn, s.specsOf(inputs));
    expect(graph.nodes.map((n) => n.op)).toContain(kernel);
    const wanted = expected ? { y: expected } : await s.runOn(s.eager, fn, inputs);
    expect(describeTensor(graph.outputs.y as Value)).toBe(describeTensor(wanted.y as HostTensor));
    // Never one of onnxruntime's scatters, which add up in a race where indices repeat.
    expect(s.operators(lower(graph)).filter((op) => op.startsWith("Scatter"))).toEqual([]);
    s.expectAllClose(await s.runGraph(graph, inputs), wanted, tolerance);
    s.expectAllClose(await s.runGraph(simplify(graph), inputs), wanted, tolerance);
  });
});

describe("sums by index", () => {
  it("give the same bits in each of 50 runs on several threads, however often an index repeats", async () => {
    const fn = one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5));
    const inputs = { x: s.normal("x", [997, 23]), ids: s.integers("ids", [997], 0, 5) };
    const program = compiledExecutor({ threads: 4 }).program(fn);
    const first = await program.run(inputs);
    for (let i = 1; i < 50; i++) expect((await program.run(inputs)).y).toEqual(first.y);
    s.expectAllClose(first, await s.runOn(s.eager, fn, inputs), { atol: 1e-4 });
    await program.dispose();
  });
});

describe("what is refused while tracing", () => {
  const refused: Record<string, [GraphFunction, Tensors, string | RegExp]> = {
    "a sum of truth values": [
      one(({ a }) => tf.add(a, a)),
      { a: boolBlock },
      "Add of bool[3,5,7]: cast it to float32 or int32",
    ],
    "softplus of integers": [
      one(({ x }) => tf.softplus(x)),
      { x: intBlock },
      "Softplus of int32[3,5,7]: cast it to float32",
    ],
    "a concat of two dtypes": [
      one(({ x }) => tf.concat([x, tf.cast(x, "float32")])),
      { x: intBlock },
      "concat of int32 and float32",
    ],
    "a concat of shapes that do not fit": [
      one(({ x }) => tf.concat([x, tf.transpose(x)])),
      { x: block },
      "Error in concat",
    ],
    "a stack of different shapes": [
      one(({ x }) => tf.stack([x, tf.transpose(x)])),
      { x: block },
      "stack of different shapes",
    ],
    "a product whose inner sizes differ": [
      one(({ x }) => tf.matMul(x, x, false, false)),
      { x: s.normal("x", [3, 5]) },
      "matMul of [3,5] and [3,5]: the inner sizes 5 and 3 differ",
    ],
    "a slice beyond the end": [one(({ x }) => tf.slice(x, [0, 0, 0], [4, 5, 7])), { x: block }, "Error in slice"],
    "an axis that is not there": [one(({ x }) => tf.sum(x, 3)), { x: block }, /axis/],
    "a reshape to another size": [one(({ x }) => tf.reshape(x, [3, 5, 6])), { x: block }, /Size\(105\) must match/],
    "segments of a matrix of ids": [
      one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as never, 3)),
      { x: block, ids: s.integers("i", [3, 5], 0, 3) },
      "wanted one axis",
    ],
  };

  it.each(Object.entries(refused))("%s", async (_, [fn, inputs, message]) => {
    await expect(s.runOn(s.compiled, fn, inputs)).rejects.toThrow(message);
  });
});
