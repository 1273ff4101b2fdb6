/** Trains a model on sentence pairs: two texts and whether they mean the same. */
import { InputError } from "../core/errors.ts";
import { random, shuffled } from "../core/random.ts";
import type { PairSet } from "../data/types.ts";
import { indexedPairs } from "../episodes/indexed.ts";
import type { Pair, TextPool } from "../episodes/types.ts";
import { auroc } from "../evaluate/open-set.ts";
import { createPairScorer, pairsOf } from "../evaluate/pairs.ts";
import { gradientName } from "../executor/gradients.ts";
import type { Executor } from "../executor/types.ts";
import { batchSymbols, dropoutNames, dropoutSymbols } from "../model/inputs.ts";
import { allParams, type FewShotModel } from "../model/model.ts";
import { EMBEDDING_TABLES, pairBatch, pairLoss } from "../model/objective.ts";
import { train } from "../train/trainer.ts";
import type { Metrics, TrainOptions, TrainResult } from "../train/types.ts";
import { fingerprint } from "./tasks.ts";

export interface PairTrainOptions extends Partial<Omit<TrainOptions, "settings" | "selectBy">> {
  /** Pairs in a step. Default 32. */
  pairsPerStep?: number;
  /** Whether to drop out, at the rates of the encoder's configuration. Default true. */
  dropout?: boolean;
}

/**
 * Trains in place on the set's train pairs, in a new order each epoch; with dev pairs the step with the highest AUROC on
 * them is kept (it stands in the log as `accuracy`). The head must score pairs: a siamese network. Defaults as trainModel:
 * 500 steps, AdamW 5e-5.
 */
export async function trainOnPairs(
  model: FewShotModel,
  set: PairSet,
  executor: Executor,
  options: PairTrainOptions = {},
): Promise<TrainResult> {
  const { pairsPerStep = 32, dropout = true, steps = 500, lr = 5e-5, seed = 1, ...rest } = options;
  if (model.head.trainsOn !== "pairs")
    throw new InputError(`training on pairs: the head is ${model.settings.head.head}, wanted siamese`);
  const given = pairsOf(set, "train", "training on pairs");
  if (!(Number.isInteger(pairsPerStep) && pairsPerStep >= 1 && pairsPerStep <= given.length)) {
    throw new InputError(
      `training on pairs: pairsPerStep is ${pairsPerStep}, wanted a whole number from 1 to the ${given.length} train pairs`,
    );
  }
  const dev = set.pairs.filter((p) => p.part === "dev");
  const { texts, a, b } = indexedPairs(given);
  const pool: TextPool = { classes: [], members: [], texts };
  const pairs = given.map(({ same }, i): Pair => ({ a: a[i] as number, b: b[i] as number, same }));
  const rng = random(seed).stream("pairs");
  const perEpoch = Math.floor(pairs.length / pairsPerStep);
  const batch = (step: number) => {
    const order = shuffled(pairs, rng.stream(`epoch ${Math.floor(step / perEpoch)}`));
    const from = (step % perEpoch) * pairsPerStep;
    const masks = dropout ? rng.stream(`step ${step}`) : undefined;
    return pairBatch(model, pool, order.slice(from, from + pairsPerStep), masks);
  };
  const scorer = createPairScorer(model, executor);
  const evaluate = async (): Promise<Metrics> => {
    const scores = await scorer.score(dev);
    const items = dev.map((p, i) => ({ score: scores[i] as number, known: p.same }));
    const area = auroc(items);
    return { loss: 1 - area, accuracy: area };
  };
  const first = batch(0);
  const objective = {
    params: allParams(model),
    unused: "skip" as const, // the pooler, and layers above the pooled one
    masks: dropoutNames(first),
    fn: pairLoss(model),
    options: {
      symbols: { ...batchSymbols(0), ...dropoutSymbols(first, 0) },
      sparse: EMBEDDING_TABLES.map(gradientName),
    },
    batch,
    ...(dev.length && { evaluate }),
  };
  const settings = {
    model: model.settings,
    encoder: model.encoder.config,
    pairs: fingerprint(set.pairs),
    pairsPerStep,
    dropout,
  };
  try {
    return await train(objective, executor, { ...rest, steps, lr, seed, selectBy: "accuracy", settings });
  } finally {
    await scorer.dispose();
  }
}
