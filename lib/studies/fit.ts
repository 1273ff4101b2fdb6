/** Trains a few-shot model on a data set's train classes, choosing the best step on its dev classes. */
import { random } from "../core/random.ts";
import type { Tensors } from "../core/tensor.ts";
import { datasetHash } from "../data/hash.ts";
import { checkDisjoint } from "../data/parts.ts";
import type { IntentSet } from "../data/types.ts";
import { samplePairs } from "../episodes/pairs.ts";
import { episodeSampler } from "../episodes/sample.ts";
import type { EpisodeShape } from "../episodes/types.ts";
import { poolOfPart } from "../evaluate/pool.ts";
import { gradientName } from "../executor/gradients.ts";
import type { Executor } from "../executor/types.ts";
import { batchSymbols, dropoutNames, dropoutSymbols } from "../model/inputs.ts";
import { microBatched } from "../model/micro-batch.ts";
import { type FewShotModel, splitParams } from "../model/model.ts";
import {
  EMBEDDING_TABLES,
  episodeBatch,
  episodeVectorLoss,
  lossOf,
  pairBatch,
  pairVectorLoss,
} from "../model/objective.ts";
import { train } from "../train/trainer.ts";
import type { Objective, TrainResult } from "../train/types.ts";
import { devEvaluation } from "./dev.ts";
import { type FitOptions, fitPlan } from "./fit-options.ts";

export type { FitOptions } from "./fit-options.ts";

/** Trains in place: when it returns, the model's parameters are those of the best step, or the last without dev classes. */
export async function trainModel(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  options: FitOptions = {},
): Promise<TrainResult> {
  const plan = fitPlan(model, options);
  const { nWay, nShot, nQuery, nOther, otherFrom, devEpisodes, dropout, seed } = plan;
  const shape: EpisodeShape = { nWay, nShot, nQuery, nOther };
  checkDisjoint(set);
  const pool = poolOfPart(set, "train", shape, "training", otherFrom);
  const rng = random(seed);
  const { trained, still } = splitParams(model, plan.freeze);

  const draw = episodeSampler(pool, shape, { otherFrom });
  const batch = (step: number): Tensors => {
    const stream = rng.stream(`step ${step}`);
    const masks = dropout ? stream.stream("dropout") : undefined;
    if (plan.trainsOn === "pairs") {
      const { pairsPerStep: pairs, positiveShare } = plan;
      const drawn = samplePairs(pool, { pairs, positiveShare }, stream.stream("pairs"));
      return pairBatch(model, pool, drawn, masks);
    }
    const episodes = Array.from({ length: plan.episodesPerStep }, (_, i) => draw(stream.stream(`episode ${i}`)));
    return episodeBatch(model, pool, episodes, masks);
  };
  const first = batch(0);
  const loss = plan.trainsOn === "pairs" ? pairVectorLoss(model) : episodeVectorLoss(model, shape);
  const { microBatch } = options;
  const dev = Object.keys(set.dev).length
    ? devEvaluation(model, set, executor, { shape, count: devEpisodes, otherFrom, seed })
    : undefined;
  const objective: Objective = {
    params: trained,
    constants: still,
    unused: "skip", // the pooler, and layers above the pooled one
    masks: dropoutNames(first),
    fn: lossOf(model, loss),
    ...(microBatch !== undefined && {
      program: (on: Executor) =>
        microBatched(model, loss, on, { sentences: microBatch, trained: Object.keys(trained) }),
    }),
    options: {
      symbols: { ...batchSymbols(0), ...dropoutSymbols(first, 0) },
      sparse: EMBEDDING_TABLES.map(gradientName),
    },
    batch,
    ...(dev && { evaluate: dev.evaluate }),
  };
  const { steps, lr, evaluateEvery, selectBy, ...ours } = plan;
  const settings = {
    model: model.settings,
    encoder: model.encoder.config,
    data: { split: set.split, hash: datasetHash(set) }, // not its name: a path may be written in two ways
    executor: executor.name,
    ...ours,
  };
  try {
    return await train(objective, executor, { ...options, steps, lr, evaluateEvery, selectBy, seed, settings });
  } finally {
    await dev?.dispose();
  }
}
