/** Training in one call: a model of its own, its curves, and the threshold that says "other". */
import type { IntentSet } from "../data/types.ts";
import { executorOf, type Where } from "../executor/device.ts";
import type { Executor } from "../executor/types.ts";
import type { FewShotModel } from "../model/model.ts";
import { type TrainingCurvesOptions, trainingCurves } from "../plots/curves.ts";
import type { Figure } from "../plots/figure.ts";
import { type FitOptions, trainModel } from "../studies/fit.ts";
import { thresholdOnDev, trainRun } from "../studies/train-run.ts";
import type { TrainResult } from "../train/types.ts";
import { withCellProgress } from "./live.ts";
import { copyModel } from "./networks.ts";

/** A training, and where it runs. */
export interface KitTrainOptions extends FitOptions, Where {}

/** A finished training. */
export interface Run {
  /** The trained model; the one that was given is as it was. */
  readonly model: FewShotModel;
  readonly set: IntentSet;
  readonly executor: Executor;
  /** Steps, evaluations, the best one, and the time it took. */
  readonly result: TrainResult;
  /** Scores below it are "other", chosen on dev classes; absent where these cannot tell. */
  readonly otherThreshold?: number;
  /** Loss and accuracy over the steps, on training and on dev. */
  curves(options?: TrainingCurvesOptions & { name?: string }): Figure;
}

/**
 * Trains a copy of the model on the set's train classes and keeps the best step on its dev classes. With `out` the model,
 * its record and its log are written there (`loadModel` and every loader of BERT read it). Errors as `trainModel`.
 */
export async function train(model: FewShotModel, set: IntentSet, options: KitTrainOptions = {}): Promise<Run> {
  const { executor: given, device, out, ...rest } = withCellProgress(options);
  const executor = await executorOf({ executor: given, device });
  const trained = copyModel(model);
  const { result, otherThreshold } =
    out === undefined
      ? await inMemory(trained, set, executor, rest)
      : await trainRun(trained, set, executor, { ...rest, out });
  return {
    model: trained,
    set,
    executor,
    result,
    ...(otherThreshold !== undefined && { otherThreshold }),
    curves: ({ name = model.settings.head.head, ...look } = {}) =>
      trainingCurves([{ name, lines: result.history }], { selectBy: options.selectBy ?? "accuracy", ...look }),
  };
}

async function inMemory(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  options: FitOptions,
): Promise<{ result: TrainResult; otherThreshold?: number | undefined }> {
  const result = await trainModel(model, set, executor, options);
  if (result.status === "interrupted") return { result };
  return { result, otherThreshold: await thresholdOnDev(model, set, executor, options) };
}

/** The curves of several runs in one figure, by name. */
export function compareCurves(runs: Readonly<Record<string, Run>>, options: TrainingCurvesOptions = {}): Figure {
  const logged = Object.entries(runs).map(([name, { result }]) => ({ name, lines: result.history }));
  return trainingCurves(logged, { selectBy: "accuracy", ...options });
}
