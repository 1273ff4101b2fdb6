/** The learning rate over the steps, as a factor: linear warm-up, then a linear fall or none. */
import { InputError } from "../core/errors.ts";

/**
 * With s the step (from 0), w the steps of warm-up and n all steps, the factor is s / w while s < w, then
 * - "linear": (n - s) / (n - w), as transformers.get_linear_schedule_with_warmup;
 * - "bert": 1 - s / n, as google-research/bert, which falls on the line from step 0 and so drops by w / n after the
 *   warm-up;
 * - "constant": 1.
 *
 * With a warm-up the first step (s = 0) has the factor 0 and changes nothing, as in both. The last one (s = n - 1) still
 * has 1 / (n - w) or 1 / n: 0 would come at step n, which is not taken.
 */
export type ScheduleName = "linear" | "bert" | "constant";

/** The factor of each step, from 0. `warmup` below 1 is a share of the steps, cut to whole ones. */
export function schedule(name: ScheduleName, steps: number, warmup: number): (step: number) => number {
  const w = warmupSteps(steps, warmup);
  if (name === "constant") return (s) => (s < w ? s / w : 1);
  if (name === "bert") return (s) => (s < w ? s / w : Math.max(0, 1 - s / steps));
  if (name === "linear") return (s) => (s < w ? s / w : Math.max(0, (steps - s) / Math.max(1, steps - w)));
  throw new InputError(`schedule '${String(name)}' is not known; there are linear, bert and constant`);
}

function warmupSteps(steps: number, warmup: number): number {
  if (!(warmup >= 0) || (warmup >= 1 && !Number.isInteger(warmup))) {
    throw new InputError(`warmup is ${warmup}; wanted a share below 1 or a whole number of steps`);
  }
  return warmup < 1 ? Math.floor(steps * warmup) : warmup;
}
