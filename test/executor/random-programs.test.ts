/** Random programs: what is compiled computes what tfjs computes, and simplifying changes nothing. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Tensors } from "../../lib/core/tensor.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

/** One operation on values made before, which i and j pick; k chooses among its forms. */
interface Step {
  readonly op: keyof typeof OPS;
  readonly i: number;
  readonly j: number;
  readonly k: number;
}

const CONSTANTS = [0, 1, -1, 0.5, -0];

/** Values stay bounded: products and powers pass through tanh. */
const OPS = {
  neg: (x: tf.Tensor) => tf.neg(x),
  tanh: (x: tf.Tensor) => tf.tanh(x),
  relu: (x: tf.Tensor) => tf.relu(x),
  square: (x: tf.Tensor) => tf.tanh(tf.square(x)),
  add: (x: tf.Tensor, y: tf.Tensor) => tf.add(x, y),
  sub: (x: tf.Tensor, y: tf.Tensor) => tf.sub(x, y),
  mul: (x: tf.Tensor, y: tf.Tensor) => tf.tanh(tf.mul(x, y)),
  div: (x: tf.Tensor, y: tf.Tensor) => tf.div(x, tf.add(tf.square(y), 1)),
  addConstant: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.add(x, CONSTANTS[k % 5]!),
  mulConstant: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.mul(CONSTANTS[k % 5]!, x),
  divConstant: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.div(x, k % 2 ? 1 : -2),
  addFilled: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.add(tf.fill(x.shape, CONSTANTS[k % 5]!), x),
  mulOnes: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.mul(tf.ones(k % 2 ? x.shape : [2, ...x.shape]), x),
  subZeros: (x: tf.Tensor) => tf.sub(x, tf.zerosLike(x)),
  sum: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.tanh(tf.sum(x, x.rank ? k % x.rank : undefined, k > 3)),
  mean: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.mean(x, x.rank ? -1 - (k % x.rank) : undefined, k > 3),
  max: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.max(x, x.rank ? k % x.rank : undefined, k > 3),
  reshape: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.reshape(x, k % 2 ? [-1] : [1, ...x.shape, 1]),
  flatTwice: (x: tf.Tensor) => tf.reshape(tf.reshape(x, [-1]), x.shape),
  expand: (x: tf.Tensor, _: tf.Tensor, k: number) => tf.expandDims(x, k % 2 ? 0 : -1),
  transpose: (x: tf.Tensor) => tf.transpose(x),
  transposeTwice: (x: tf.Tensor) => tf.transpose(tf.transpose(x)),
  slice: (x: tf.Tensor) =>
    x.rank
      ? tf.slice(
          x,
          x.shape.map(() => 0),
          [1],
        )
      : x,
  whole: (x: tf.Tensor) => (x.rank ? tf.slice(x, 0) : x),
  tile: (x: tf.Tensor, _: tf.Tensor, k: number) =>
    x.rank
      ? tf.tile(
          x,
          x.shape.map((_, a) => (a === k % 3 ? 2 : 1)),
        )
      : x,
  pad: (x: tf.Tensor, _: tf.Tensor, k: number) =>
    x.rank
      ? tf.pad(
          x,
          x.shape.map((): [number, number] => [k % 2, 0]),
          k > 3 ? -1 : 0,
        )
      : x,
  concat: (x: tf.Tensor) => (x.rank ? tf.concat([x, x]) : x),
  stack: (x: tf.Tensor) => tf.stack([x, x], -1),
  reverse: (x: tf.Tensor) => tf.reverse(x),
  castTwice: (x: tf.Tensor) => tf.cast(tf.cast(x, "float32"), "float32"),
  where: (x: tf.Tensor, y: tf.Tensor, k: number) =>
    tf.where(tf.greater(tf.zeros(x.shape), k - 4), x, tf.mul(y, tf.onesLike(x))),
  matMul: (x: tf.Tensor) => (x.rank > 1 ? tf.tanh(tf.matMul(x, x, false, true)) : x),
} satisfies Record<string, (x: tf.Tensor, y: tf.Tensor, k: number) => tf.Tensor>;

function broadcastable(a: tf.Tensor, b: tf.Tensor): boolean {
  try {
    tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    return true;
  } catch {
    return false;
  }
}

/** Runs the steps; every value that nothing used is an output. */
function interpret(steps: readonly Step[], inputs: In): Record<string, tf.Tensor> {
  const values = Object.values(inputs);
  const used = new Set<tf.Tensor>();
  for (const { op, i, j, k } of steps) {
    const x = values[i % values.length]!;
    const near = values[j % values.length]!;
    const y = broadcastable(x, near) ? near : tf.mean(near);
    const result = (OPS[op] as (x: tf.Tensor, y: tf.Tensor, k: number) => tf.Tensor)(x, y, k);
    if (result.rank > 4 || result.size > 500) continue;
    used.add(x).add(near);
    values.push(result);
  }
  const free = values.filter((v) => !used.has(v));
  const loss = free.map((v) => tf.sum(tf.sin(v))).reduce((a, b) => tf.add(a, b), tf.scalar(0));
  return { loss, ...Object.fromEntries(free.map((v, i) => [`v${i}`, v])) };
}

const inputs: Tensors = {
  a: s.normal("a", [3, 5]),
  b: s.normal("b", [5]),
  c: s.normal("c", [3, 1]),
  d: s.normal("d", []),
};

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(...(Object.keys(OPS) as (keyof typeof OPS)[])),
  i: fc.nat(12),
  j: fc.nat(12),
  k: fc.nat(7),
});

it("120 random programs and their gradients: compiled, simplified or not, as tfjs computes them", async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 12 }), async (steps) => {
      const fn = withGradients((i) => interpret(steps, i) as { loss: tf.Tensor }, ["a", "b", "c", "d"], {
        unused: "skip",
      });
      const expected = await s.runOn(s.eager, fn, inputs);
      const graph = trace(fn, s.specsOf(inputs));
      const smaller = simplify(graph);
      for (const node of graph.nodes) seen.add(node.op);
      expect(smaller.nodes.length).toBeLessThanOrEqual(graph.nodes.length);
      s.expectAllClose(await s.runGraph(graph, inputs), expected, { rtol: 1e-4, atol: 1e-5 });
      s.expectAllClose(await s.runGraph(smaller, inputs), expected, { rtol: 1e-4, atol: 1e-5 });
    }),
    { numRuns: 120, seed: 7 },
  );
  expect(seen.size).toBeGreaterThan(25); // kinds of kernels that took part
});
