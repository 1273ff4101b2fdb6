/** An episode to be read: its classes, their supports, and the queries with the class that each belongs to. */
import { InputError } from "../core/errors.ts";
import type { EpisodeList } from "./types.ts";

/** One line: the k-th support and the k-th query of a class. */
export type EpisodeLine = Readonly<Record<"class" | "support" | "query", string>>;

/**
 * Episode `number` of a list, from 0. Each class's supports and queries stand side by side, its name on its first line; the
 * queries of no class of the episode come last, with the class outside that they are of, where they have one. A model sees
 * the queries in another order, that of `Episode.query`. Throws an InputError where there is no such episode.
 */
export function episodeTable({ pool, episodes }: EpisodeList, number = 0): EpisodeLine[] {
  const episode = episodes[number];
  if (!episode)
    throw new InputError(`episode table: there is no episode ${number}; wanted 0 .. ${episodes.length - 1}`);
  const textOf = (i: number | undefined): string => (i === undefined ? "" : (pool.texts[i] as string));
  const queriesOf = (label: number): number[] => episode.query.filter((_, m) => episode.label[m] === label);
  const inside = episode.classes.flatMap((c, n) => {
    const supports = episode.support[n] as readonly number[];
    const queries = queriesOf(n);
    return Array.from({ length: Math.max(supports.length, queries.length) }, (_, k) => ({
      class: k === 0 ? (pool.classes[c] as string) : "",
      support: textOf(supports[k]),
      query: textOf(queries[k]),
    }));
  });
  const others = queriesOf(-1).map((i) => {
    const home = pool.classes[pool.members.findIndex((members) => members.includes(i))];
    return { class: `other (${home ?? "of no class"})`, support: "", query: textOf(i) };
  });
  return [...inside, ...others];
}
