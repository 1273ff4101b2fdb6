/** Which evaluation was the best, the parameters at that time, and how long ago it was. */
import { InputError } from "../core/errors.ts";
import type { Params } from "../core/tensor.ts";
import { float32 } from "../core/tensor.ts";
import type { Best, Metrics, TrainOptions } from "./types.ts";

export interface Selection {
  readonly best: Best | undefined;
  /** Evaluations since the best one. */
  readonly waited: number;
  /** The parameters of the best evaluation: a copy. Undefined where there is none. */
  readonly params: Params | undefined;
  /** Takes an evaluation in; true where it is strictly better than all before. */
  take(step: number, metrics: Metrics): boolean;
  /** Goes on from a checkpoint. `bestParams` are copied. */
  restore(best: Best | undefined, waited: number, bestParams: Params | undefined): void;
}

/** A selection of parameters by the lowest loss or the highest accuracy. NaN is never better. */
export function selection(params: Params, by: NonNullable<TrainOptions["selectBy"]>): Selection {
  let best: Best | undefined;
  let waited = 0;
  let kept: Params | undefined;

  const keep = (source: Params): void => {
    kept ??= Object.fromEntries(
      Object.entries(params).map(([name, p]) => [name, float32(new Float32Array(p.data.length), p.shape)]),
    );
    copyParams(source, kept);
  };
  /** Larger is better. */
  const score = (metrics: Metrics): number => {
    const value = metrics[by];
    if (value === undefined) {
      const there = Object.keys(metrics).join(", ");
      throw new InputError(`training: selectBy is '${by}', but the evaluation gives no ${by}; it gives ${there}`);
    }
    return by === "loss" ? -value : value;
  };

  return {
    get best() {
      return best;
    },
    get waited() {
      return waited;
    },
    get params() {
      return kept;
    },
    take(step, metrics) {
      const better = best ? score(metrics) > score(best.metrics) : !Number.isNaN(score(metrics));
      if (better) {
        best = { step, metrics };
        waited = 0;
        keep(params);
      } else waited++;
      return better;
    },
    restore(was, evaluations, bestParams) {
      best = was;
      waited = evaluations;
      if (bestParams) keep(bestParams);
    },
  };
}

/** Copies numbers from one set of arrays to another with the same names. */
export function copyParams(from: Params, to: Params): void {
  for (const [name, { data }] of Object.entries(to)) data.set((from[name] as Params[string]).data);
}
