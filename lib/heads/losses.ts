/** Losses on scores (higher is more alike) and 0/1 labels of the same shape. */
import * as tf from "@tensorflow/tfjs";

export const LOSSES = ["crossEntropy", "contrastive", "squaredError"] as const;
export type Loss = (typeof LOSSES)[number];

/**
 * Cross-entropy over the classes: scores [E, M, N], labels [E, M, N] -> the mean over the queries that have a class of
 * -log softmax(scores)[class]. Queries of no class ("other") have no label and do not count.
 */
export function crossEntropy(scores: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const picked = tf.mul(tf.logSoftmax(scores), labels);
  return tf.neg(tf.div(tf.sum(picked), tf.maximum(tf.sum(labels), 1)));
}

/**
 * Contrastive loss (Hadsell, Chopra and LeCun 2006) on distances d = -score, as the seed has it:
 * the sum of y * min(d, m)^2 + (1 - y) * max(m - d, 0)^2 over all entries, divided by twice the number of queries
 * (all axes but the last of [E, M, N]) or of pairs ([R]).
 */
export function contrastive(scores: tf.Tensor, labels: tf.Tensor, margin: number): tf.Tensor {
  const d = tf.neg(scores);
  const far = tf.relu(tf.sub(margin, d)); // max(m - d, 0)
  const near = tf.sub(margin, far); // min(d, m)
  const terms = tf.add(tf.mul(labels, tf.square(near)), tf.mul(tf.sub(1, labels), tf.square(far)));
  const entries = scores.rank === 1 ? 1 : (scores.shape[scores.rank - 1] as number); // of a query
  return tf.mul(tf.mean(terms), entries / 2);
}

/** Squared error of scores against labels: the mean of (y - s)^2 over all entries. */
export function squaredError(scores: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return tf.mean(tf.square(tf.sub(labels, scores)));
}
