/** How a few-shot model is trained: the options of `trainModel` with their defaults, checked. */
import { InputError } from "../core/errors.ts";
import type { EpisodeShape, OtherFrom } from "../episodes/types.ts";
import type { FewShotModel } from "../model/model.ts";
import type { TrainOptions } from "../train/types.ts";

type Defaulted = "steps" | "lr" | "evaluateEvery" | "selectBy" | "seed";

export interface FitOptions extends Partial<EpisodeShape>, Omit<TrainOptions, Defaulted | "settings"> {
  /** Updates in all. Default 500. */
  steps?: number;
  /** The learning rate, which the schedule's factor multiplies. Default 5e-5. */
  lr?: number;
  /** Steps from one evaluation on dev classes to the next. The last step is always followed by one. Default a tenth of `steps`. */
  evaluateEvery?: number;
  /** Which dev metric decides what is best. Default "accuracy". */
  selectBy?: "loss" | "accuracy";
  /** Fixes episodes, pairs and dropout. Default 1. */
  seed?: number | string;
  /** Episodes whose losses are averaged in one step. Default 1. */
  episodesPerStep?: number;
  /** Pairs in a step of a siamese network. Default: as many texts as the episodes of a step would hold. */
  pairsPerStep?: number;
  /** Share of pairs of the same class. Default 0.5. */
  positiveShare?: number;
  /** Whether to drop out, at the rates of the encoder's configuration. Default true. */
  dropout?: boolean;
  /**
   * Layers from below that stay as they are, and the embeddings with them (0: those alone): they need no backward pass.
   * Default: everything is trained.
   */
  freeze?: number;
  /**
   * Sentences that go through the encoder at a time, about: a step that would not fit into memory is done in parts, with
   * equal gradients and a third more work. Default: all at once.
   */
  microBatch?: number;
  /** Episodes of an evaluation on dev. Default 100. */
  devEpisodes?: number;
  /** Where other queries come from. Default "classes". */
  otherFrom?: OtherFrom;
}

/** The options that every training has, with the defaults in place. */
export type FitPlan = EpisodeShape &
  Required<Pick<FitOptions, Defaulted | "otherFrom" | "dropout" | "devEpisodes">> &
  Readonly<Pick<FitOptions, "freeze">> &
  (
    | { readonly trainsOn: "episodes"; readonly episodesPerStep: number }
    | { readonly trainsOn: "pairs"; readonly pairsPerStep: number; readonly positiveShare: number }
  );

/** Steps from one evaluation to the next for so many of them in all. */
export function everySteps(steps: number, evaluations: number): number {
  return Math.max(1, Math.round(steps / evaluations));
}

/** Puts the defaults in place. Throws an InputError for a number that cannot be; the trainer checks its own options. */
export function fitPlan(model: FewShotModel, options: FitOptions): FitPlan {
  const { nWay = 5, nShot = 5, nQuery = 5, nOther = 0, otherFrom = "classes" } = options;
  const { episodesPerStep = 1, devEpisodes = 100, dropout = true, positiveShare = 0.5 } = options;
  const { steps = 500, lr = 5e-5, selectBy = "accuracy", seed = 1 } = options;
  const { evaluateEvery = everySteps(steps, 10) } = options;
  const texts = episodesPerStep * (nWay * (nShot + nQuery) + nOther);
  const { pairsPerStep = Math.max(1, Math.floor(texts / 2)) } = options;
  const { microBatch = 1 } = options; // checked alone: it does not change what is learned
  for (const [name, value] of Object.entries({ episodesPerStep, pairsPerStep, devEpisodes, microBatch })) {
    if (!(Number.isInteger(value) && value >= 1)) {
      throw new InputError(`training: ${name} is ${value}, wanted a whole number from 1`);
    }
  }
  const { trainsOn } = model.head;
  return {
    ...{ nWay, nShot, nQuery, nOther, otherFrom, dropout, devEpisodes },
    ...{ steps, lr, evaluateEvery, selectBy, seed },
    ...(options.freeze !== undefined && { freeze: options.freeze }),
    ...(trainsOn === "pairs" ? { trainsOn, pairsPerStep, positiveShare } : { trainsOn, episodesPerStep }),
  };
}
