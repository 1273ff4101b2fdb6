/** Published ways to draw episodes and to count them in training and evaluation, as plain data. */
import type { EpisodeShape } from "./types.ts";

/** What a protocol says about episodes; learning rates, losses and encoders belong to the heads and the training. */
export interface EpisodeProtocol {
  /** Where the numbers stand. */
  readonly source: string;
  /** The main shape. */
  readonly shape: EpisodeShape;
  /** Values of N that are reported, the main one first. */
  readonly ways: readonly number[];
  /** Values of K that are reported, the main one first. */
  readonly shots: readonly number[];
  /** Names of the class splits; empty where it comes with none. */
  readonly splits: readonly string[];
  /** Seeds of the runs on each split; empty where it sets none. */
  readonly seeds: readonly number[];
  /** Tokens of a sentence with [CLS] and [SEP]. */
  readonly maxTokens: number;
  /** What is done to a text before it is tokenized: nothing, or `seedText`. */
  readonly text: "as is" | "seed";
  /** Episodes in a training step. */
  readonly episodesPerStep: number;
  /** Training steps at most. */
  readonly steps: number;
  /** Steps between evaluations on dev. */
  readonly evaluateEvery: number;
  /** The first step with an evaluation. */
  readonly evaluateFrom: number;
  /** Episodes of an evaluation. */
  readonly evaluationEpisodes: number;
  /** Evaluations without a better one after which training ends; null: it does not end early. */
  readonly patience: number | null;
  /** What the step to report is chosen by, on dev classes. */
  readonly selectBy: "accuracy" | "loss";
}

export type ProtocolName = "seed" | "fewshottext" | "protaugment";

/** Protocols by name. */
export const PROTOCOLS: Readonly<Record<ProtocolName, EpisodeProtocol>> = {
  seed: {
    source: "YC-wind/bert_few_shot_learning at 99cd5bb; the matching network stopped at step 38,766",
    shape: { nWay: 5, nShot: 3, nQuery: 2, nOther: 2 },
    ways: [5],
    shots: [3],
    splits: [],
    seeds: [],
    maxTokens: 32,
    text: "seed",
    episodesPerStep: 3,
    steps: 50_000,
    evaluateEvery: 500,
    evaluateFrom: 1_000,
    evaluationEpisodes: 300, // 100 batches of 3
    patience: null,
    selectBy: "loss",
  },
  fewshottext: {
    source: "tdopierre/FewShotText at 10683b9, utils/scripts/runner.sh (Dopierre et al. 2021, arXiv 2101.12073)",
    shape: { nWay: 5, nShot: 5, nQuery: 5, nOther: 0 },
    ways: [5, 2, 3, 4],
    shots: [5],
    splits: ["fewshottext"],
    seeds: [1, 2, 3, 4, 5],
    maxTokens: 64,
    text: "as is",
    episodesPerStep: 1,
    steps: 10_000,
    evaluateEvery: 100,
    evaluateFrom: 100,
    evaluationEpisodes: 600,
    patience: 25,
    selectBy: "accuracy",
  },
  protaugment: {
    source: "tdopierre/ProtAugment at 4233bba (Dopierre et al. 2021, arXiv 2105.12995)",
    shape: { nWay: 5, nShot: 5, nQuery: 5, nOther: 0 },
    ways: [5],
    shots: [5, 1],
    splits: ["01", "02", "03", "04", "05"],
    seeds: [42],
    maxTokens: 64,
    text: "as is",
    episodesPerStep: 1,
    steps: 10_000,
    evaluateEvery: 100,
    evaluateFrom: 100,
    evaluationEpisodes: 600,
    patience: 20,
    selectBy: "accuracy",
  },
};
