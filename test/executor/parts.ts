/** Parts of BERT and of the heads, written with plain tfjs operations, whose gradients are all tfjs' own. */
import * as tf from "@tensorflow/tfjs";
import { float32, type HostTensor } from "../../lib/core/tensor.ts";

export type In = Readonly<Record<string, tf.Tensor>>;

/** A sum in which every element has a weight of its own, so that no two gradients are equal by chance. */
export function weigh(y: tf.Tensor): tf.Tensor {
  const weights = Float32Array.from({ length: y.size }, (_, i) => Math.sin(i + 1));
  return tf.sum(tf.mul(y, tf.tensor(weights, y.shape)));
}

export function layerNorm(x: tf.Tensor, g: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), 1e-5));
  return tf.add(tf.mul(tf.mul(centred, scale), g), b);
}

export function gelu(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

export function attention(q: tf.Tensor, k: tf.Tensor, v: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const bias = tf.mul(tf.sub(mask, 1), 1e9); // [B, T]
  const scores = tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(7)); // [B, H, T, T]
  return tf.matMul(tf.softmax(tf.add(scores, tf.expandDims(tf.expandDims(bias, 1), 1))), v);
}

/** Cross-entropy of queries [M, D] against the means of support [N, K, D]; labels [M, N]. */
export function prototypes(query: tf.Tensor, support: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const means = tf.mean(support, 1); // [N, D]
  const distances = tf.sum(tf.square(tf.sub(tf.expandDims(query, 1), tf.expandDims(means, 0))), -1); // [M, N]
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(tf.neg(distances)), labels), 1)));
}

export function cosine(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const unit = (x: tf.Tensor): tf.Tensor => tf.mul(x, tf.rsqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-10)));
  return tf.matMul(unit(a), unit(b), false, true);
}

export const oneHot: HostTensor = float32([1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0], [5, 3]);
export const mask: HostTensor = float32([1, 1, 1, 1, 1, 1, 1, 0, 0, 0], [2, 5]);
