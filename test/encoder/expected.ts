/** Expected values of the encoder (test/fixtures/encoder/README.md) and how to compare with them. */

import * as tf from "@tensorflow/tfjs";
import { expect } from "vitest";
import type { FloatTensor, HostTensor, Tensors } from "../../lib/core/tensor.ts";
import { bert } from "../../lib/encoder/bert.ts";
import type { BertConfig } from "../../lib/encoder/config.ts";
import type { Encoder } from "../../lib/encoder/encoder.ts";
import { type Pooling, poolTokens } from "../../lib/encoder/pooling.ts";
import { readSafetensors } from "../../lib/encoder/safetensors.ts";
import type { LossFunction } from "../../lib/executor/gradients.ts";
import { prototypicalScores } from "../../lib/heads/prototypical.ts";
import { batchInputs, batchOf } from "../../lib/model/inputs.ts";
import { packBatch } from "../../lib/tokenizer/batch.ts";

export const POOLING_NAMES: Readonly<Record<Pooling, string>> = {
  cls: "cls",
  pooler: "pooler",
  mean: "mean",
  max: "max",
  "first-last": "firstLast",
};

export interface Expected {
  readonly tensors: ReadonlyMap<string, HostTensor>;
  float(name: string): FloatTensor;
  ints(name: string): number[];
}

export async function readExpected(file: string): Promise<Expected> {
  const { tensors } = await readSafetensors(file);
  const get = (name: string): HostTensor => {
    const t = tensors.get(name);
    if (!t) throw new Error(`${file} has no ${name}`);
    return t;
  };
  return { tensors, float: (name) => get(name) as FloatTensor, ints: (name) => [...get(name).data] };
}

/** The batch as the expected values were made from: ids as they stand there. */
export function batchFrom(expected: Expected, config: Pick<BertConfig, "heads">): Tensors {
  const [ids, types, lengths] = [expected.ints("ids"), expected.ints("typeIds"), expected.ints("lengths")];
  let at = 0;
  const encodings = lengths.map((n) => {
    const part = { ids: Int32Array.from(ids.slice(at, at + n)), typeIds: Int32Array.from(types.slice(at, at + n)) };
    at += n;
    return part;
  });
  return batchInputs(packBatch(encodings), config);
}

/** All hidden states and pooled vectors of a batch. */
export function allOutputs(encoder: Encoder) {
  const { config } = encoder;
  return (inputs: Readonly<Record<string, tf.Tensor>>): Record<string, tf.Tensor> => {
    const batch = batchOf(inputs);
    const hidden = bert(inputs, batch, config);
    const states = hidden.map((h, i): [string, tf.Tensor] => [`hidden.${i}`, h]);
    const pools = (Object.keys(POOLING_NAMES) as Pooling[]).map((p): [string, tf.Tensor] => [
      `pool.${POOLING_NAMES[p]}`,
      poolTokens(hidden, inputs, batch, p, config.layers),
    ]);
    return Object.fromEntries([...states, ...pools]);
  };
}

/** The prototypical loss of the expected values: supports by class first, then queries; logits scaled. */
export function expectedLoss(
  expected: Expected,
  vectorsOf: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor,
): LossFunction {
  const labels = expected.ints("labels");
  const scale = expected.float("scale").data[0] as number;
  const n = Math.max(...labels) + 1;
  const b = expected.ints("lengths").length;
  const k = (b - labels.length) / n;
  return (inputs) => {
    const v = vectorsOf(inputs);
    const d = v.shape[1] as number;
    const support = tf.reshape(tf.slice(v, [0, 0], [n * k, d]), [1, n, k, d]);
    const query = tf.reshape(tf.slice(v, [n * k, 0], [labels.length, d]), [1, labels.length, d]);
    const logits = tf.reshape(tf.mul(prototypicalScores(support, query, "sqEuclidean"), scale), [labels.length, n]);
    const picked = tf.mul(tf.logSoftmax(logits), tf.oneHot(tf.tensor1d(labels, "int32"), n));
    return { loss: tf.neg(tf.mean(tf.sum(picked, 1))), logits };
  };
}

/** The numbers of a gradient that the fixture keeps: norm, sums under eight sign patterns, sixteen entries. */
export function fingerprint(g: Float32Array): number[] {
  const n = g.length;
  const sums = new Float64Array(8);
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const v = g[i] as number;
    if (v === 0) continue;
    squares += v * v;
    for (let k = 0; k < 8; k++) sums[k] = (sums[k] as number) + sign(i, k) * v;
  }
  return [
    Math.sqrt(squares),
    ...sums,
    ...Array.from({ length: 16 }, (_, j) => g[Math.floor(((j + 0.5) * n) / 16)] as number),
  ];
}

function sign(i: number, k: number): 1 | -1 {
  let x = (8 * i + k) >>> 0; // MurmurHash3's finalizer, 32 bits
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return ((x ^ (x >>> 16)) & 1) === 0 ? 1 : -1;
}

/** Largest difference of the columns that the fixture keeps. */
export function largestDifference(found: FloatTensor, wanted: FloatTensor): number {
  const [rows, kept] = wanted.shape as [number, number];
  const width = found.shape[1] as number;
  const step = Math.ceil(width / kept);
  let worst = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < kept; c++) {
      worst = Math.max(
        worst,
        Math.abs((found.data[r * width + c * step] as number) - (wanted.data[r * kept + c] as number)),
      );
    }
  }
  return worst;
}

/** Every entry of the fingerprint within `tolerance` of the gradient's norm; of one that is 0 but for rounding, of `floor`. */
export function expectFingerprint(
  name: string,
  found: FloatTensor,
  wanted: FloatTensor,
  tolerance: number,
  floor: number,
): void {
  const norm = wanted.data[0] as number;
  const prints = fingerprint(found.data);
  prints.forEach((v, i) => {
    const allowed = Math.max(tolerance * norm, floor);
    expect(
      Math.abs(v - (wanted.data[i] as number)),
      `${name}, number ${i}: ${v} for ${wanted.data[i]}`,
    ).toBeLessThanOrEqual(allowed);
  });
}
