/**
 * BERT (Devlin et al. 2019, https://arxiv.org/abs/1810.04805) as a pure function of named parameters on packed batches.
 * B sentences, P packed tokens, T tokens of the longest, D hidden width, H attention heads, L layers.
 */
import * as tf from "@tensorflow/tfjs";
import type { BertConfig } from "./config.ts";
import {
  attentionBias,
  type HeadPlaces,
  mergeHeads,
  mergePlaces,
  paddingBias,
  splitHeads,
  splitPlaces,
} from "./heads.ts";
import { activation, firstRows, layerNorm, linear, type Places, pad } from "./ops.ts";

/** Tensors by name: parameters as in the checkpoint, a batch, dropout masks. */
export type Named = Readonly<Record<string, tf.Tensor>>;

/** The fields of a PackedBatch as tensors, its bins as attention heads read them. */
export interface BatchTensors extends Places, HeadPlaces {
  readonly ids: tf.Tensor; // [P]
  readonly typeIds: tf.Tensor; // [P]
  readonly positions: tf.Tensor; // [P]
  readonly sentences: tf.Tensor; // [P]
  readonly clsIndex: tf.Tensor; // [B]
}

export interface BertOptions {
  /** Layers to compute, counted from below. Default all. */
  depth?: number;
  /** The last computed layer is computed for the [CLS] rows only: its hidden state is [B, D]. Default false. */
  lastClsOnly?: boolean;
  /** Dropout multipliers by the names of `dropoutMasks`; without them nothing is dropped. */
  dropout?: Named;
}

/**
 * All hidden states, as Hugging Face counts them: [0] the embeddings, [i] the output of layer i, each [P, D].
 * The parameters' names are those of `bertShapes`.
 */
export function bert(params: Named, batch: BatchTensors, config: BertConfig, options: BertOptions = {}): tf.Tensor[] {
  const { depth = config.layers, lastClsOnly = false, dropout = {} } = options;
  const hidden = [embeddings(params, batch, config, dropout)];
  const bias = attentionBias(batch);
  for (let i = 0; i < depth; i++) {
    const clsOnly = lastClsOnly && i === depth - 1;
    hidden.push(layer(hidden[i] as tf.Tensor, i, { params, batch, config, dropout, bias, clsOnly }));
  }
  return hidden;
}

function embeddings(params: Named, batch: BatchTensors, config: BertConfig, dropout: Named): tf.Tensor {
  const table = (name: string): tf.Tensor => param(params, `embeddings.${name}.weight`);
  const words = tf.gather(table("word_embeddings"), batch.ids as tf.Tensor1D);
  const places = tf.gather(table("position_embeddings"), batch.positions as tf.Tensor1D);
  const types = tf.gather(table("token_type_embeddings"), batch.typeIds as tf.Tensor1D);
  const sum = tf.add(tf.add(words, types), places);
  return drop(norm(sum, params, "embeddings", config), dropout, "embeddings");
}

interface LayerContext {
  readonly params: Named;
  readonly batch: BatchTensors;
  readonly config: BertConfig;
  readonly dropout: Named;
  readonly bias: tf.Tensor; // [G, 1, S, S]
  readonly clsOnly: boolean;
}

/** One transformer layer: x [P, D] -> [P, D], or [B, D] for the [CLS] rows only. */
function layer(x: tf.Tensor, i: number, context: LayerContext): tf.Tensor {
  const { params, batch, config, dropout, clsOnly } = context;
  const name = `encoder.layer.${i}`;
  const rows = clsOnly ? firstRows(x, batch.clsIndex, batch.sentences, batch.positions) : x; // [R, D]
  const mixed = dense(
    attention(x, rows, `${name}.attention.self`, i, context),
    params,
    `${name}.attention.output.dense`,
  );
  const attended = norm(
    tf.add(drop(mixed, dropout, `${i}.attention`), rows),
    params,
    `${name}.attention.output`,
    config,
  );
  const wide = activation(config.hiddenAct)(dense(attended, params, `${name}.intermediate.dense`)); // [R, I]
  const narrow = dense(wide, params, `${name}.output.dense`); // [R, D]
  return norm(tf.add(drop(narrow, dropout, `${i}.output`), attended), params, `${name}.output`, config);
}

/** Scaled dot-product attention of `rows` on all tokens of their sentences: -> [R, D]. */
function attention(x: tf.Tensor, rows: tf.Tensor, name: string, i: number, context: LayerContext): tf.Tensor {
  const { params, batch, config, dropout, bias, clsOnly } = context;
  const { heads } = config;
  const width = config.hiddenSize / heads;
  const project = (y: tf.Tensor, part: string): tf.Tensor => dense(y, params, `${name}.${part}`);
  const [q, k, v] = [project(rows, "query"), project(x, "key"), project(x, "value")];
  const attend = (queries: tf.Tensor, keys: tf.Tensor, values: tf.Tensor, bias: tf.Tensor): tf.Tensor => {
    // Scaling the queries is cheaper than scaling the scores, and right at the product it costs nothing: see fuse.ts.
    const scores = tf.add(tf.matMul(tf.mul(queries, 1 / Math.sqrt(width)), keys, false, true), bias);
    return tf.matMul(drop(tf.softmax(scores), dropout, `${i}.weights`), values);
  };
  if (clsOnly) {
    // One query a sentence: [B, H, 1, width] on the sentence's own keys [B, H, T, width].
    const longest = batch.mask.shape[1] as number;
    const own = (y: tf.Tensor): tf.Tensor => splitPlaces(pad(y, batch), longest, heads);
    return mergePlaces(attend(splitPlaces(q, 1, heads), own(k), own(v), paddingBias(batch.mask)));
  }
  const split = (y: tf.Tensor): tf.Tensor => splitHeads(y, batch, heads);
  return mergeHeads(attend(split(q), split(k), split(v), bias), batch, heads);
}

/** The pooled output of BERT: tanh(W x + b) of the last layer's [CLS] rows; cls [B, D] -> [B, D]. */
export function pooler(params: Named, cls: tf.Tensor): tf.Tensor {
  return tf.tanh(dense(cls, params, "pooler.dense"));
}

/** The parameter of that name; an error when the checkpoint has none. */
function param(params: Named, name: string): tf.Tensor {
  const p = params[name];
  if (!p) throw new Error(`bert: no parameter '${name}'`);
  return p;
}

function dense(x: tf.Tensor, params: Named, name: string): tf.Tensor {
  return linear(x, param(params, `${name}.weight`), param(params, `${name}.bias`));
}

function norm(x: tf.Tensor, params: Named, name: string, config: BertConfig): tf.Tensor {
  const [g, b] = [param(params, `${name}.LayerNorm.weight`), param(params, `${name}.LayerNorm.bias`)];
  return layerNorm(x, g, b, config.layerNormEps);
}

/** Multiplies by the mask of that name, when there is one: 0, or 1 / (1 - rate). */
function drop(x: tf.Tensor, masks: Named, name: string): tf.Tensor {
  const mask = masks[name];
  return mask ? tf.mul(x, mask) : x;
}
