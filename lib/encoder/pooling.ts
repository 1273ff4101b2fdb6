/** From the hidden states of a sentence's tokens to one vector a sentence. */
import * as tf from "@tensorflow/tfjs";
import type { BatchTensors, Named } from "./bert.ts";
import { bert, pooler } from "./bert.ts";
import type { BertConfig } from "./config.ts";
import { firstRows, pad } from "./ops.ts";

export const POOLINGS = ["cls", "pooler", "mean", "max", "first-last"] as const;

/**
 * `cls` the first token's vector; `pooler` tanh(W cls + b) with BERT's own W; `mean` and `max` over the sentence's
 * tokens, [CLS] and [SEP] among them; `first-last` the mean over tokens of the average of layer 1 and the chosen layer
 * (Su et al. 2021, BERT-whitening).
 */
export type Pooling = (typeof POOLINGS)[number];

export interface PoolingOptions {
  /** Default "mean". */
  pooling?: Pooling;
  /** Which hidden state: 1 .. L from below, 0 the embeddings, -1 the last, -2 the one before. Default -1. */
  layer?: number;
}

/** Layer as a number of layers to compute, 0 .. L. Throws a RangeError outside. */
export function depthOf(layer: number, config: BertConfig): number {
  const depth = layer < 0 ? config.layers + 1 + layer : layer;
  if (!Number.isInteger(layer) || depth < 0 || depth > config.layers) {
    throw new RangeError(
      `layer ${layer}: this encoder has ${config.layers} layers; wanted -${config.layers + 1} .. ${config.layers}`,
    );
  }
  return depth;
}

/** Whether a model so pooled computes its last layer for the [CLS] rows only. */
export function clsOnly(pooling: Pooling, depth: number): boolean {
  return (pooling === "cls" || pooling === "pooler") && depth > 0;
}

/**
 * BERT and its pooling in one: a batch of B sentences -> [B, D]. Layers above the pooled one are not computed, and the
 * last one only for the [CLS] rows where no others are asked for.
 */
export function sentenceVectors(
  params: Named,
  batch: BatchTensors,
  config: BertConfig,
  options: PoolingOptions & { dropout?: Named } = {},
): tf.Tensor {
  const { pooling = "mean", layer = -1, dropout = {} } = options;
  const depth = depthOf(layer, config);
  const lastClsOnly = clsOnly(pooling, depth);
  const hidden = bert(params, batch, config, { depth, lastClsOnly, dropout });
  const last = hidden[depth] as tf.Tensor;
  if (lastClsOnly) return pooling === "pooler" ? pooler(params, last) : last;
  return poolTokens(hidden, params, batch, pooling, depth);
}

/** Pools full hidden states, each [P, D], at the given depth -> [B, D]. */
export function poolTokens(
  hidden: readonly tf.Tensor[],
  params: Named,
  batch: BatchTensors,
  pooling: Pooling,
  depth: number,
): tf.Tensor {
  const last = hidden[depth] as tf.Tensor;
  switch (pooling) {
    case "cls":
      return firstRows(last, batch.clsIndex, batch.sentences, batch.positions);
    case "pooler":
      return pooler(params, firstRows(last, batch.clsIndex, batch.sentences, batch.positions));
    case "mean":
      return tokenMean(last, batch);
    case "max":
      return tokenMax(last, batch);
    case "first-last":
      return tokenMean(tf.mul(tf.add(hidden[Math.min(1, depth)] as tf.Tensor, last), 0.5), batch);
  }
}

function padded(x: tf.Tensor, batch: BatchTensors): { x: tf.Tensor; mask: tf.Tensor } {
  const longest = batch.mask.shape[1] as number;
  const width = x.shape[1] as number;
  return { x: tf.reshape(pad(x, batch), [-1, longest, width]), mask: tf.expandDims(batch.mask, -1) };
}

function tokenMean(packed: tf.Tensor, batch: BatchTensors): tf.Tensor {
  const { x, mask } = padded(packed, batch);
  return tf.div(tf.sum(tf.mul(x, mask), 1), tf.sum(mask, 1));
}

function tokenMax(packed: tf.Tensor, batch: BatchTensors): tf.Tensor {
  const { x, mask } = padded(packed, batch);
  return tf.max(tf.add(x, tf.mul(tf.sub(mask, 1), 1e9)), 1);
}
