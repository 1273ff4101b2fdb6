/** Broadcasts, axes, permutations and batches of any shape, against tfjs' cpu backend or the definition. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, it } from "vitest";
import type { HostTensor, Tensors } from "../../lib/core/tensor.ts";
import { float32 } from "../../lib/core/tensor.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import type { Reduce } from "./cases.ts";
import * as s from "./support.ts";

const { one } = s;

const size = fc.integer({ min: 1, max: 5 });
const shapeOf = (min: number, max: number) => fc.array(size, { minLength: min, maxLength: max });

describe("for all shapes", () => {
  const check = async (fn: GraphFunction, inputs: Tensors, wanted?: HostTensor): Promise<void> => {
    const expected = wanted ? { y: wanted } : await s.runOn(s.eager, fn, inputs);
    s.expectAllClose(await s.runOn(s.compiled, fn, inputs), expected);
  };

  it("binary operations broadcast as tfjs does", async () => {
    const ops = { add: tf.add, sub: tf.sub, mul: tf.mul, squaredDifference: tf.squaredDifference, less: tf.less };
    const broken = fc.array(fc.boolean(), { minLength: 4, maxLength: 4 });
    const arbitrary = fc.tuple(
      shapeOf(0, 4),
      broken,
      broken,
      fc.nat(4),
      fc.nat(4),
      fc.constantFrom(...Object.keys(ops)),
    );
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([shape, onesA, onesB, dropA, dropB, op]) => {
        const a = shape.map((d, i) => (onesA[i] ? 1 : d)).slice(dropA);
        const b = shape.map((d, i) => (onesB[i] ? 1 : d)).slice(dropB);
        const fn = one(({ a, b }) => ops[op as keyof typeof ops](a, b));
        await check(fn, { a: s.normal("a", a), b: s.normal("b", b) });
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("reductions take any axes, counted from either end", async () => {
    const ops = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod };
    const arbitrary = fc.tuple(
      shapeOf(1, 4),
      fc.array(fc.nat(3)),
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(...Object.keys(ops)),
    );
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([shape, picks, fromEnd, keep, op]) => {
        const rank = shape.length;
        const axes = [...new Set(picks.map((p) => p % rank))].map((a) => (fromEnd ? a - rank : a));
        const fn = one(({ x }) => (ops[op as keyof typeof ops] as Reduce)(x, axes, keep));
        await check(fn, { x: s.normal("x", shape) });
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it("transpositions take any permutation", async () => {
    const arbitrary = shapeOf(1, 5).chain((shape) =>
      fc.tuple(
        fc.constant(shape),
        fc.shuffledSubarray(
          shape.map((_, i) => i),
          { minLength: shape.length },
        ),
      ),
    );
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([shape, perm]) => {
        await check(
          one(({ x }) => tf.transpose(tf.transpose(x, perm), perm)),
          { x: s.normal("x", shape) },
        );
      }),
      { numRuns: 40, seed: 3 },
    );
  });

  it("products of matrices take all flags, ranks 2 to 4 and batches that broadcast", async () => {
    const arbitrary = fc.tuple(size, size, size, shapeOf(0, 2), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }));
    await fc.assert(
      fc.asyncProperty(arbitrary, async ([m, k, n, batch, flags]) => {
        const [ta, tb] = flags as [boolean, boolean];
        const wide = (from: number): number[] => batch.map((d, i) => (flags[from + i] ? 1 : d));
        const batchA = flags[6] ? [] : wide(2);
        const batchB = flags[7] ? [] : wide(4);
        const a = s.normal("a", [...batchA, ...(ta ? [k, m] : [m, k])]);
        const b = s.normal("b", [...batchB, ...(tb ? [n, k] : [k, n])]);
        const fn = one(({ a, b }) => tf.matMul(a, b, ta, tb));
        await check(fn, { a, b }, product(a, b, ta, tb));
      }),
      { numRuns: 80, seed: 4 },
    );
  });
});

/** The product by its definition: tfjs' cpu backend is wrong where both batches are widened. */
function product(a: HostTensor, b: HostTensor, ta: boolean, tb: boolean): HostTensor {
  const outer = (t: HostTensor): number[] => t.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(outer(a), outer(b));
  const [k, m] = (ta ? a.shape.slice(-2) : a.shape.slice(-2).reverse()) as [number, number];
  const n = b.shape.at(tb ? -2 : -1) as number;
  const count = batch.reduce((x, y) => x * y, 1);
  const start = (t: HostTensor, i: number): number => {
    // Where batch element i of the result begins in t: axes of size 1 stay at 0.
    let [offset, stride, rest] = [0, (t.shape.at(-1) as number) * (t.shape.at(-2) as number), i];
    for (let axis = 1; axis <= batch.length; axis++) {
      const at = rest % (batch.at(-axis) as number);
      rest = Math.floor(rest / (batch.at(-axis) as number));
      const d = outer(t).at(-axis) ?? 1;
      if (d > 1) offset += at * stride;
      stride *= d;
    }
    return offset;
  };
  const out = new Float32Array(count * m * n);
  for (let i = 0; i < count; i++) {
    const [fromA, fromB] = [start(a, i), start(b, i)];
    for (let r = 0; r < m; r++) {
      for (let c = 0; c < n; c++) {
        let sum = 0;
        for (let j = 0; j < k; j++) {
          const x = a.data[fromA + (ta ? j * m + r : r * k + j)] as number;
          sum += x * (b.data[fromB + (tb ? c * k + j : j * n + c)] as number);
        }
        out[(i * m + r) * n + c] = sum;
      }
    }
  }
  return float32(out, [...batch, m, n]);
}
