/** BERT on padded batches, as other programs give them: every place, padding too, is a row of the packed one. */
import * as tf from "@tensorflow/tfjs";
import { type BatchTensors, bert, type Named } from "./bert.ts";
import type { BertConfig } from "./config.ts";

/** B sentences of T places each. */
export interface PaddedTensors {
  /** [B, T] token ids, int32; any in padding. */
  readonly ids: tf.Tensor;
  /** [B, T] token types, int32; any in padding. */
  readonly typeIds: tf.Tensor;
  /** [B, T] 1 for a token, 0 for padding. */
  readonly mask: tf.Tensor;
  /** [B, T] the numbers 0 .. B*T-1 in order, int32: an input, for a trace with symbolic sizes cannot count. */
  readonly places: tf.Tensor;
}

/** The batch that `bert` takes, with P = B * T rows. */
export function paddedBatch({ ids, typeIds, mask, places }: PaddedTensors): BatchTensors {
  const flat = (x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1]);
  const counted = (axis: number): tf.Tensor => tf.sub(tf.cumsum(tf.onesLike(places), axis), tf.scalar(1, "int32"));
  return {
    ids: flat(ids),
    typeIds: flat(typeIds),
    positions: flat(counted(1)),
    sentences: flat(counted(0)),
    clsIndex: flat(tf.slice(places, [0, 0], [-1, 1])),
    mask: tf.cast(mask, "float32"),
    padIndex: places,
    unpadIndex: flat(places),
    binSentences: mask,
  };
}

/** The last hidden state, [B, T, D]. Rows of padding hold numbers without a meaning. */
export function paddedBert(params: Named, batch: PaddedTensors, config: BertConfig): tf.Tensor {
  const longest = batch.ids.shape[1] as number;
  const last = bert(params, paddedBatch(batch), config)[config.layers] as tf.Tensor;
  return tf.reshape(last, [-1, longest, config.hiddenSize]);
}
