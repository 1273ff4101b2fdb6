/** Open set: telling queries of the episode's classes ("known") from those of none ("other") by their highest score. */
import { argMax, scoresOf } from "./accuracy.ts";
import type { ScoredEpisode } from "./score.ts";

/** One query's highest score, whether it has a class, and whether the highest score is that class's. */
export interface Confidence {
  readonly score: number;
  readonly known: boolean;
  readonly right: boolean;
}

export function confidences(episodes: readonly ScoredEpisode[]): Confidence[] {
  return episodes.flatMap((episode) =>
    episode.labels.map((label, i): Confidence => {
      const scores = scoresOf(episode, i);
      const best = argMax(scores);
      return { score: scores[best] as number, known: label >= 0, right: best === label };
    }),
  );
}

/**
 * Area under the ROC curve: the chance that a known query scores above an other one, equal scores counting half
 * (the Mann-Whitney statistic). In [0, 1]; NaN where one side is empty.
 */
export function auroc(items: readonly Pick<Confidence, "score" | "known">[]): number {
  const sorted = [...items].sort((a, b) => a.score - b.score);
  const known = sorted.filter((i) => i.known).length;
  const other = sorted.length - known;
  let sum = 0; // of the known ones' ranks, equal scores sharing the mean of theirs
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    let inTie = 0;
    for (; j < sorted.length && sorted[j]?.score === sorted[i]?.score; j++) if (sorted[j]?.known) inTie++;
    sum += inTie * ((i + 1 + j) / 2);
    i = j;
  }
  return (sum - (known * (known + 1)) / 2) / (known * other);
}

/**
 * The threshold on the highest score that tells known from other best: the highest mean of the two recalls. Queries at
 * or above it are known. To be chosen on dev data only.
 */
export function bestOtherThreshold(items: readonly Confidence[]): number {
  const sorted = [...items].sort((a, b) => b.score - a.score);
  const known = sorted.filter((i) => i.known).length;
  const other = sorted.length - known;
  if (!known || !other) return Number.NaN;
  let [accepted, wrong, best, at] = [0, 0, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  sorted.forEach((item, i) => {
    if (item.known) accepted++;
    else wrong++;
    const next = sorted[i + 1]?.score;
    if (next === item.score) return; // a threshold cannot part equal scores
    const value = accepted / known - wrong / other;
    if (value <= best) return;
    best = value;
    at = next === undefined ? item.score : (item.score + next) / 2;
  });
  return at;
}

/** What a threshold does: shares in [0, 1]. */
export interface Rejection {
  readonly threshold: number;
  /** Known queries that are accepted and put into their class. */
  readonly knownAccuracy: number;
  /** Other queries that are rejected. */
  readonly otherRecall: number;
}

export function rejection(items: readonly Confidence[], threshold: number): Rejection {
  const known = items.filter((i) => i.known);
  const other = items.filter((i) => !i.known);
  const share = (part: readonly Confidence[], whole: readonly Confidence[]): number => part.length / whole.length;
  return {
    threshold,
    knownAccuracy: share(
      known.filter((i) => i.right && i.score >= threshold),
      known,
    ),
    otherRecall: share(
      other.filter((i) => i.score < threshold),
      other,
    ),
  };
}
