/** A training as the first part of a study's task: it goes on where it stopped, and what follows scores the model. */
import type { IntentSet } from "../data/types.ts";
import type { Executor } from "../executor/types.ts";
import { type Embedder, withEmbedder } from "../model/embed.ts";
import type { FewShotModel } from "../model/model.ts";
import type { TrainResult } from "../train/types.ts";
import { everySteps, type FitOptions } from "./fit-options.ts";
import { Stopped, type Task } from "./tasks.ts";
import { trainRun } from "./train-run.ts";

/** How a study trains a head. */
export interface HeadTraining {
  readonly steps: number;
  readonly lr: number;
  readonly nShot: number;
  /** Default: those of trainModel. */
  readonly nWay?: number;
  readonly nQuery?: number;
  /** Evaluations on dev classes in all. Default 5. */
  readonly evaluations?: number;
  readonly devEpisodes?: number;
}

/** The same as options of trainModel. */
export function fitOptionsOf({ evaluations = 5, ...how }: HeadTraining) {
  return { ...how, evaluateEvery: everySteps(how.steps, evaluations) };
}

export interface TrainTaskOptions extends FitOptions {
  /** Folder of the run. */
  out: string;
  steps: number;
  /** Share of the task that the training is, in [0, 1]. */
  share: number;
  report: Parameters<Task["run"]>[0];
}

/**
 * Trains the model in place, keeping the best accuracy on dev classes, and gives `score` an embedder that remembers, with
 * the training's result. Throws Stopped where the signal came first.
 */
export async function trainThenScore<T>(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  options: TrainTaskOptions,
  score: (embedder: Embedder, result: TrainResult) => Promise<T>,
): Promise<T> {
  const { report, share, ...fitOptions } = options;
  const { steps } = options;
  const { result } = await trainRun(model, set, executor, {
    ...fitOptions,
    resume: true,
    selectBy: "accuracy",
    progress: { quiet: true },
    onStep: ({ step, loss }) => report((share * step) / steps, `step ${step} of ${steps}, loss ${loss.toFixed(3)}`),
  });
  if (result.status === "interrupted") throw new Stopped();
  report(share, "scoring");
  return withEmbedder(model, executor, { remember: true }, (embedder) => score(embedder, result));
}
