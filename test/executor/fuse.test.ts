/** All rules together, on one graph for all sizes. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Tensors } from "../../lib/core/tensor.ts";
import { gelu, layerNorm } from "../../lib/encoder/ops.ts";
import { fuse } from "../../lib/executor/fuse.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import { printGraph } from "../../lib/executor/graph.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { type Spec, trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import { alphas, EPSILON, fused, layerNorms, ops } from "./fuse-parts.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

/** All that fuse.ts knows, in one function. */
const everything = ({ x, g, b, w, q, k, v }: In) => ({
  normed: layerNorm(x!, g!, b!, EPSILON),
  active: gelu(w!),
  scores: tf.matMul(tf.mul(q!, 0.375), k!, false, true),
  mixed: tf.mul(tf.matMul(k!, v!), -1.25),
});
const loss = (inputs: In) => {
  const outputs = everything(inputs);
  return {
    ...outputs,
    loss: Object.values(outputs)
      .map((y) => tf.sum(tf.sin(y)))
      .reduce((a, b) => tf.add(a, b)),
  };
};
const PARAMETERS = ["x", "g", "b", "w", "q", "k", "v"];
const everyInput = (P: number, G: number, S: number): Tensors => ({
  x: n("x", [P, 7]),
  g: n("g", [7]),
  b: n("b", [7]),
  w: n("w", [P, 5]),
  q: n("q", [G, 3, S, 5]),
  k: n("k", [G, 3, S, 5]),
  v: n("v", [G, 3, 5, 11]),
});

describe("one graph for all sizes", () => {
  const axes: Record<string, (string | number)[]> = {
    ...{ x: ["P", 7], g: [7], b: [7], w: ["P", 5] },
    ...{ q: ["G", 3, "S", 5], k: ["G", 3, "S", 5], v: ["G", 3, 5, 11] },
  };
  const specs = Object.fromEntries(
    Object.entries(axes).map(([name, shape]): [string, Spec] => [name, { shape, dtype: "float32" }]),
  );
  const runs = [everyInput(13, 2, 7), everyInput(1, 1, 1), everyInput(61, 3, 17)];

  it("is fused in a forward pass", async () => {
    const graph = await fused(everything, runs, specs);
    expect(ops(graph)).toEqual(["LayerNorm", "Gelu", "BatchMatMul", "BatchMatMul"]);
    expect(alphas(graph)).toEqual([0.375, -1.25]);
  });

  it("is fused with its gradients", async () => {
    const graph = await fused(withGradients(loss, PARAMETERS), runs, specs);
    expect(ops(graph)).toEqual(expect.arrayContaining(["Normalised", "InverseDeviation", "Erf"]));
    for (const op of ["Rsqrt", "LayerNorm", "Gelu"]) expect(ops(graph)).not.toContain(op);
    expect(layerNorms(graph)).toBe(1);
  });

  it("is right for any number of rows, of any width", async () => {
    const size = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(size, size, fc.nat(), async (rows, width, seed) => {
        const names = ["x", "w"].map((name): [string, number[]] => [name, [rows, width]]);
        const all = [...names, ["g", [width]], ["b", [width]]] as [string, number[]][];
        const inputs = Object.fromEntries(all.map(([name, shape]) => [name, n(`${name} ${seed}`, shape)]));
        const fn = ({ x, g, b, w }: In) => {
          const [normed, active] = [layerNorm(x!, g!, b!, 1e-3), gelu(w!)];
          return { normed, active, loss: tf.sum(tf.mul(normed, active)) };
        };
        // Sums of up to 1600 numbers of either sign, so that little may be left of them.
        const tolerance = { atol: 1e-4 };
        expect(ops(await fused(fn, inputs, undefined, tolerance)).slice(0, 2)).toEqual(["LayerNorm", "Gelu"]);
        await fused(withGradients(fn, ["x", "g", "b", "w"]), inputs, undefined, tolerance);
      }),
      { numRuns: 29 },
    );
  });
});

describe("fusing", () => {
  it("leaves a graph without such operations as it is", () => {
    const fn = ({ x, g }: In) => ({ y: tf.relu(tf.add(tf.matMul(x!, x!, false, true), tf.sum(g!))) });
    const graph = simplify(trace(fn, s.specsOf(everyInput(13, 2, 7))));
    expect(fuse(graph)).toBe(graph);
  });

  it.each([
    ["in a forward pass", everything],
    ["with gradients", withGradients(loss, PARAMETERS)],
  ])("finds nothing more the second time, %s", (_, fn) => {
    const graph = simplify(trace(fn as GraphFunction, s.specsOf(everyInput(13, 2, 7))));
    const once = fuse(graph);
    expect(once.nodes.length).toBeLessThan(graph.nodes.length);
    expect(printGraph(fuse(once))).toBe(printGraph(once));
    expect(fuse(once)).toBe(once);
  });

  it("keeps inputs and outputs under their names", () => {
    const graph = simplify(trace(everything, s.specsOf(everyInput(13, 2, 7))));
    const { inputs, outputs } = fuse(graph);
    expect(inputs).toEqual(graph.inputs);
    expect(outputs).toEqual(graph.outputs);
  });
});
