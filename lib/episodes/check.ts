/** Whether a pool can give the episodes that are asked for: checked before any training starts. */
import { count, InputError } from "../core/errors.ts";
import { distinct } from "./pool.ts";
import type { EpisodeShape, OtherFrom, TextPool } from "./types.ts";

export interface EpisodeOptions {
  /** Where other queries come from. Default "classes". */
  otherFrom?: OtherFrom;
}

/** `5-way 3-shot with 2 queries a class and 2 other`: an episode's shape in words. */
export function describeShape(shape: EpisodeShape): string {
  const { nWay, nShot, nQuery, nOther } = shape;
  const queries = `${nQuery} ${nQuery === 1 ? "query" : "queries"} a class`;
  return `${nWay}-way ${nShot}-shot with ${queries}${nOther > 0 ? ` and ${nOther} other` : ""}`;
}

/** Throws an InputError unless N, K and Q are whole numbers from 1 and O is one from 0. `where` begins the message. */
export function checkShape(shape: EpisodeShape, where = "episodes"): void {
  for (const [name, least] of [
    ["nWay", 1],
    ["nShot", 1],
    ["nQuery", 1],
    ["nOther", 0],
  ] as const) {
    const n = shape[name];
    if (!(Number.isInteger(n) && n >= least)) {
      throw new InputError(`${where}: ${name} is ${n}, wanted a whole number from ${least}`);
    }
  }
}

/** Indices of the classes with the K + Q different texts that an episode takes of each of its classes. */
export function drawableClasses(pool: TextPool, shape: EpisodeShape): number[] {
  return enough(sizesOf(pool), shape);
}

/**
 * Throws an InputError with the numbers when the pool is too small for the shape. Classes with fewer than K + Q texts
 * are no fault by themselves: they are not drawn as an episode's classes but still give other queries, and the
 * warnings returned count them. `where` names the data, such as "clinc150, test".
 */
export function checkPool(pool: TextPool, shape: EpisodeShape, where: string, options: EpisodeOptions = {}): string[] {
  checkShape(shape, where);
  const { nWay, nShot, nQuery, nOther } = shape;
  const sizes = sizesOf(pool);
  const all = classes(sizes.length);
  const wants = describeShape(shape);
  if (sizes.length < nWay) throw new InputError(`${where}: has ${all}; ${wants} needs ${nWay}`);
  const drawable = enough(sizes, shape);
  const smallest = sizes.indexOf(Math.min(...sizes));
  const short =
    `class '${pool.classes[smallest]}' has ${count(sizes[smallest] ?? 0, "text")}; ` +
    `${nShot}-shot with ${nQuery} ${nQuery === 1 ? "query" : "queries"} needs ${nShot + nQuery}`;
  if (drawable.length < nWay) {
    throw new InputError(
      `${where}: ${short}; only ${drawable.length} of ${all} have as many, ${nWay}-way needs ${nWay}`,
    );
  }
  if (nOther > 0) checkOther(pool, sizes, shape, where, options);
  const left = sizes.length - drawable.length;
  return left === 0 ? [] : [`${where}: ${left} of ${all} not drawn as classes of an episode: ${short}`];
}

function checkOther(
  pool: TextPool,
  sizes: readonly number[],
  shape: EpisodeShape,
  where: string,
  options: EpisodeOptions,
): void {
  const { otherFrom = "classes" } = options;
  const { nWay, nOther } = shape;
  const queries = `${nOther} other ${nOther === 1 ? "query" : "queries"}`;
  if (otherFrom !== "set") {
    if (sizes.length <= nWay) {
      const found = `has ${classes(sizes.length)}`;
      throw new InputError(`${where}: ${found}; ${nWay}-way with ${queries} needs ${nWay + 1}, one to stand outside`);
    }
    // The fewest texts outside an episode: those left when its classes are the largest.
    const bySize = [...sizes].sort((a, b) => b - a);
    const outside = bySize.slice(nWay).reduce((sum, n) => sum + n, 0);
    if (outside < nOther) {
      const found = `an episode of the ${nWay} largest classes leaves ${count(outside, "text")} outside`;
      throw new InputError(`${where}: ${found}; ${queries} need ${nOther}`);
    }
  }
  if (otherFrom !== "classes") {
    const n = distinct(pool, pool.other ?? []).length;
    if (n < nOther) {
      const found = `has ${count(n, "text")} of no class`;
      throw new InputError(`${where}: ${found}; ${queries} with otherFrom "${otherFrom}" need ${nOther}`);
    }
  }
}

/** How many different texts each class has. */
function sizesOf(pool: TextPool): number[] {
  return pool.members.map((indices) => distinct(pool, indices).length);
}

function enough(sizes: readonly number[], shape: EpisodeShape): number[] {
  return [...sizes.keys()].filter((c) => sizes[c]! >= shape.nShot + shape.nQuery);
}

function classes(n: number): string {
  return count(n, "class", "classes");
}
