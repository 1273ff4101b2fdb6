/** The training loop: steps, evaluations, checkpoints, early stopping. */
import type { Executor } from "../executor/types.ts";
import { openFolder, type RunFolder } from "./folder.ts";
import { report } from "./report.ts";
import { schedule } from "./schedule.ts";
import { copyParams, selection } from "./selection.ts";
import { planOf, settingsOf } from "./settings.ts";
import { createStepper } from "./stepper.ts";
import type { Objective, TrainOptions, TrainResult } from "./types.ts";

export type { Best, DevLine, Metrics, Objective, StepLine, TrainOptions, TrainResult } from "./types.ts";

/** Training cannot go on: loss or gradients are not finite. The parameters are as they were before the step. */
export class TrainingError extends Error {
  override name = "TrainingError";
  constructor(
    /** The step at fault, counted from 1 as in the log. */
    readonly step: number,
    fault: string,
    /** The last checkpoint of the run. Undefined where none was saved. */
    readonly checkpoint: RunFolder["saved"],
  ) {
    const last = checkpoint
      ? `the last good checkpoint is ${checkpoint.file}, of step ${checkpoint.step}`
      : "no checkpoint was saved";
    super(`training: step ${step}: ${fault}; ${last}`);
  }
}

/**
 * Trains the objective's parameters in place. At the end they are those of the best evaluation, or the last ones where
 * there was none; the checkpoint keeps both. A run that is killed at any moment and resumed ends with the same bits.
 * Throws InputError for options that make no sense or do not fit the checkpoint, and TrainingError at a loss or a
 * gradient that is not finite.
 */
export async function train(objective: Objective, executor: Executor, options: TrainOptions): Promise<TrainResult> {
  const began = performance.now();
  const plan = planOf(options);
  const { params } = objective;
  const { steps, evaluateEvery, evaluateFrom, checkpointEvery, patience, clip } = plan;
  const { signal, onBest } = options;
  const factor = schedule(plan.schedule, steps, plan.warmup);
  const selected = selection(params, plan.selectBy);
  const settings = settingsOf(objective, plan);
  const open = async () => {
    // In a function of its own, so that the checkpoint's arrays are free once they are copied.
    const { folder, checkpoint } = await openFolder(options.out, options.resume ?? false, objective, settings);
    if (checkpoint) {
      copyParams(checkpoint.params, params);
      selected.restore(checkpoint.best, checkpoint.waited, checkpoint.bestParams);
    }
    const stepper = createStepper(objective, executor, plan.optimizer, checkpoint?.optimizer);
    return { folder, stepper, done: checkpoint?.step ?? 0, spent: checkpoint?.seconds ?? 0 };
  };
  const { folder, stepper, done, spent } = await open();
  const { log } = folder;
  let step = done;
  const screen = report(options.progress, steps, step);

  const seconds = (): number => spent + (performance.now() - began) / 1000;
  const status = (): TrainResult["status"] | undefined => {
    if (step === steps) return "done";
    if (selected.waited >= patience) return "stopped early";
    return signal?.aborted ? "interrupted" : undefined;
  };
  const update = async (): Promise<void> => {
    const start = performance.now();
    const lr = plan.lr * factor(step);
    const { scalars, gradNorm, fault } = await stepper.step(await objective.batch(step), { lr, clip });
    if (fault !== undefined) throw new TrainingError(step + 1, fault, folder.saved);
    step++;
    const taken = Number(((performance.now() - start) / 1000).toFixed(4));
    const line = { ...scalars, step, lr, gradNorm, seconds: taken };
    await log.append(line);
    screen.step(step, scalars);
    options.onStep?.(line);
  };
  const evaluate = async (): Promise<void> => {
    await stepper.sync();
    const metrics = await objective.evaluate?.();
    if (!metrics) return;
    const better = selected.take(step, metrics);
    await log.append({ step, dev: metrics });
    screen.dev(step, metrics, better);
    if (better) await onBest?.(params, step, metrics);
  };
  const save = async (): Promise<void> => {
    await stepper.sync();
    const { best, waited, params: bestParams } = selected;
    const state = { step, seconds: seconds(), best, waited, settings };
    await folder.save({ ...state, params, bestParams, optimizer: await stepper.state() });
  };

  try {
    // The checkpoint comes last in a step: it knows of the step's evaluation, and what came after it is done again.
    while (!status()) {
      await update();
      if ((step % evaluateEvery === 0 && step >= evaluateFrom) || step === steps) await evaluate();
      if (step % checkpointEvery === 0 || status()) await save();
    }
  } finally {
    screen.end();
    await log.close();
    await stepper.dispose();
  }
  if (selected.params) copyParams(selected.params, params);
  const { best } = selected;
  const end = status() as TrainResult["status"];
  return { status: end, step, ...(best ? { best } : {}), history: log.lines, seconds: seconds() };
}
