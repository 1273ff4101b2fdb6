/**
 * Siamese network (Koch et al. 2015; Sentence-BERT, https://arxiv.org/abs/1908.10084): one encoder, trained on pairs of
 * texts to put texts of a class near each other; a class is then its nearest support, or the mean of its supports.
 */
import * as tf from "@tensorflow/tfjs";
import { type Distance, type DistanceOptions, scorePairs } from "./distances.ts";
import { supportScores } from "./matching.ts";
import { prototypicalScores } from "./prototypical.ts";

/** a [R, D], b [R, D] -> scores [R]; for the cosine without its scale, so that 1 means "the same". */
export function siamesePairScores(a: tf.Tensor, b: tf.Tensor, distance: Distance): tf.Tensor {
  return scorePairs(a, b, distance, { scale: 1 });
}

/** support [E, N, K, D], query [E, M, D] -> scores [E, M, N] by nearest support or by class mean. */
export function siameseScores(
  support: tf.Tensor,
  query: tf.Tensor,
  decision: "support" | "mean",
  distance: Distance,
  options?: DistanceOptions,
): tf.Tensor {
  if (decision === "mean") return prototypicalScores(support, query, distance, options);
  return tf.max(supportScores(support, query, distance, options), 3);
}
