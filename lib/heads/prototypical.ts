/** Prototypical network (Snell et al. 2017, https://arxiv.org/abs/1703.05175): a class is the mean of its supports. */
import * as tf from "@tensorflow/tfjs";
import { type Distance, type DistanceOptions, scoreMatrix } from "./distances.ts";

/** support [E, N, K, D], query [E, M, D] -> scores [E, M, N] of each query with each class's mean. */
export function prototypicalScores(
  support: tf.Tensor,
  query: tf.Tensor,
  distance: Distance,
  options?: DistanceOptions,
): tf.Tensor {
  return scoreMatrix(query, tf.mean(support, 2), distance, options);
}
