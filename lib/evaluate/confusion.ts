/** Which classes are taken for which, counted over episodes that each hold only a few of them. */
import { InputError } from "../core/errors.ts";
import type { EpisodeList } from "../episodes/types.ts";
import { argMax, scoresOf } from "./accuracy.ts";
import type { ScoredEpisode } from "./score.ts";

export interface ConfusionOptions {
  /** Pairs with fewer queries than this are not listed: their shares are chance. Default 10. */
  leastQueries?: number;
}

/** Plain arrays over the C classes of the pool, in its order. Queries of no class do not count. */
export interface Confusions {
  readonly classes: readonly string[];
  /** [C, C]: queries of the row's class put into the column's class; right answers on the diagonal. */
  readonly counts: readonly (readonly number[])[];
  /** [C, C]: queries of the row's class in episodes that had the column's class, so how often that could happen. */
  readonly met: readonly (readonly number[])[];
  /** Pairs of classes that met, the largest share of confusions first. */
  readonly pairs: readonly ConfusedPair[];
}

export interface ConfusedPair {
  readonly a: string;
  readonly b: string;
  /** Queries of either class put into the other. */
  readonly confused: number;
  /** Queries of either class in episodes with both. */
  readonly queries: number;
  /** confused / queries, in [0, 1]. */
  readonly share: number;
  /** Queries of a put into b. */
  readonly aAsB: number;
  readonly bAsA: number;
  /** Episodes with both classes. */
  readonly episodes: number;
}

/** Counts confusions in scored episodes, given with the list that they were scored on, in its order. */
export function confusions(
  { pool, episodes }: Pick<EpisodeList, "pool" | "episodes">,
  scored: readonly ScoredEpisode[],
  options: ConfusionOptions = {},
): Confusions {
  const { leastQueries = 10 } = options;
  if (scored.length !== episodes.length)
    throw new InputError(`confusions: got ${scored.length} scored episodes for a list of ${episodes.length}`);
  const counts = square(pool.classes.length);
  const met = square(pool.classes.length);
  const together = square(pool.classes.length);
  episodes.forEach((episode, e) => {
    const result = scored[e]!;
    if (String(result.labels) !== String(episode.label))
      throw new InputError(`confusions: episode ${e} was scored with other queries than the list has`);
    for (const i of episode.classes) for (const j of episode.classes) raise(together, i, j);
    result.labels.forEach((label, q) => {
      if (label < 0) return;
      const own = episode.classes[label]!;
      raise(counts, own, episode.classes[argMax(scoresOf(result, q))]!);
      for (const other of episode.classes) raise(met, own, other);
    });
  });
  const pairs = pool.classes.flatMap((a, i) =>
    pool.classes.slice(0, i).map((b, j): ConfusedPair => {
      const confused = counts[i]![j]! + counts[j]![i]!;
      const queries = met[i]![j]! + met[j]![i]!;
      const ways = { aAsB: counts[j]![i]!, bAsA: counts[i]![j]! };
      return { a: b, b: a, confused, queries, share: confused / queries, ...ways, episodes: together[i]![j]! };
    }),
  );
  const listed = pairs.filter((p) => p.queries > 0 && p.queries >= leastQueries);
  listed.sort((p, q) => q.share - p.share || q.queries - p.queries);
  return { classes: pool.classes, counts, met, pairs: listed };
}

function square(size: number): number[][] {
  return Array.from({ length: size }, () => new Array<number>(size).fill(0));
}

function raise(of: number[][], i: number, j: number): void {
  of[i]![j] = of[i]![j]! + 1;
}
