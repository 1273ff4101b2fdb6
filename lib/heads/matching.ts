/** Matching network (Vinyals et al. 2016, https://arxiv.org/abs/1606.04080), without full-context embeddings. */
import * as tf from "@tensorflow/tfjs";
import { type Distance, type DistanceOptions, scoreMatrix } from "./distances.ts";

/**
 * support [E, N, K, D], query [E, M, D] -> scores [E, M, N] from those with each support: their `mean` (FewShotText),
 * their `max` (the seed), or `attention`: log of the sum of exp over the class's supports, whose softmax over classes
 * is the paper's attention over all supports summed by class.
 */
export function matchingScores(
  support: tf.Tensor,
  query: tf.Tensor,
  shots: "mean" | "max" | "attention",
  distance: Distance,
  options?: DistanceOptions,
): tf.Tensor {
  const scores = supportScores(support, query, distance, options);
  if (shots === "mean") return tf.mean(scores, 3);
  return shots === "max" ? tf.max(scores, 3) : tf.logSumExp(scores, 3);
}

/** Scores with every single support: -> [E, M, N, K]. */
export function supportScores(
  support: tf.Tensor,
  query: tf.Tensor,
  distance: Distance,
  options?: DistanceOptions,
): tf.Tensor {
  const [, n, k, d] = support.shape as [number, number, number, number];
  const m = query.shape[1] as number;
  const flat = tf.reshape(support, [-1, n * k, d]);
  return tf.reshape(scoreMatrix(query, flat, distance, options), [-1, m, n, k]);
}
