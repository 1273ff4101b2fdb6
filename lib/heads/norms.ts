/** The seed's two layer normalisations over embeddings: one for supports, one for queries, each with its parameters. */
import * as tf from "@tensorflow/tfjs";
import { float32, type Params } from "../core/tensor.ts";
import { layerNorm } from "../encoder/ops.ts";
import type { HeadTensors } from "./types.ts";

const EPSILON = 1e-12; // as tf.contrib.layers.layer_norm, which the seed calls

export function normParams(width: number): Params {
  const ones = (): Float32Array => new Float32Array(width).fill(1);
  return Object.fromEntries(
    ["supportNorm", "queryNorm"].flatMap((name) => [
      [`head.${name}.weight`, float32(ones(), [width])],
      [`head.${name}.bias`, float32(new Float32Array(width), [width])],
    ]),
  );
}

/** x [..., D] -> its rows normalised with the parameters of that name. */
export function normed(x: tf.Tensor, params: HeadTensors, name: "supportNorm" | "queryNorm"): tf.Tensor {
  const width = x.shape[x.rank - 1] as number;
  const [g, b] = [params[`head.${name}.weight`], params[`head.${name}.bias`]];
  if (!g || !b) throw new Error(`head: no parameters 'head.${name}.weight' and 'head.${name}.bias'`);
  const [, ...inner] = x.shape;
  return tf.reshape(layerNorm(tf.reshape(x, [-1, width]), g, b, EPSILON), [-1, ...inner]);
}
