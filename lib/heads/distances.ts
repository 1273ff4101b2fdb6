/** How alike two vectors are, as scores: always "higher is more alike", so distances come negated. */
import * as tf from "@tensorflow/tfjs";

export const DISTANCES = ["euclidean", "sqEuclidean", "cosine", "dot", "manhattan"] as const;

/**
 * `euclidean` -sqrt(|q - s|^2 + 1e-10); `sqEuclidean` -|q - s|^2; `cosine` scale * cos(q, s); `dot` q . s;
 * `manhattan` -sum |q - s|. Published code calls both of the first two "Euclidean"; here the name says which.
 */
export type Distance = (typeof DISTANCES)[number];

// Under the root: its gradient at 0 would be infinite (as in the seed, ANCHORS of the published projects).
const EPSILON = 1e-10;

export interface DistanceOptions {
  /** Factor of the cosine; the others ignore it. Default 5, as FewShotText and ProtAugment have it. */
  scale?: number;
}

/** Scores of every query with every support: query [E, M, D], support [E, S, D] -> [E, M, S]. */
export function scoreMatrix(
  query: tf.Tensor,
  support: tf.Tensor,
  distance: Distance,
  options: DistanceOptions = {},
): tf.Tensor {
  const { scale = 5 } = options;
  if (distance === "dot") return tf.matMul(query, support, false, true);
  if (distance === "cosine") return tf.mul(tf.matMul(unit(query), unit(support), false, true), scale);
  // The difference itself, not |q|^2 + |s|^2 - 2 q.s, which loses digits where vectors are close.
  return tf.neg(norm(tf.sub(tf.expandDims(query, 2), tf.expandDims(support, 1)), distance));
}

/** Scores of pairs: a [R, D], b [R, D] -> [R]. */
export function scorePairs(a: tf.Tensor, b: tf.Tensor, distance: Distance, options: DistanceOptions = {}): tf.Tensor {
  const { scale = 5 } = options;
  if (distance === "dot") return tf.sum(tf.mul(a, b), -1);
  if (distance === "cosine") return tf.mul(tf.sum(tf.mul(unit(a), unit(b)), -1), scale);
  return tf.neg(norm(tf.sub(a, b), distance));
}

function norm(difference: tf.Tensor, distance: "euclidean" | "sqEuclidean" | "manhattan"): tf.Tensor {
  if (distance === "manhattan") return tf.sum(tf.abs(difference), -1);
  const squared = tf.sum(tf.square(difference), -1);
  return distance === "sqEuclidean" ? squared : tf.sqrt(tf.add(squared, EPSILON));
}

/** x / |x| along the last axis. */
function unit(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), EPSILON)));
}
