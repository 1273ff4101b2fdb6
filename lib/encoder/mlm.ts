/** The masked-language-model head of BERT (Devlin et al. 2019), its output matrix tied to the word embeddings. */
import * as tf from "@tensorflow/tfjs";
import type { Random } from "../core/random.ts";
import { float32, type Params, sizeOf } from "../core/tensor.ts";
import { type BatchTensors, bert, type Named } from "./bert.ts";
import type { BertConfig } from "./config.ts";
import { activation, layerNorm, linear, pickRows } from "./ops.ts";

/** Shapes of the head's parameters by Hugging Face's names (BertForMaskedLM, without the tied matrix). */
export function mlmShapes(config: BertConfig): Readonly<Record<string, readonly number[]>> {
  const d = config.hiddenSize;
  return {
    "cls.predictions.transform.dense.weight": [d, d],
    "cls.predictions.transform.dense.bias": [d],
    "cls.predictions.transform.LayerNorm.weight": [d],
    "cls.predictions.transform.LayerNorm.bias": [d],
    "cls.predictions.bias": [config.vocabSize],
  };
}

/** Which tokens are asked for. */
export interface MaskedTensors {
  /** [R] rows of P. */
  readonly rows: tf.Tensor;
  /** [P] for a masked row its place in `rows`; 0 for the others. */
  readonly places: tf.Tensor;
  /** [P] 1 for a masked row, 0 for the others. */
  readonly chosen: tf.Tensor;
  /** [R] the tokens that stood there. */
  readonly targets: tf.Tensor;
}

/**
 * Mean cross-entropy of the masked tokens, and the share of them whose highest logit is right.
 * logits = W LayerNorm(act(T h + t)) + b with W the word embeddings [V, D]; h the last layer's rows [R, D].
 */
export function mlmLoss(
  params: Named,
  batch: BatchTensors,
  masked: MaskedTensors,
  config: BertConfig,
  dropout?: Named,
): { loss: tf.Tensor; accuracy: tf.Tensor } {
  const hidden = bert(params, batch, config, dropout ? { dropout } : {})[config.layers] as tf.Tensor;
  const asked = pickRows(hidden, masked.rows, masked.places, masked.chosen);
  const p = (name: string): tf.Tensor => params[`cls.predictions.${name}`] as tf.Tensor;
  const mixed = activation(config.hiddenAct)(linear(asked, p("transform.dense.weight"), p("transform.dense.bias")));
  const h = layerNorm(mixed, p("transform.LayerNorm.weight"), p("transform.LayerNorm.bias"), config.layerNormEps);
  const logits = linear(h, params["embeddings.word_embeddings.weight"] as tf.Tensor, p("bias")); // [R, V]
  const right = tf.equal(tf.argMax(logits, 1), masked.targets);
  return { loss: tokenCrossEntropy(logits, masked.targets), accuracy: tf.mean(tf.cast(right, "float32")) };
}

/** Mean of -log softmax(logits)[target]: logits [R, V], targets [R]. Its gradient is (softmax - one-hot) / R. */
function tokenCrossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  const v = logits.shape[1] as number;
  const op = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    const hot = tf.cast(tf.oneHot(targets as tf.Tensor1D, v), "float32");
    const each = tf.sub(tf.logSumExp(x, 1), tf.sum(tf.mul(x, hot), 1)); // [R]
    save([x, hot, tf.onesLike(each)]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [x, hot, ones] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return tf.mul(tf.sub(tf.softmax(x as tf.Tensor2D), hot), tf.div(dy, tf.sum(ones)));
    };
    return { value: tf.mean(each), gradFunc: gradFunc as never };
  });
  return op(logits);
}

/** Fresh parameters of the given shapes, as BERT's: normal with deviation 0.02, biases 0, LayerNorm 1; each from a stream of its name. */
export function initialParams(shapes: Iterable<readonly [string, readonly number[]]>, rng: Random): Params {
  const params: Record<string, Params[string]> = {};
  for (const [name, shape] of shapes) {
    const data = new Float32Array(sizeOf(shape));
    const stream = rng.stream(name);
    if (/LayerNorm\.weight$/.test(name)) data.fill(1);
    else if (!/bias$/.test(name)) for (let i = 0; i < data.length; i++) data[i] = 0.02 * stream.normal();
    params[name] = float32(data, shape);
  }
  return params;
}
