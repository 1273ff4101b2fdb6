/** Smoothing of noisy series, such as the losses of single steps. */
import { InputError } from "../core/errors.ts";

/** `exponential`: the share the past keeps, in [0, 1). `window`: how many of the last values are averaged, from 1. */
export type Smoothing = { readonly exponential: number } | { readonly window: number };

/**
 * A smoothed copy. Exponential: s_t = b s_(t-1) + (1 - b) y_t, divided by 1 - b^t so that the start is not drawn to
 * zero (Kingma and Ba 2015, section 3). Window: the mean of the last values, of fewer at the start. A NaN in `values`
 * stays NaN and does not count.
 */
export function smooth(values: readonly number[], smoothing: Smoothing): number[] {
  return "window" in smoothing ? rolling(values, smoothing.window) : exponential(values, smoothing.exponential);
}

function exponential(values: readonly number[], keep: number): number[] {
  if (!(keep >= 0 && keep < 1)) throw new InputError(`smoothing: exponential is ${keep}, but it must be in [0, 1)`);
  let sum = 0;
  let weight = 0;
  return values.map((y) => {
    if (Number.isNaN(y)) return y;
    sum = keep * sum + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return sum / weight;
  });
}

function rolling(values: readonly number[], window: number): number[] {
  if (!Number.isInteger(window) || window < 1) {
    throw new InputError(`smoothing: window is ${window}, but it must be a whole number from 1`);
  }
  const last: number[] = [];
  return values.map((y) => {
    if (Number.isNaN(y)) return y;
    last.push(y);
    if (last.length > window) last.shift();
    return last.reduce((a, b) => a + b, 0) / last.length;
  });
}
