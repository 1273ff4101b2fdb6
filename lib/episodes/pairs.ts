/** Drawing pairs of texts of the same and of different classes, for siamese training. */
import { InputError } from "../core/errors.ts";
import { type Random, sample, shuffled } from "../core/random.ts";
import { distinct, textsUnderTwo } from "./pool.ts";
import type { Pair, TextPool } from "./types.ts";

export interface PairOptions {
  /** How many pairs. */
  pairs: number;
  /** Share of pairs of the same class, rounded to whole pairs. Default 0.5. */
  positiveShare?: number;
}

/**
 * Draws pairs in random order. Positives: a class by even chance among those with two texts or more, and two
 * different texts of it. Negatives: two classes by even chance, a text of each, never equal texts. No pair comes twice
 * until all pairs of its kind have come; then a new round begins. Throws an InputError where the pool has none.
 */
export function samplePairs(pool: TextPool, options: PairOptions, rng: Random): Pair[] {
  const { pairs, positiveShare = 0.5 } = options;
  if (!(Number.isInteger(pairs) && pairs >= 1)) {
    throw new InputError(`pairs: ${pairs} of them are asked for, wanted a whole number from 1`);
  }
  if (!(positiveShare >= 0 && positiveShare <= 1)) {
    throw new InputError(`pairs: positiveShare is ${positiveShare}, wanted a number from 0 to 1`);
  }
  const positives = Math.round(pairs * positiveShare);
  const members = pool.members.map((indices) => distinct(pool, indices));
  const out = [...drawPositives(members, positives, rng), ...drawNegatives(pool, members, pairs - positives, rng)];
  return shuffled(out, rng);
}

function drawPositives(members: readonly (readonly number[])[], wanted: number, rng: Random): Pair[] {
  const classes = members.filter((indices) => indices.length > 1);
  if (wanted > 0 && classes.length === 0) {
    throw new InputError("pairs: no class has the two texts that a pair of the same class needs");
  }
  const draw = (c: number): [number, number] => sample(classes[c]!, 2, rng) as [number, number];
  const capacity = classes.map(({ length }) => (length * (length - 1)) / 2);
  return withoutRepeats(wanted, capacity, draw, rng).map(([a, b]) => ({ a, b, same: true }));
}

function drawNegatives(pool: TextPool, members: readonly (readonly number[])[], wanted: number, rng: Random): Pair[] {
  if (wanted === 0) return [];
  const equal = new Map<string, number>(); // equal texts of two classes
  for (const classes of textsUnderTwo(pool).values()) {
    for (const a of classes) for (const b of classes) equal.set(`${a} ${b}`, (equal.get(`${a} ${b}`) ?? 0) + 1);
  }
  const cells: [number, number][] = [];
  const capacity: number[] = [];
  for (let a = 0; a < members.length; a++) {
    for (let b = a + 1; b < members.length; b++) {
      const size = members[a]!.length * members[b]!.length - (equal.get(`${a} ${b}`) ?? 0);
      if (size === 0) continue;
      cells.push([a, b]);
      capacity.push(size);
    }
  }
  if (cells.length === 0) {
    throw new InputError("pairs: a pair of different classes needs two classes with different texts");
  }
  const draw = (cell: number): [number, number] => {
    const [a, b] = shuffled(cells[cell]!, rng); // either class may come first
    for (;;) {
      const pair: [number, number] = [
        members[a!]![rng.int(members[a!]!.length)]!,
        members[b!]![rng.int(members[b!]!.length)]!,
      ];
      if (pool.texts[pair[0]] !== pool.texts[pair[1]]) return pair;
    }
  };
  return withoutRepeats(wanted, capacity, draw, rng).map(([a, b]) => ({ a, b, same: false }));
}

/**
 * `wanted` pairs: a cell by even chance, a pair of it by `draw`, drawn again while it has come before. A cell that has
 * given its `capacity` of pairs leaves until all have, then all start anew.
 */
function withoutRepeats(
  wanted: number,
  capacity: readonly number[],
  draw: (cell: number) => [number, number],
  rng: Random,
): [number, number][] {
  const out: [number, number][] = [];
  let open: number[] = [];
  const given = new Map<number, Set<string>>();
  while (out.length < wanted) {
    if (open.length === 0) {
      open = [...capacity.keys()];
      given.clear();
    }
    const place = rng.int(open.length);
    const cell = open[place]!;
    const seen = given.get(cell) ?? new Set();
    given.set(cell, seen);
    for (;;) {
      const [a, b] = draw(cell);
      const key = a < b ? `${a} ${b}` : `${b} ${a}`;
      if (seen.has(key)) continue;
      seen.add(key);
      out.push([a, b]);
      break;
    }
    if (seen.size === capacity[cell]) {
      open[place] = open.at(-1)!; // the last takes its place
      open.pop();
    }
  }
  return out;
}
