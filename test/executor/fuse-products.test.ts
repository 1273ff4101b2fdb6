/** Factors of stacked products go into the products. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { Tensors } from "../../lib/core/tensor.ts";
import { fuse } from "../../lib/executor/fuse.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import { lower } from "../../lib/executor/lower.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import { alphas, EPSILON, fused, normalise, ops } from "./fuse-parts.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

describe("products of stacks", () => {
  const inputs = { a: n("a", [3, 5, 7]), b: n("b", [3, 7, 11]), w: n("w", [3, 5, 11]) };

  describe.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])("transposed %s and %s", (transposeA, transposeB) => {
    const turned = {
      a: n("a", transposeA ? [3, 7, 5] : [3, 5, 7]),
      b: n("b", transposeB ? [3, 11, 7] : [3, 7, 11]),
    };
    const product = (a: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.matMul(a, b, transposeA, transposeB);
    const scaled: Record<string, [number, (inputs: In) => tf.Tensor]> = {
      "the first operand": [0.375, ({ a, b }) => product(tf.mul(a!, 0.375), b!)],
      "the second operand": [-1.25, ({ a, b }) => product(a!, tf.mul(b!, -1.25))],
      "both operands": [0.375 * -1.25, ({ a, b }) => product(tf.mul(a!, 0.375), tf.mul(b!, -1.25))],
      "the result": [3, ({ a, b }) => tf.mul(product(a!, b!), 3)],
      "both operands and the result": [
        0.375 * -1.25 * 3,
        ({ a, b }) => tf.mul(product(tf.mul(a!, 0.375), tf.mul(b!, -1.25)), 3),
      ],
    };

    it.each(Object.entries(scaled))("take the factor of %s", async (_, [alpha, fn]) => {
      const graph = await fused(s.one(fn as Parameters<typeof s.one>[0]), turned);
      expect(ops(graph)).toEqual(["BatchMatMul"]);
      expect(graph.nodes[0]?.attrs).toEqual({ transposeA, transposeB, alpha });
      expect(s.operators(lower(graph))).toEqual(["FusedMatMul", "Identity"]);
    });
  });

  it("take the factor of one matrix that all of a stack are multiplied with", async () => {
    const graph = await fused(({ a, b }) => ({ y: tf.matMul(tf.mul(a!, 0.375), b!) }), {
      ...inputs,
      a: n("a", [5, 7]),
    });
    expect(ops(graph)).toEqual(["BatchMatMul"]);
    expect(alphas(graph)).toEqual([0.375]);
  });

  it("take the factor of something times itself twice", async () => {
    const graph = await fused(({ a }) => {
      const scaled = tf.mul(a!, 0.375);
      return { y: tf.matMul(scaled, scaled, false, true) };
    }, inputs);
    expect(ops(graph)).toEqual(["BatchMatMul"]);
    expect(alphas(graph)).toEqual([0.375 ** 2]);
  });

  it("take the factor of an operand that several of them read", async () => {
    const graph = await fused(({ a, b }) => {
      const scaled = tf.mul(a!, 0.375);
      return { y: tf.matMul(scaled, b!), z: tf.matMul(scaled, a!, true, false) };
    }, inputs);
    expect(ops(graph)).toEqual(["BatchMatMul", "BatchMatMul"]);
    expect(alphas(graph)).toEqual([0.375, 0.375]);
  });

  it("take the factor of attention's scores, and of both their gradients", async () => {
    const fn = withGradients(
      ({ q, k, w }) => ({ loss: tf.sum(tf.mul(tf.softmax(tf.matMul(tf.mul(q!, 0.375), k!, false, true)), w!)) }),
      ["q", "k"],
    );
    const heads = { q: n("q", [2, 3, 5, 7]), k: n("k", [2, 3, 11, 7]), w: n("w", [2, 3, 5, 11]) };
    expect(alphas(await fused(fn, heads))).toEqual([0.375, 0.375, 0.375]);
  });

  const left: Record<string, [GraphFunction, Tensors]> = {
    "a scaled operand that is read elsewhere": [
      ({ a, b }) => {
        const scaled = tf.mul(a!, 0.375);
        return { y: tf.matMul(scaled, b!), z: tf.relu(scaled) };
      },
      inputs,
    ],
    "a scaled operand that is an output": [
      ({ a, b }) => {
        const scaled = tf.mul(a!, 0.375);
        return { y: tf.matMul(scaled, b!), scaled };
      },
      inputs,
    ],
    "a scaled operand that a product of two matrices reads too": [
      ({ a, b, c }) => {
        const scaled = tf.mul(a!, 0.375);
        return { y: tf.matMul(scaled, b!), z: tf.matMul(scaled, c!) };
      },
      { a: n("a", [5, 7]), b: inputs.b, c: n("c", [7, 13]) },
    ],
    "a scaled result whose product is read elsewhere": [
      ({ a, b }) => {
        const product = tf.matMul(a!, b!);
        return { y: tf.mul(product, 0.375), z: tf.relu(product) };
      },
      inputs,
    ],
    "a scaled result whose product is an output": [
      ({ a, b }) => {
        const product = tf.matMul(a!, b!);
        return { y: tf.mul(product, 0.375), product };
      },
      inputs,
    ],
    "a factor for each number of an operand": [
      ({ a, b, c }) => ({ y: tf.matMul(tf.mul(a!, c!), b!) }),
      { ...inputs, c: n("c", [7]) },
    ],
    "a factor that is an input": [
      ({ a, b, c }) => ({ y: tf.mul(tf.matMul(tf.mul(a!, c!), b!), c!) }),
      { ...inputs, c: n("c", []) },
    ],
    "a product of two matrices": [
      ({ a, b }) => ({ y: tf.mul(tf.matMul(tf.mul(a!, 0.375), tf.mul(b!, -1.25), false, true), 3) }),
      { a: n("a", [5, 7]), b: n("b", [11, 7]) },
    ],
    "a product of whole numbers": [
      ({ a, b }) => {
        const three = tf.scalar(3, "int32");
        return { y: tf.mul(tf.matMul(tf.mul(a!, three), b!), three) };
      },
      { a: s.integers("a", [3, 5, 7], -9, 9), b: s.integers("b", [3, 7, 11], -9, 9) },
    ],
  };

  it.each(Object.entries(left))("leave alone %s", async (_, [fn, tensors]) => {
    const plain = simplify(trace(fn, s.specsOf(tensors)));
    expect(ops(plain)).toContain("Multiply");
    expect(fuse(plain)).toBe(plain);
    await fused(fn, tensors);
  });

  it("take a factor of a factor when they are fused again", async () => {
    const once = await fused(({ a, b }) => ({ y: tf.matMul(tf.mul(tf.mul(a!, 0.375), -1.25), b!) }), inputs);
    expect(alphas(once)).toEqual([-1.25]);
    const twice = fuse(once);
    expect(ops(twice)).toEqual(["BatchMatMul"]);
    expect(alphas(twice)).toEqual([0.375 * -1.25]);
    s.expectAllClose(await s.runGraph(twice, inputs), await s.runGraph(once, inputs));
  });

  it("take only the factor that no one else needs", async () => {
    const graph = await fused(({ a, b }) => {
      const scaled = tf.mul(a!, 0.375);
      return { y: tf.matMul(scaled, tf.mul(b!, -1.25)), z: tf.relu(scaled) };
    }, inputs);
    expect(ops(graph)).toEqual(["Multiply", "BatchMatMul", "Relu"]);
    expect(alphas(graph)).toEqual([-1.25]);
  });
});

describe("constants that widen what they meet stay", () => {
  const widened: Record<string, [GraphFunction, Tensors]> = {
    "an epsilon": [
      ({ x }) => ({ y: normalise(x!, { epsilon: tf.fill([3, 5, 1], EPSILON) }).h }),
      { x: n("x", [5, 7]) },
    ],
    "a root in gelu": [
      ({ x }) => {
        const erf = tf.erf(tf.mul(x!, tf.fill([3, 5, 7], Math.SQRT1_2)));
        return { y: tf.mul(x!, tf.add(tf.mul(erf, 0.5), 0.5)) };
      },
      { x: n("x", [5, 7]) },
    ],
    "the factor of an operand": [
      ({ a, b }) => ({ y: tf.matMul(tf.mul(a!, tf.fill([3, 1, 1], 0.375)), b!) }),
      { a: n("a", [1, 5, 7]), b: n("b", [1, 7, 11]) },
    ],
    "the factor of a product": [
      ({ a, b }) => ({ y: tf.mul(tf.matMul(a!, b!), tf.fill([3, 1, 1], 0.375)) }),
      { a: n("a", [1, 5, 7]), b: n("b", [1, 7, 11]) },
    ],
    // tfjs spreads the gradient of a sum with x * ones, which is then an operand of the product's gradient.
    "the ones of a sum's gradient": [
      withGradients(({ a, b }) => ({ loss: tf.sum(tf.matMul(tf.mul(a!, 0.375), b!)) }), ["a", "b"]),
      { a: n("a", [3, 5, 7]), b: n("b", [3, 7, 11]) },
    ],
  };

  it.each(Object.entries(widened))("%s", async (_, [fn, inputs]) => {
    await fused(fn, inputs);
  });
});
