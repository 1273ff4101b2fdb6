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

/** Loss and accuracy of the vectors of a batch's sentences, [B, D], and other inputs. */
export type VectorLoss = (inputs: Named, vectors: tf.Tensor) => ReturnType<LossFunction>;

/** The loss function of a model's vectors of the batch among its inputs. */
export function lossOf(model: FewShotModel, loss: VectorLoss): LossFunction {
  return (inputs) => loss(inputs, batchVectors(model, inputs));
}

/** Loss and accuracy of E episodes: supports come first in the batch, then queries; `labels` is [E, M, N]. */
export function episodeLoss(model: FewShotModel, shape: EpisodeShape): LossFunction {
  return lossOf(model, episodeVectorLoss(model, shape));
}

/** The same of vectors. */
export function episodeVectorLoss(model: FewShotModel, { nWay, nShot }: EpisodeShape): VectorLoss {
  return (inputs, vectors) => {
    const labels = input(inputs, "labels");
    const [e, m] = labels.shape as [number, number, number];
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
  return lossOf(model, pairVectorLoss(model));
}

/** The same of vectors. */
export function pairVectorLoss(model: FewShotModel): VectorLoss {
  return (inputs, vectors) => {
    const labels = input(inputs, "labels");
    const r = labels.shape[0] as number;
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
  return { ...batchInputs(batch, config), ...masks, labels };
}

/** The vectors of the batch among the inputs, [B, D], with the dropout that is there too. */
export function batchVectors(model: FewShotModel, inputs: Named): tf.Tensor {
  const { pooling, layer } = model.settings;
  return sentenceVectors(inputs, batchOf(inputs), model.encoder.config, { pooling, layer, dropout: dropoutOf(inputs) });
}

function input(inputs: Named, name: string): tf.Tensor {
  const t = inputs[name];
  if (!t) throw new Error(`objective: no input '${name}'`);
  return t;
}
