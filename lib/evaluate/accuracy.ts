/** Accuracies of scored episodes and their intervals. */
import type { ScoredEpisode } from "./score.ts";

/** A mean over episodes with the half-width of its 95 % interval, 1.96 * s / sqrt(n). */
export interface Estimate {
  readonly mean: number;
  readonly ci95: number;
  /** Standard deviation over episodes (n - 1). */
  readonly sd: number;
  readonly n: number;
}

/** Mean and interval of numbers; NaN where there are none, an infinite interval for a single one. */
export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / (n - 1));
  return { mean, sd, ci95: n > 1 ? (1.96 * sd) / Math.sqrt(n) : Number.POSITIVE_INFINITY, n };
}

/** The row of scores of query `i`. */
export function scoresOf({ scores }: ScoredEpisode, i: number): Float32Array {
  const n = scores.shape[1] as number;
  return scores.data.subarray(i * n, (i + 1) * n);
}

/** Index of the largest score; the first one of equals. */
export function argMax(scores: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if ((scores[i] as number) > (scores[best] as number)) best = i;
  return best;
}

/** Share of an episode's queries with a class whose highest score is that class's. Queries of no class do not count. */
export function episodeAccuracy(episode: ScoredEpisode): number {
  let right = 0;
  let all = 0;
  episode.labels.forEach((label, i) => {
    if (label < 0) return;
    all++;
    if (argMax(scoresOf(episode, i)) === label) right++;
  });
  return right / all;
}

/**
 * The seed's accuracy: each query gets a yes (score >= threshold) or no for each class, and counts only if the whole
 * vector is right: yes for its class alone, and no for all where it is of no class.
 */
export function wholeVectorAccuracy(episode: ScoredEpisode, threshold: number): number {
  const right = episode.labels.filter((label, i) =>
    scoresOf(episode, i).every((s, c) => s >= threshold === (c === label)),
  );
  return right.length / episode.labels.length;
}

/** The threshold with the highest whole-vector accuracy over the episodes: to be chosen on dev data. */
export function bestVectorThreshold(episodes: readonly ScoredEpisode[]): number {
  // A query's vector is right for thresholds in (low, high]: a sweep over these ends finds the fullest place.
  const events: [at: number, change: number][] = [];
  for (const episode of episodes) {
    episode.labels.forEach((label, i) => {
      const scores = scoresOf(episode, i);
      const own = label < 0 ? Number.POSITIVE_INFINITY : (scores[label] as number);
      let rival = Number.NEGATIVE_INFINITY;
      scores.forEach((s, c) => {
        if (c !== label && s > rival) rival = s;
      });
      if (rival < own) events.push([rival, 1], [own, -1]);
    });
  }
  return fullest(events);
}

/** Middle of the interval covered most often; starts count +1, ends -1. */
function fullest(events: [number, number][]): number {
  events.sort((a, b) => a[0] - b[0] || a[1] - b[1]); // an end before a start: (low, high] holds its end only
  let [depth, best, from, to] = [0, -1, 0, 0];
  events.forEach(([at, change], i) => {
    depth += change;
    if (depth <= best) return;
    best = depth;
    from = at;
    to = events[i + 1]?.[0] ?? at;
  });
  if (!Number.isFinite(to)) return from + 1e-6 * Math.max(1, Math.abs(from));
  return from + (to - from) / 2;
}
