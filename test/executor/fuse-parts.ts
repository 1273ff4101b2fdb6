/** What the tests of fusing share: a graph fused and compared with what it was made of, and layer norm in parts. */
import * as tf from "@tensorflow/tfjs";
import type { Tensors } from "../../lib/core/tensor.ts";
import { fuse } from "../../lib/executor/fuse.ts";
import type { Graph } from "../../lib/executor/graph.ts";
import { lower } from "../../lib/executor/lower.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { type Spec, trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import * as s from "./support.ts";

// Large, so that a lost epsilon shows; this and all factors are exact in float32.
export const EPSILON = 0.375;

/** The fused graph, after a check that it computes on all inputs what the graph computes that it was made of. */
export async function fused(
  fn: GraphFunction,
  runs: Tensors | Tensors[],
  specs?: Record<string, Spec>,
  tolerance?: s.Tolerance,
): Promise<Graph> {
  const all = [runs].flat();
  const plain = simplify(trace(fn, specs ?? s.specsOf(all[0]!)));
  const graph = fuse(plain);
  for (const inputs of all)
    s.expectAllClose(await s.runGraph(graph, inputs), await s.runGraph(plain, inputs), tolerance);
  return graph;
}

export const ops = (graph: Graph): string[] => graph.nodes.map((node) => node.op);
export const layerNorms = (graph: Graph): number =>
  s.operators(lower(graph)).filter((op) => op === "LayerNormalization").length;
/** The factors of all products, in order. */
export const alphas = (graph: Graph): unknown[] =>
  graph.nodes.filter((node) => node.op === "BatchMatMul").map((node) => node.attrs.alpha);

export const lastMean = (x: tf.Tensor): tf.Tensor => tf.mean(x, -1, true);

export interface NormParts {
  mean?: tf.Tensor;
  variance?: (centred: tf.Tensor) => tf.Tensor;
  epsilon?: number | tf.Tensor;
}

/** What layer norm begins with, in parts that a case may replace. */
export function normalise(x: tf.Tensor, parts: NormParts = {}): { h: tf.Tensor; scale: tf.Tensor } {
  const { mean = lastMean(x), variance = (centred) => lastMean(tf.square(centred)), epsilon = EPSILON } = parts;
  const centred = tf.sub(x, mean);
  const scale = tf.rsqrt(tf.add(variance(centred), epsilon));
  return { h: tf.mul(centred, scale), scale };
}

export const affine = (h: tf.Tensor, g: tf.Tensor, b: tf.Tensor): tf.Tensor => tf.add(tf.mul(h, g), b);
