/** Layer norm and gelu as one operation each compute what their parts compute. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { gelu, layerNorm } from "../../lib/encoder/ops.ts";
import { fuse } from "../../lib/executor/fuse.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import { lower } from "../../lib/executor/lower.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import { affine, EPSILON, fused, lastMean, layerNorms, type NormParts, normalise, ops } from "./fuse-parts.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

describe("layer norm", () => {
  const inputs = { x: n("x", [5, 7]), g: n("g", [7]), b: n("b", [7]), w: n("w", [5, 7]) };
  const forward = ({ x, g, b }: In) => ({ y: layerNorm(x!, g!, b!, EPSILON) });
  const weighted = ({ x, g, b, w }: In) => ({ loss: tf.sum(tf.mul(layerNorm(x!, g!, b!, EPSILON), w!)) });

  it("is one operation in a forward pass", async () => {
    const graph = await fused(forward, inputs);
    expect(ops(graph)).toEqual(["LayerNorm"]);
    expect(graph.nodes[0]?.attrs).toEqual({ epsilon: EPSILON });
    expect(s.operators(lower(graph))).toEqual(["LayerNormalization", "Identity"]);
  });

  it.each([{ shape: [7] }, { shape: [3, 7] }, { shape: [3, 5, 7] }, { shape: [2, 3, 5, 7] }])(
    "is one operation for x of $shape, whichever way the last axis is named",
    async ({ shape }) => {
      const x = n("x", shape);
      expect(ops(await fused(forward, { ...inputs, x }))).toEqual(["LayerNorm"]);
      const byNumber = ({ x, g, b }: In) => {
        const mean = (t: tf.Tensor): tf.Tensor => tf.mean(t, shape.length - 1, true);
        return { y: affine(normalise(x!, { mean: mean(x!), variance: (c) => mean(tf.square(c)) }).h, g!, b!) };
      };
      expect(ops(await fused(byNumber, { ...inputs, x }))).toEqual(["LayerNorm"]);
    },
  );

  it("shares one LayerNormalization with its gradients", async () => {
    const graph = await fused(withGradients(weighted, ["x", "g", "b"]), inputs);
    expect(ops(graph)).toEqual(expect.arrayContaining(["Normalised", "InverseDeviation"]));
    expect(ops(graph)).not.toContain("LayerNorm");
    expect(ops(graph)).not.toContain("Rsqrt");
    expect(layerNorms(graph)).toBe(1);
  });

  it("has no use for the deviation where x has no gradient", async () => {
    const graph = await fused(withGradients(weighted, ["g", "b"]), inputs);
    expect(ops(graph)).toContain("Normalised");
    expect(ops(graph)).not.toContain("InverseDeviation");
    expect(layerNorms(graph)).toBe(1);
  });

  it("gives the normalised x and the deviation apart too", async () => {
    const graph = await fused(({ x }) => ({ ...normalise(x!) }), inputs);
    expect(ops(graph).sort()).toEqual(["InverseDeviation", "Normalised"]);
    expect(layerNorms(graph)).toBe(1);
  });

  it("stays one operation beside a deviation that is read", async () => {
    const graph = await fused(({ x, g, b }) => {
      const { h, scale } = normalise(x!);
      return { y: affine(h, g!, b!), scale };
    }, inputs);
    expect(ops(graph).sort()).toEqual(["InverseDeviation", "LayerNorm"]);
  });

  it("keeps two epsilons apart", async () => {
    const both = ({ x }: In) => ({ small: normalise(x!).h, large: normalise(x!, { epsilon: 3 }).h });
    const graph = await fused(both, inputs);
    expect(ops(graph)).toEqual(["Normalised", "Normalised"]);
    expect(layerNorms(graph)).toBe(2);
  });

  it("keeps two xs apart, and their widths", async () => {
    const both = ({ x, z }: In) => ({ x: normalise(x!).h, z: normalise(z!).h });
    const graph = await fused(both, { x: inputs.x, z: n("z", [5, 11]) });
    expect(ops(graph)).toEqual(["Normalised", "Normalised"]);
    expect(layerNorms(graph)).toBe(2);
  });

  it("keeps its digits where x is far from 0", async () => {
    const x = float32(
      n("x", [5, 7]).data.map((v) => v + 100),
      [5, 7],
    );
    const found = await s.runGraph(fuse(simplify(trace(({ x }) => ({ y: normalise(x!).h }), s.specsOf({ x })))), { x });
    const wanted = [0, 1, 2, 3, 4].flatMap((row) => {
      const own = [...x.data.subarray(row * 7, row * 7 + 7)]; // in double precision from here on
      const mean = own.reduce((a, b) => a + b) / 7;
      const variance = own.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 7;
      return own.map((v) => (v - mean) / Math.sqrt(variance + EPSILON));
    });
    s.expectClose(found.y, float32(wanted, [5, 7]), { atol: 5e-5 });
  });

  // Square, so that a mean without its axis still fits.
  const square = {
    x: n("x", [7, 7]),
    z: n("z", [7, 7]),
    e: s.uniform("e", [], 1, 2),
    es: s.uniform("es", [7, 1], 1, 2),
  };
  const others: Record<string, (inputs: In) => NormParts> = {
    "the mean over another axis": ({ x }) => ({ mean: tf.mean(x!, 0, true) }),
    "the mean over all axes": ({ x }) => ({ mean: tf.mean(x!, [1, 0], true) }),
    "the mean without its axis": ({ x }) => ({ mean: tf.mean(x!, -1) }),
    "the mean of another x": ({ z }) => ({ mean: lastMean(z!) }),
    "the variance over another axis": () => ({ variance: (centred) => tf.mean(tf.square(centred), 0, true) }),
    "the variance over all axes": () => ({ variance: (centred) => tf.mean(tf.square(centred), [1, 0], true) }),
    "the variance without its axis": () => ({ variance: (centred) => tf.mean(tf.square(centred), -1) }),
    "the variance of another x": ({ z }) => ({ variance: () => lastMean(tf.square(tf.sub(z!, lastMean(z!)))) }),
    "the square of x that is not centred": ({ x }) => ({ variance: () => lastMean(tf.square(x!)) }),
    "the mean distance": () => ({ variance: (centred) => lastMean(tf.abs(centred)) }),
    "an epsilon that is an input": ({ e }) => ({ epsilon: e! }),
    "an epsilon for each row": ({ es }) => ({ epsilon: es! }),
  };

  it.each(Object.entries(others))("is left in parts with %s", async (_, parts) => {
    const graph = await fused((inputs) => ({ ...normalise(inputs.x!, parts(inputs)) }), square);
    expect(ops(graph)).toContain("Rsqrt");
    for (const op of ["Normalised", "InverseDeviation", "LayerNorm"]) expect(ops(graph)).not.toContain(op);
  });

  it("is left in parts where another x is divided by its deviation", async () => {
    const graph = await fused(({ x, z }) => ({ y: tf.mul(tf.sub(z!, lastMean(z!)), normalise(x!).scale) }), square);
    expect(ops(graph)).toContain("Rsqrt");
    expect(ops(graph)).not.toContain("Normalised");
  });

  const readers: Record<string, GraphFunction> = {
    "whose normalised x is an output": ({ x, g, b }) => {
      const { h } = normalise(x!);
      return { y: affine(h, g!, b!), h };
    },
    "whose normalised x is read again": ({ x, g, b }) => {
      const { h } = normalise(x!);
      return { y: affine(h, g!, b!), z: tf.relu(h) };
    },
    "whose product is read again": ({ x, g, b }) => {
      const product = tf.mul(normalise(x!).h, g!);
      return { y: tf.add(product, b!), z: tf.relu(product) };
    },
    "beside another of the same x": ({ x, g, b }) => ({
      y: layerNorm(x!, g!, b!, EPSILON),
      z: layerNorm(x!, b!, g!, EPSILON),
    }),
    "with a weight for each number": ({ x, b, w }) => ({ y: affine(normalise(x!).h, w!, b!) }),
    "with a bias for each number": ({ x, g, w }) => ({ y: affine(normalise(x!).h, g!, w!) }),
    "with a weight that is one number": ({ x, b }) => ({ y: tf.add(tf.mul(normalise(x!).h, 3), b!) }),
  };

  it.each(Object.entries(readers))("is normalised first, %s", async (_, fn) => {
    const graph = await fused(fn, inputs);
    expect(ops(graph)).toContain("Normalised");
    expect(ops(graph)).not.toContain("LayerNorm");
    expect(layerNorms(graph)).toBe(1);
  });
});

describe("gelu", () => {
  const inputs = { x: n("x", [5, 7], 2), z: n("z", [5, 7], 2) };

  it("is one operation in a forward pass", async () => {
    const graph = await fused(({ x }) => ({ y: gelu(x!) }), inputs);
    expect(ops(graph)).toEqual(["Gelu"]);
    expect(s.operators(lower(graph))).toEqual(["Gelu", "Identity"]);
  });

  it("is left in parts where it has a gradient, which reads them", async () => {
    const fn = withGradients(({ x, z }) => ({ loss: tf.sum(tf.mul(gelu(x!), z!)) }), ["x"]);
    const graph = await fused(fn, inputs);
    expect(ops(graph)).toContain("Erf");
    expect(ops(graph)).not.toContain("Gelu");
  });

  interface GeluParts {
    root?: number;
    factor?: number;
    shift?: number;
    of?: tf.Tensor;
  }
  const inParts = (x: tf.Tensor, { root = Math.SQRT1_2, factor = 0.5, shift = 0.5, of = x }: GeluParts = {}) => {
    const inner = tf.mul(of, root);
    const erf = tf.erf(inner);
    const half = tf.mul(erf, factor);
    const share = tf.add(half, shift);
    return { y: tf.mul(x, share), inner, erf, half, share };
  };

  it("is known by its parts", async () => {
    expect(ops(await fused(({ x }) => ({ y: inParts(x!).y }), inputs))).toEqual(["Gelu"]);
  });

  const others: Record<string, (inputs: In) => GeluParts> = {
    "another root": () => ({ root: 0.75 }),
    "another factor": () => ({ factor: 0.375 }),
    "another shift": () => ({ shift: 1 }),
    "the error function of another x": ({ z }) => ({ of: z! }),
  };

  it.each(Object.entries(others))("is left in parts with %s", async (_, parts) => {
    const graph = await fused((inputs) => ({ y: inParts(inputs.x!, parts(inputs)).y }), inputs);
    expect(ops(graph)).toEqual(["Multiply", "Erf", "Multiply", "Add", "Multiply"]);
  });

  it.each(["inner", "erf", "half", "share"] as const)("is left in parts where %s is read too", async (part) => {
    const graph = await fused(({ x }) => {
      const made = inParts(x!);
      return { y: made.y, z: tf.neg(made[part]) };
    }, inputs);
    expect(ops(graph)).toContain("Erf");
    expect(ops(graph)).not.toContain("Gelu");
  });
});

describe("layer norm of another width", () => {
  it("of symbolic width is right", async () => {
    const runs = [7, 11].map((width) => ({ x: n("x", [5, width]) }));
    await fused(({ x }) => ({ ...normalise(x!) }), runs, { x: { shape: [5, "D"], dtype: "float32" } });
  });

  it("of one number that the weight widens is right", async () => {
    const inputs = { x: n("x", [5, 1]), g: n("g", [7]), b: n("b", [7]) };
    await fused(({ x, g, b }) => ({ y: layerNorm(x!, g!, b!, EPSILON) }), inputs);
  });
});
