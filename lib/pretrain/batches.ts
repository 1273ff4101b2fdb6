/** Which sentences stand in which step: every epoch in another order, sentences of like length together. */
import type { Random } from "../core/random.ts";
import { shuffled } from "../core/random.ts";

// Sentences of so many batches are sorted by length: enough to save padding in attention, few enough to stay random.
const WINDOW = 32;

export interface Batches {
  readonly perEpoch: number;
  /** Indices of the sentences of a step; it depends on the step alone. */
  at(step: number): readonly number[];
}

/** Batches of `size` sentences; the last few of an epoch that do not fill one are left out of it. */
export function bucketedBatches(lengths: ArrayLike<number>, size: number, rng: Random): Batches {
  const perEpoch = Math.max(1, Math.floor(lengths.length / size));
  let epoch = -1;
  let order: number[][] = [];
  return {
    perEpoch,
    at(step) {
      const wanted = Math.floor(step / perEpoch);
      if (wanted !== epoch) {
        order = epochOrder(lengths, size, rng.stream(`epoch ${wanted}`));
        epoch = wanted;
      }
      return order[step % perEpoch] as number[];
    },
  };
}

function epochOrder(lengths: ArrayLike<number>, size: number, rng: Random): number[][] {
  const all = shuffled(
    Array.from({ length: lengths.length }, (_, i) => i),
    rng.stream("sentences"),
  );
  if (all.length < size) return [all];
  const batches: number[][] = [];
  for (let from = 0; from + size <= all.length; from += WINDOW * size) {
    const window = all
      .slice(from, from + WINDOW * size)
      .sort((a, b) => (lengths[a] as number) - (lengths[b] as number));
    for (let i = 0; i + size <= window.length; i += size) batches.push(window.slice(i, i + size));
  }
  return shuffled(batches, rng.stream("batches"));
}
