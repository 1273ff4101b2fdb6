/** What a training minimises: the loss of a model on episodes or on pairs, as one function of tensors. */
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../core/random.ts";
import type { FloatTensor, Tensors } from "../core/tensor.ts";
import type { Named } from "../encoder/bert.ts";
import { clsOnly, depthOf, sentenceVectors } from "../encoder/pooling.ts";
import type { Episode, EpisodeShape, Pair, TextPool } from "../episodes/types.ts";
import type { LossFunction } from "../executor/gradients.ts";
import { packBatch } from "../tokenizer/batch.ts";
import { encodeText } from "./embed.ts";
import { batchInputs, batchOf, dropoutOf } from "./inputs.ts";
import { classLabels, pairLabels } from "./labels.ts";
import { drawMasks } from "./masks.ts";
import type { FewShotModel } from "./model.ts";

/** Parameters whose gradients are sums of rows: they leave the graph as those rows. */
export const EMBEDDING_TABLES = ["word", "position", "token_type"].map((t) => `embeddings.${t}_embeddings.weight`);

/** Loss, accuracy and scores of E episodes: supports come first in the batch, then queries; `labels` is [E, M, N]. */
export function episodeLoss(model: FewShotModel, shape: EpisodeShape): LossFunction {
  const { nWay, nShot } = shape;
  return (inputs) => {
    const labels = input(inputs, "labels");
    const [e, m] = labels.shape as [number, number, number];
    const vectors = embedded(model, inputs);
    const width = model.encoder.config.hiddenSize;
    const supports = e * nWay * nShot;
    const support = tf.reshape(tf.slice(vectors, [0, 0], [supports, width]), [e, nWay, nShot, width]);
    const query = tf.reshape(tf.slice(vectors, [supports, 0], [e * m, width]), [e, m, width]);
    const scores = model.head.scores(inputs, support, query);
    const best = tf.oneHot(tf.argMax(scores, 2) as tf.Tensor2D, nWay);
    const accuracy = tf.div(tf.sum(tf.mul(tf.cast(best, "float32"), labels)), tf.maximum(tf.sum(labels), 1));
    return { loss: model.head.loss(scores, labels), accuracy };
  };
}

/** Loss and accuracy of R pairs: first texts, then second texts, in the batch; `labels` is [R], 1 for "same class". */
export function pairLoss(model: FewShotModel): LossFunction {
  return (inputs) => {
    const labels = input(inputs, "labels");
    const r = labels.shape[0] as number;
    const vectors = embedded(model, inputs);
    const width = model.encoder.config.hiddenSize;
    const a = tf.slice(vectors, [0, 0], [r, width]);
    const b = tf.slice(vectors, [r, 0], [r, width]);
    const scores = model.head.pairScores(inputs, a, b);
    const { loss, margin } = model.head.settings;
    // Half way between "same" and "different": 0.5 for similarities, half the margin for distances.
    const same = tf.cast(tf.greater(scores, loss === "contrastive" ? -margin / 2 : 0.5), "float32");
    const accuracy = tf.mean(tf.cast(tf.equal(same, labels), "float32"));
    return { loss: model.head.loss(scores, labels), accuracy };
  };
}

/** The inputs of `episodeLoss` besides the parameters. Dropout masks come from `rng`; none without it. */
export function episodeBatch(model: FewShotModel, pool: TextPool, episodes: readonly Episode[], rng?: Random): Tensors {
  const support = episodes.flatMap((e) => e.support.flat());
  const query = episodes.flatMap((e) => e.query);
  const n = (episodes[0] as Episode).classes.length;
  const labels = classLabels(
    episodes.map((e) => e.label),
    n,
  );
  return textBatch(model, pool, [...support, ...query], labels, rng);
}

/** The inputs of `pairLoss` besides the parameters. */
export function pairBatch(model: FewShotModel, pool: TextPool, pairs: readonly Pair[], rng?: Random): Tensors {
  return textBatch(model, pool, [...pairs.map((p) => p.a), ...pairs.map((p) => p.b)], pairLabels(pairs), rng);
}

function textBatch(
  model: FewShotModel,
  pool: TextPool,
  texts: readonly number[],
  labels: FloatTensor,
  rng?: Random,
): Tensors {
  const batch = packBatch(texts.map((i) => encodeText(model, pool.texts[i] as string)));
  const { config } = model.encoder;
  const depth = depthOf(model.settings.layer, config);
  const lastClsOnly = clsOnly(model.settings.pooling, depth);
  const masks = rng ? drawMasks(config, batch, rng, { depth, lastClsOnly }) : {};
  return { ...batchInputs(batch), ...masks, labels };
}

function embedded(model: FewShotModel, inputs: Named): tf.Tensor {
  const { pooling, layer } = model.settings;
  return sentenceVectors(inputs, batchOf(inputs), model.encoder.config, { pooling, layer, dropout: dropoutOf(inputs) });
}

function input(inputs: Named, name: string): tf.Tensor {
  const t = inputs[name];
  if (!t) throw new Error(`objective: no input '${name}'`);
  return t;
}
