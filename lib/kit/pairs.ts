/** Sentence pairs in one call each: drawing them from intents, training on them, scoring them, and seeing them in a table. */
import { random } from "../core/random.ts";
import type { IntentSet, PairSet, Part, TextPair } from "../data/types.ts";
import { type PairOptions as DrawOptions, samplePairs } from "../episodes/pairs.ts";
import { poolOf } from "../episodes/pool.ts";
import {
  evaluatePairs as evaluateOn,
  type PairEvaluation,
  type PairOptions,
  pairScores as scoresOn,
} from "../evaluate/pairs.ts";
import { executorOf } from "../executor/device.ts";
import type { Executor } from "../executor/types.ts";
import type { FewShotModel } from "../model/model.ts";
import type { TextTable } from "../plots/tables.ts";
import { type PairTrainOptions, trainOnPairs as trainInPlace } from "../studies/pairs.ts";
import type { TrainResult } from "../train/types.ts";
import { withCellProgress } from "./live.ts";
import { copyModel } from "./networks.ts";
import type { On } from "./use.ts";

export interface IntentPairsOptions extends Partial<DrawOptions> {
  /** Classes they are drawn from. Default "train". */
  part?: Part;
  /** Default 1. */
  seed?: number;
}

/** Pairs of texts of intents, `same` where both are of one class; 10 unless told otherwise. Errors as samplePairs. */
export function intentPairs(set: IntentSet, options: IntentPairsOptions = {}): TextPair[] {
  const { part = "train", seed = 1, pairs = 10, ...rest } = options;
  const pool = poolOf(set[part]);
  const drawn = samplePairs(pool, { pairs, ...rest }, random(seed).stream("pairs"));
  return drawn.map(({ a, b, same }) => ({ a: pool.texts[a] as string, b: pool.texts[b] as string, same, part }));
}

/** A finished training on sentence pairs. */
export interface PairRun {
  /** The trained model; the one that was given is as it was. */
  readonly model: FewShotModel;
  readonly set: PairSet;
  readonly executor: Executor;
  /** Steps, evaluations (their `accuracy` is the AUROC on dev pairs), and the best one. */
  readonly result: TrainResult;
}

/** Trains a copy of a siamese model on the set's train pairs. Options, what is kept and errors as `trainOnPairs` of studies. */
export async function trainOnPairs(
  model: FewShotModel,
  set: PairSet,
  options: PairTrainOptions & On = {},
): Promise<PairRun> {
  const { executor: given, device, ...settings } = withCellProgress(options);
  const executor = await executorOf({ executor: given, device });
  const trained = copyModel(model);
  return { model: trained, set, executor, result: await trainInPlace(trained, set, executor, settings) };
}

/** AUROC and accuracy on a set's test pairs, of a model or a run. Options and errors as PairOptions. */
export async function evaluatePairs(
  subject: FewShotModel | ModelAndExecutor,
  set: PairSet,
  options: PairOptions & On = {},
): Promise<PairEvaluation> {
  const { model, executor, rest } = await parted(subject, options);
  return evaluateOn(model, set, executor, rest);
}

/** Scores of R pairs, of a model or a run: higher is more alike. */
export async function pairScores(
  subject: FewShotModel | ModelAndExecutor,
  pairs: readonly Pick<TextPair, "a" | "b">[],
  options: Pick<PairOptions, "embedder"> & On = {},
): Promise<Float32Array> {
  const { model, executor, rest } = await parted(subject, options);
  return scoresOn(model, pairs, executor, rest);
}

/** A run of `train` or `trainOnPairs`. */
type ModelAndExecutor = Pick<PairRun, "model" | "executor">;

async function parted<Options extends On>(subject: FewShotModel | ModelAndExecutor, options: Options) {
  const run = "model" in subject ? subject : { model: subject, executor: undefined };
  const { executor, device, ...rest } = options;
  return { model: run.model, executor: await executorOf({ executor, device }, run.executor), rest };
}

/** A line for each pair, with a column for each list of scores, by name. */
export function pairTable(
  pairs: readonly Pick<TextPair, "a" | "b" | "same">[],
  scores: Readonly<Record<string, ArrayLike<number>>> = {},
): TextTable {
  const columns = Object.entries(scores);
  return {
    header: ["text", "text", "same class", ...columns.map(([name]) => name)],
    lines: pairs.map(({ a, b, same }, i) => [
      ...[a, b, same ? "yes" : "no"],
      ...columns.map(([, values]) => (values[i] as number).toFixed(2)),
    ]),
  };
}
