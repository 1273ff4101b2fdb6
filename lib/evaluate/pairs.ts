/** Sentence pairs: how well a model's score of two texts tells "the same" from "different". */
import * as tf from "@tensorflow/tfjs";
import { InputError } from "../core/errors.ts";
import { type FloatTensor, int32 } from "../core/tensor.ts";
import type { PairSet, TextPair } from "../data/types.ts";
import { indexedPairs } from "../episodes/indexed.ts";
import type { Executor } from "../executor/types.ts";
import { createEmbedder, type Embedder } from "../model/embed.ts";
import type { FewShotModel } from "../model/model.ts";
import { estimate } from "./accuracy.ts";
import { auroc } from "./open-set.ts";

/** Shares in [0, 1]. */
export interface PairEvaluation {
  readonly part: TextPair["part"];
  readonly pairs: number;
  /** Share of pairs that mean the same: what always saying "same" would get. */
  readonly same: number;
  /** Area under the ROC curve of the scores. */
  readonly auroc: number;
  /** Share of right answers with a threshold chosen on dev pairs, and its 95 % interval; absent without dev pairs. */
  readonly accuracy?: number;
  readonly ci95?: number;
  readonly threshold?: number;
  /** Of each pair, in the part's order: its score, and whether it means the same. For `rocCurve`. */
  readonly items: readonly { readonly score: number; readonly known: boolean }[];
  /** Of each pair 1 or 0, in the same order: whether the answer was right. For paired differences; absent without dev pairs. */
  readonly right?: readonly number[];
}

export interface PairOptions {
  /** Pairs that are scored. Default "test", or "all" of a set without parts. */
  part?: TextPair["part"];
  /** The embedder to use, made for this model. Default: an own one. */
  embedder?: Embedder;
}

/** The pairs of a part, or all of a set without parts. InputError where there are none. */
export function pairsOf(set: PairSet, part: TextPair["part"], purpose: string): readonly TextPair[] {
  const found = set.pairs.filter((p) => p.part === part);
  if (found.length) return found;
  const parts = [...new Set(set.pairs.map((p) => p.part))];
  throw new InputError(`${set.name}: ${purpose} needs pairs of the part ${part}; it has ${parts.join(", ") || "none"}`);
}

export interface PairScorer {
  /** Scores of R pairs with the model's head: higher is more alike. */
  score(pairs: readonly Pick<TextPair, "a" | "b">[]): Promise<Float32Array>;
  /** Frees the program, and the embedder unless it was given. */
  dispose(): Promise<void>;
}

/** Scores pairs with the model's current parameters. An embedder of its own does not remember, so it follows a training. */
export function createPairScorer(
  model: FewShotModel,
  executor: Executor,
  options: Pick<PairOptions, "embedder"> = {},
): PairScorer {
  const embedder = options.embedder ?? createEmbedder(model, executor);
  const program = executor.program(
    (inputs) => {
      const { vectors, a, b } = inputs as Record<"vectors" | "a" | "b", tf.Tensor>;
      const [first, second] = [tf.gather(vectors, a as tf.Tensor1D), tf.gather(vectors, b as tf.Tensor1D)];
      return { scores: model.head.pairScores(inputs, first, second) };
    },
    { symbols: { vectors: ["S", 0], a: ["R"], b: ["R"] } },
  );
  return {
    async score(pairs) {
      const { texts, a, b } = indexedPairs(pairs);
      const vectors = await embedder.embed(texts);
      const n = [pairs.length];
      const { scores } = await program.run({ ...model.headParams, vectors, a: int32(a, n), b: int32(b, n) });
      return (scores as FloatTensor).data;
    },
    async dispose() {
      await program.dispose();
      if (!options.embedder) await embedder.dispose();
    },
  };
}

/** Scores of R pairs with the model's head: higher is more alike. */
export async function pairScores(
  model: FewShotModel,
  pairs: readonly Pick<TextPair, "a" | "b">[],
  executor: Executor,
  options: Pick<PairOptions, "embedder"> = {},
): Promise<Float32Array> {
  const scorer = createPairScorer(model, executor, options);
  try {
    return await scorer.score(pairs);
  } finally {
    await scorer.dispose();
  }
}

/** AUROC of a part's pairs, and accuracy with the threshold that is best on dev pairs. */
export async function evaluatePairs(
  model: FewShotModel,
  set: PairSet,
  executor: Executor,
  options: PairOptions = {},
): Promise<PairEvaluation> {
  const { part = set.pairs.every((p) => p.part === "all") ? "all" : "test" } = options;
  const pairs = pairsOf(set, part, "scoring pairs");
  const dev = part === "dev" ? [] : set.pairs.filter((p) => p.part === "dev");
  const scorer = createPairScorer(model, executor, options);
  try {
    const scores = await scorer.score(pairs);
    const items = pairs.map((p, i) => ({ score: scores[i] as number, known: p.same }));
    const result = {
      ...{ part, pairs: pairs.length, same: pairs.filter((p) => p.same).length / pairs.length },
      ...{ auroc: auroc(items), items },
    };
    if (!dev.length) return result;
    const devScores = await scorer.score(dev);
    const threshold = bestPairThreshold(dev.map((p, i) => ({ score: devScores[i] as number, same: p.same })));
    const right = items.map(({ score, known }) => (score >= threshold === known ? 1 : 0));
    const { mean, ci95 } = estimate(right);
    return { ...result, accuracy: mean, ci95, threshold, right };
  } finally {
    await scorer.dispose();
  }
}

/** The threshold with most right answers, at or above it "same"; the highest of equals. To be chosen on dev pairs only. */
export function bestPairThreshold(pairs: readonly { readonly score: number; readonly same: boolean }[]): number {
  const sorted = [...pairs].sort((a, b) => b.score - a.score);
  let right = sorted.filter((p) => !p.same).length; // with everything "different"
  let [best, at] = [right, Number.POSITIVE_INFINITY];
  sorted.forEach(({ score, same }, i) => {
    right += same ? 1 : -1;
    const next = sorted[i + 1]?.score;
    if (next === score || right <= best) return; // a threshold cannot part equal scores
    best = right;
    at = next === undefined ? score : (score + next) / 2;
  });
  return at;
}
