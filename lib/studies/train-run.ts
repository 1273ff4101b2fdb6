/** One training as an experiment: train, choose the threshold for "other" on dev classes, save the model and its record. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import { datasetHash } from "../data/hash.ts";
import { classNames } from "../data/parts.ts";
import type { IntentSet } from "../data/types.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Executor } from "../executor/types.ts";
import { type FewShotModel, saveModel } from "../model/model.ts";
import { environment } from "../results/environment.ts";
import { plain, planOf } from "../train/settings.ts";
import type { TrainResult } from "../train/types.ts";
import { trainModel } from "./fit.ts";
import { type FitOptions, fitPlan } from "./fit-options.ts";
import { RECORD_FILE } from "./record.ts";

const CHECKPOINT_FILE = "checkpoint.safetensors";

export interface TrainRun {
  readonly result: TrainResult;
  /** Scores below it are "other"; absent where dev classes cannot tell. */
  readonly otherThreshold?: number;
}

/**
 * Trains `model` in place and writes to `out`: the model (loads as a BERT everywhere), fewshot.json, run.json with
 * settings, classes and environment, log.jsonl, and checkpoint.safetensors. An interrupted run leaves the checkpoint.
 */
export async function trainRun(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  options: FitOptions & { out: string; protocol?: string | undefined },
): Promise<TrainRun> {
  const { out, protocol, ...fitOptions } = options;
  await refuseOtherModel(out);
  const result = await trainModel(model, set, executor, { ...fitOptions, out });
  if (result.status === "interrupted") return { result };
  const otherThreshold = await thresholdOnDev(model, set, executor, options);
  const record = {
    settings: settingsOf(model, fitOptions, protocol),
    encoder: model.encoder.source,
    executor: executor.name,
    data: {
      name: set.name,
      source: set.source,
      split: set.split,
      hash: datasetHash(set),
      classes: classNames(set),
      warnings: set.warnings,
    },
    result: { status: result.status, step: result.step, best: result.best, seconds: result.seconds },
    otherThreshold,
    environment: environment(),
  };
  await saveModel(out, model, { otherThreshold, trainedOn: { data: set.name, split: set.split } });
  await writeAtomic(join(out, RECORD_FILE), `${JSON.stringify(plain(record), null, 2)}\n`);
  return otherThreshold === undefined ? { result } : { result, otherThreshold };
}

/** A folder with a model but no checkpoint is not the folder of a stopped run: its model would be lost. */
async function refuseOtherModel(out: string): Promise<void> {
  const found = ["config.json", "model.safetensors"].find((name) => existsSync(join(out, name)));
  if (found === undefined || existsSync(join(out, CHECKPOINT_FILE))) return;
  throw new InputError(`${join(out, found)}: a model is already there; train into another folder`);
}

/** Every setting, defaults included, so that the record alone says how to train the same again. */
function settingsOf(model: FewShotModel, options: FitOptions, protocol: string | undefined): Record<string, unknown> {
  const plan = fitPlan(model, options);
  const { settings: _, optimizer, ...trainer } = planOf({ ...options, ...plan });
  return { ...model.settings, ...plan, ...trainer, optimizer, protocol };
}

/**
 * The threshold for "other" that is best on dev classes, or undefined where they cannot tell. Other queries as many as
 * known ones, so that neither side decides alone.
 */
export async function thresholdOnDev(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  options: FitOptions,
): Promise<number | undefined> {
  const { nWay = 5, nShot = 5, nQuery = 5 } = options;
  if (!Object.keys(set.dev).length) return undefined;
  try {
    // Scored as a part of its own: its threshold is what `rejection` would use on test classes.
    const { thresholds } = await evaluate(model, set, executor, {
      part: "dev",
      nWay,
      nShot,
      nQuery,
      nOther: nWay * nQuery,
      episodes: 200,
      seed: String(options.seed ?? 1),
      ...(options.otherFrom && { otherFrom: options.otherFrom }),
    });
    return thresholds?.other;
  } catch (error) {
    if (error instanceof InputError) return undefined; // too few dev classes for an open set
    throw error;
  }
}
