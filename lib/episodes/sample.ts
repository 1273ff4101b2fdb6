/** Drawing episodes: N classes, K supports and Q queries of each, O other queries, no text twice. */
import { InputError } from "../core/errors.ts";
import { drawing, type Random, sample, shuffled } from "../core/random.ts";
import { checkPool, describeShape, drawableClasses, type EpisodeOptions } from "./check.ts";
import { textsUnderTwo } from "./pool.ts";
import type { Episode, EpisodeShape, TextPool } from "./types.ts";

/** Draws one episode of a fixed pool and shape. */
export type EpisodeSampler = (rng: Random) => Episode;

/** Texts under two classes can make a draw of classes impossible; so many draws are tried. */
const TRIES = 200;

/**
 * Looks through the pool once and returns a function that draws episodes of it.
 *
 * Classes are drawn evenly, whatever their size, among those with K + Q texts or more; a class's texts evenly within
 * it. Each other query takes an even draw of the classes outside the episode (small ones too, one class maybe often)
 * and a text of it; with `otherFrom: "set"` a text of no class. Supports keep the order they were drawn in, queries
 * are shuffled. No text stands twice in an episode, nor does a text whose other class is in the episode too: every
 * label is the only right one. Throws an InputError where the pool is too small.
 */
export function episodeSampler(pool: TextPool, shape: EpisodeShape, options: EpisodeOptions = {}): EpisodeSampler {
  checkPool(pool, shape, "episodes", options);
  const { otherFrom = "classes" } = options;
  const { nWay, nShot, nQuery, nOther } = shape;
  const eligible = drawableClasses(pool, shape);
  const { members, other = [] } = pool;
  const shared = textsUnderTwo(pool);

  const attempt = (rng: Random): Episode | undefined => {
    const classes = sample(eligible, nWay, rng);
    const inside = new Set(classes);
    const used = new Set<string>();
    const takes = (index: number, c: number): boolean => {
      const text = pool.texts[index]!;
      if (used.has(text) || shared.get(text)?.some((k) => k !== c && inside.has(k))) return false;
      used.add(text);
      return true;
    };
    const support: number[][] = [];
    const queries: [index: number, label: number][] = [];
    for (const [n, c] of classes.entries()) {
      const drawn = take(drawing(members[c]!, rng), nShot + nQuery, (index) => takes(index, c));
      if (drawn.length < nShot + nQuery) return undefined;
      support.push(drawn.slice(0, nShot));
      for (const index of drawn.slice(nShot)) queries.push([index, n]);
    }
    let outside = nOther > 0 ? [...members.keys()].filter((c) => !inside.has(c)) : [];
    const rest = drawing(other, rng);
    for (let o = 0; o < nOther; o++) {
      let found: number | undefined;
      if (otherFrom === "set" || (otherFrom === "both" && rng.int(2) === 1)) {
        [found] = take(rest, 1, (index) => takes(index, -1));
      } else {
        while (found === undefined && outside.length > 0) {
          const c = outside[rng.int(outside.length)]!;
          [found] = take(drawing(members[c]!, rng), 1, (index) => takes(index, c));
          if (found === undefined) outside = outside.filter((k) => k !== c); // all its texts are used
        }
      }
      if (found === undefined) return undefined;
      queries.push([found, -1]);
    }
    const order = shuffled(queries, rng);
    return { classes, support, query: order.map(([index]) => index), label: order.map(([, label]) => label) };
  };

  return (rng) => {
    for (let i = 0; i < TRIES; i++) {
      const episode = attempt(rng);
      if (episode !== undefined) return episode;
    }
    throw new InputError(
      `episodes: no ${describeShape(shape)} episode in ${TRIES} draws of classes; ` +
        `${shared.size} texts stand under more than one class, and too few others are left`,
    );
  };
}

/** Draws one episode; for many of one pool, `episodeSampler` looks through the pool only once. */
export function sampleEpisode(pool: TextPool, shape: EpisodeShape, rng: Random, options: EpisodeOptions = {}): Episode {
  return episodeSampler(pool, shape, options)(rng);
}

/** Draws `count` episodes, episode i from `rng.stream(i)`: it does not depend on how many others are drawn. */
export function sampleEpisodes(
  pool: TextPool,
  shape: EpisodeShape,
  count: number,
  rng: Random,
  options: EpisodeOptions = {},
): Episode[] {
  if (!(Number.isInteger(count) && count >= 1)) {
    throw new InputError(`episodes: ${count} of them are asked for, wanted a whole number from 1`);
  }
  const draw = episodeSampler(pool, shape, options);
  return Array.from({ length: count }, (_, i) => draw(rng.stream(i)));
}

/** The next items that pass, at most `k`; the generator stays open for more. */
function take(items: Generator<number, void>, k: number, passes: (index: number) => boolean): number[] {
  const out: number[] = [];
  while (out.length < k) {
    const next = items.next();
    if (next.done) break;
    if (passes(next.value)) out.push(next.value);
  }
  return out;
}
