/** Small objectives to train on: a classifier with an embedding table, and a parabola. */
import * as tf from "@tensorflow/tfjs";
import { random } from "../../lib/core/random.ts";
import { type FloatTensor, float32, int32, type Params, type Tensors } from "../../lib/core/tensor.ts";
import { gradientName, type LossFunction } from "../../lib/executor/gradients.ts";
import type { Executor } from "../../lib/executor/types.ts";
import { dropoutMask } from "../../lib/train/dropout.ts";
import type { Metrics, Objective } from "../../lib/train/trainer.ts";

export interface ProblemOptions {
  /** Rows of the embedding table, of which 17 are used. */
  rows?: number;
  batchSize?: number;
  seed?: number;
}

const CLASSES = 3;
const WIDTH = 5;
const USED = 17;
const RATE = 0.1;

/** Learns id % 3 of 17 ids: embedding, normalisation, dropout, a linear layer. The table's gradient comes as rows. */
export function classifier(executor: Executor, options: ProblemOptions = {}): Objective & { dispose(): Promise<void> } {
  const { rows = USED, batchSize = 13, seed = 1 } = options;
  const params: Params = {
    "embeddings.weight": normal([rows, WIDTH], "embeddings"),
    "norm.weight": float32(new Float32Array(WIDTH).fill(1), [WIDTH]),
    "head.weight": normal([WIDTH, CLASSES], "head"),
    "head.bias": float32(new Float32Array(CLASSES), [CLASSES]),
  };
  const all = Array.from({ length: USED }, (_, i) => i);
  const dev = executor.program(fn);
  return {
    params,
    fn,
    options: { sparse: [gradientName("embeddings.weight")] },
    batch(step) {
      const rng = random(seed).stream(step);
      const ids = Array.from({ length: batchSize }, () => rng.int(USED));
      return { ...examples(ids), mask: dropoutMask([batchSize, WIDTH], RATE, rng.stream("dropout")) };
    },
    async evaluate() {
      const mask = float32(new Float32Array(USED * WIDTH).fill(1), [USED, WIDTH]);
      const outputs = await dev.run({ ...params, ...examples(all), mask });
      return Object.fromEntries(["loss", "accuracy"].map((k) => [k, outputs[k]?.data[0]])) as unknown as Metrics;
    },
    dispose: () => dev.dispose(),
  };
}

const fn: LossFunction = (inputs) => {
  const { ids, labels, mask } = inputs as Record<"ids" | "labels" | "mask", tf.Tensor>;
  const vectors = tf.gather(inputs["embeddings.weight"] as tf.Tensor, ids);
  const hidden = tf.mul(tf.mul(tf.tanh(vectors), inputs["norm.weight"] as tf.Tensor), mask);
  const logits = tf.add(tf.matMul(hidden, inputs["head.weight"] as tf.Tensor), inputs["head.bias"] as tf.Tensor);
  const loss = tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits as tf.Tensor2D), labels), 1)));
  const right = tf.equal(tf.argMax(logits, 1), tf.argMax(labels, 1));
  return { loss, accuracy: tf.mean(tf.cast(right, "float32")) };
};

function examples(ids: readonly number[]): Tensors {
  const labels = ids.flatMap((id) => Array.from({ length: CLASSES }, (_, c) => (id % CLASSES === c ? 1 : 0)));
  return { ids: int32(ids, [ids.length]), labels: float32(labels, [ids.length, CLASSES]) };
}

function normal(shape: readonly number[], name: string): FloatTensor {
  const rng = random("start").stream(name);
  return float32(
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => rng.normal()),
    shape,
  );
}

/** Moves x from 10 towards 0 while dev wants x = `devAt`: the best evaluation lies on the way. */
export function parabola(devAt: number): Objective {
  const x = float32([10], [1]);
  return {
    params: { x },
    fn: (inputs) => ({ loss: tf.sum(tf.mul(tf.square(inputs.x as tf.Tensor), inputs.one as tf.Tensor)) }),
    options: {},
    batch: () => ({ one: float32([1], [1]) }),
    evaluate: async () => {
      const distance = Math.abs((x.data[0] as number) - devAt);
      return { loss: distance, accuracy: 1 / (1 + distance) };
    },
  };
}

/** Copies of the parameters' numbers. */
export function copyOf(params: Params): Record<string, Float32Array> {
  return Object.fromEntries(Object.entries(params).map(([name, p]) => [name, p.data.slice()]));
}
