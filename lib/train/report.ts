/** What the progress bar of a training run says. */
import { progress } from "../core/progress.ts";
import type { Metrics, TrainOptions } from "./types.ts";

export interface Report {
  /** After a step. */
  step(done: number, scalars: Readonly<Record<string, number>>): void;
  /** After an evaluation. */
  dev(step: number, metrics: Metrics, better: boolean): void;
  end(): void;
}

const SPAN = 50; // steps that the running means look back

/** A progress bar with running means of loss and accuracy, and a line for each evaluation. */
export function report(options: TrainOptions["progress"] = {}, steps: number, start: number): Report {
  const { title = "train", ...rest } = options;
  const bar = progress(title, { total: steps, start, ...rest });
  const means = new Map<string, number>();
  let seen = 0;
  return {
    step(done, scalars) {
      seen++;
      for (const name of ["loss", "accuracy"]) {
        const value = scalars[name];
        const mean = means.get(name) ?? 0;
        if (value !== undefined) means.set(name, mean + (value - mean) / Math.min(seen, SPAN));
      }
      bar.update(done, words(Object.fromEntries(means)));
    },
    dev(step, metrics, better) {
      bar.log(`step ${step}: dev ${words(metrics)}${better ? ", the best so far" : ""}`);
    },
    end: () => bar.end(),
  };
}

/** `loss 0.312, accuracy 91.7 %`. */
function words(metrics: Readonly<Record<string, number | undefined>>): string {
  const parts = Object.entries(metrics).map(([name, value]) => {
    if (value === undefined) return "";
    return name === "accuracy" ? `accuracy ${(value * 100).toFixed(1)} %` : `${name} ${value.toPrecision(3)}`;
  });
  return parts.filter(Boolean).join(", ");
}
