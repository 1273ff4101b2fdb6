/** Recognises intents from a few examples a class, and says "other" to the rest: what a trained model is for. */
import * as tf from "@tensorflow/tfjs";
import { InputError } from "../core/errors.ts";
import { type FloatTensor, float32 } from "../core/tensor.ts";
import type { ClassTexts } from "../data/types.ts";
import type { Executor } from "../executor/types.ts";
import { createEmbedder } from "./embed.ts";
import type { FewShotModel } from "./model.ts";

/** What a text was taken for. */
export interface Prediction {
  readonly text: string;
  /** The class with the highest score; null for "other". */
  readonly class: string | null;
  /** The highest score. */
  readonly score: number;
  /** Scores by class; higher is more alike. */
  readonly scores: Readonly<Record<string, number>>;
}

export interface ClassifierOptions {
  /** Texts whose highest score is below it are "other". Default: none is. */
  threshold?: number;
}

export interface Classifier {
  /** Adds a class, or replaces it: its texts are encoded now, once. Classes may have different numbers of texts. */
  add(name: string, texts: readonly string[]): Promise<void>;
  /** Forgets a class. */
  remove(name: string): void;
  readonly classes: readonly string[];
  predict(texts: readonly string[]): Promise<Prediction[]>;
  dispose(): Promise<void>;
}

/** A classifier over the support texts; adding or removing a class needs no training. */
export async function createClassifier(
  model: FewShotModel,
  support: ClassTexts,
  executor: Executor,
  options: ClassifierOptions = {},
): Promise<Classifier> {
  const { threshold = Number.NEGATIVE_INFINITY } = options;
  const embedder = createEmbedder(model, executor, { follow: false });
  // One class at a time, as classes may have different numbers of supports: no head compares classes.
  const program = executor.program(
    (inputs) => {
      const { support, query } = inputs as Record<"support" | "query", tf.Tensor>;
      return { scores: tf.reshape(model.head.scores(inputs, support, query), [-1]) };
    },
    { symbols: { support: [0, 0, "K", 0], query: [0, "M", 0] } },
  );
  const classes = new Map<string, FloatTensor>();

  async function scoresWith(vectors: FloatTensor, query: FloatTensor): Promise<Float32Array> {
    const [k, d] = vectors.shape as [number, number];
    const m = query.shape[0] as number;
    const { scores } = await program.run({
      ...model.headParams,
      support: float32(vectors.data, [1, 1, k, d]),
      query: float32(query.data, [1, m, d]),
    });
    return (scores as FloatTensor).data;
  }

  const classifier: Classifier = {
    async add(name, texts) {
      if (!texts.length) throw new InputError(`support: class '${name}' has no texts`);
      classes.set(name, await embedder.embed(texts));
    },
    remove(name) {
      if (!classes.delete(name)) throw new InputError(`support: there is no class '${name}' to remove`);
    },
    get classes() {
      return [...classes.keys()];
    },
    async predict(texts) {
      if (!classes.size) throw new InputError("predict: there are no classes; add some with their texts first");
      if (!texts.length) return [];
      const query = await embedder.embed(texts);
      const columns: [string, Float32Array][] = [];
      for (const [name, vectors] of classes) columns.push([name, await scoresWith(vectors, query)]);
      return texts.map((text, i) => {
        const scores = columns.map(([name, column]): [string, number] => [name, column[i] as number]);
        const [best, score] = scores.reduce((a, b) => (b[1] > a[1] ? b : a));
        return { text, class: score >= threshold ? best : null, score, scores: Object.fromEntries(scores) };
      });
    },
    async dispose() {
      await embedder.dispose();
      await program.dispose();
    },
  };
  try {
    for (const [name, texts] of Object.entries(support)) await classifier.add(name, texts);
  } catch (error) {
    await classifier.dispose();
    throw error;
  }
  return classifier;
}
