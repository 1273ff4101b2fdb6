/** Rows of tokens to attention heads and back: [P, D] <-> [G, H, S, D / H], sentences side by side in G bins of S places. */
import * as tf from "@tensorflow/tfjs";
import { int32 } from "../core/tensor.ts";
import type { PackedBatch } from "../tokenizer/types.ts";
import { gatherBothWays } from "./ops.ts";

/** What attention reads of a batch. */
export interface HeadPlaces {
  /** [G, S] sentence of each place, counted from 1; 0 for padding. */
  readonly binSentences: tf.Tensor;
  /**
   * [G, H, S] where each place of each head stands among the P * H pieces of the rows, and [P, H] where each piece stands
   * in the flattened [G * H * S]. Without them bins are sentences and the rows are all their places, in order.
   */
  readonly toHeads?: tf.Tensor;
  readonly fromHeads?: tf.Tensor;
}

/** `toHeads` and `fromHeads` of a packed batch. */
export function headPlaces({ binIndex, unbinIndex }: Pick<PackedBatch, "binIndex" | "unbinIndex">, heads: number) {
  const [bins, size] = binIndex.shape as [number, number];
  const rows = unbinIndex.data.length;
  const to = new Int32Array(bins * heads * size);
  for (let g = 0, i = 0; g < bins; g++)
    for (let h = 0; h < heads; h++) for (let s = 0; s < size; s++) to[i++] = binIndex.data[g * size + s]! * heads + h;
  const from = new Int32Array(rows * heads);
  for (let p = 0, i = 0; p < rows; p++) {
    const place = unbinIndex.data[p]!;
    const first = place + Math.floor(place / size) * (heads - 1) * size;
    for (let h = 0; h < heads; h++) from[i++] = first + h * size;
  }
  return { toHeads: int32(to, [bins, heads, size]), fromHeads: int32(from, [rows, heads]) };
}

/** [G, 1, S, S]: 0 between places of one sentence, -1e9 between others. Padding sees padding, and nothing else does. */
export function attentionBias({ binSentences }: HeadPlaces): tf.Tensor {
  return hiding(tf.equal(tf.expandDims(binSentences, 2), tf.expandDims(binSentences, 1)));
}

/** mask [B, T] -> [B, 1, 1, T]: 0 for a sentence's tokens, -1e9 for padding. */
export function paddingBias(mask: tf.Tensor): tf.Tensor {
  return hiding(tf.expandDims(mask, 1));
}

/** What is added to scores, alike for all heads: nothing where `seen`, so much that nothing is left elsewhere. */
function hiding(seen: tf.Tensor): tf.Tensor {
  return tf.expandDims(tf.mul(tf.sub(tf.cast(seen, "float32"), 1), 1e9), 1);
}

/**
 * x [P, D] -> [G, H, S, D / H], one gather. Padding holds a copy of row 0, which only padding sees; its gradient is taken
 * to be zero, so that going back is a gather too.
 */
export function splitHeads(x: tf.Tensor, places: HeadPlaces, heads: number): tf.Tensor {
  const { toHeads, fromHeads, binSentences } = places;
  const width = (x.shape[1] as number) / heads;
  if (!toHeads || !fromHeads) return splitPlaces(x, binSentences.shape[1] as number, heads);
  return gatherBothWays(tf.reshape(x, [-1, width]), toHeads, (dy) => pieces(dy, fromHeads, width));
}

/** x [G, H, S, D / H] -> [P, D]; what comes back to padding, where row 0's gradient stands, only padding sees. */
export function mergeHeads(x: tf.Tensor, places: HeadPlaces, heads: number): tf.Tensor {
  const { toHeads, fromHeads } = places;
  const width = x.shape[3] as number;
  if (!toHeads || !fromHeads) return mergePlaces(x);
  const op = tf.customGrad((x) => ({
    value: tf.reshape(pieces(x as tf.Tensor, fromHeads, width), [-1, heads * width]),
    gradFunc: (dy: tf.Tensor) => tf.gather(tf.reshape(dy, [-1, width]), toHeads as tf.Tensor1D),
  }));
  return op(x);
}

/** x [G * S, D], all places in order -> [G, H, S, D / H]. */
export function splitPlaces(x: tf.Tensor, size: number, heads: number): tf.Tensor {
  const width = (x.shape[1] as number) / heads;
  return tf.transpose(tf.reshape(x, [-1, size, heads, width]), [0, 2, 1, 3]);
}

/** x [G, H, S, D / H] -> [G * S, D], all places in order. */
export function mergePlaces(x: tf.Tensor): tf.Tensor {
  const [, heads, , width] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [-1, heads * width]);
}

/** x [G, H, S, width] -> [P * H, width]. */
function pieces(x: tf.Tensor, fromHeads: tf.Tensor, width: number): tf.Tensor {
  return tf.reshape(tf.gather(tf.reshape(x, [-1, width]), fromHeads as tf.Tensor1D), [-1, width]);
}
