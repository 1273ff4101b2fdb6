/** Cosines of pairs of texts, of one class and of two: whether what means the same looks more alike. */
import { InputError } from "../core/errors.ts";
import { type Random, random } from "../core/random.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { auroc } from "./open-set.ts";
import { rowOf, unitRows, type Vectors, vectorsOf } from "./vectors.ts";

export interface PairCosinesOptions {
  /** Pairs of each kind. Default 5000. */
  pairs?: number;
  /** Where the pairs come from. Default random("pair cosines"): the same pairs for the same labels. */
  rng?: Random;
}

export interface PairCosines {
  /** Of two different vectors of one class. In [-1, 1]; a zero vector's cosines count as 0. */
  readonly within: number[];
  /** Of two vectors of different classes. */
  readonly between: number[];
  /** The chance that a pair of one class is more alike than a pair of two: 0.5 says nothing, 1 parts them. */
  readonly auroc: number;
}

/**
 * Cosines of pairs of vectors [B, D] with a label each. All pairs of a kind are equally likely, and may come again; equal
 * labels and generators draw the same pairs for every encoder and pooling. Throws an InputError where there are no pairs of
 * a kind.
 */
export function pairCosines(
  vectors: FloatTensor,
  labels: readonly (string | number)[],
  options: PairCosinesOptions = {},
): PairCosines {
  const { pairs = 5000, rng = random("pair cosines") } = options;
  if (!(Number.isInteger(pairs) && pairs >= 1))
    throw new InputError(`pair cosines: pairs is ${pairs}; wanted a whole number of at least 1`);
  const unit = unitRows(vectorsOf(vectors, "pair cosines", 3));
  if (labels.length !== unit.rows)
    throw new InputError(`pair cosines: got ${labels.length} labels for ${unit.rows} vectors; wanted one for each`);
  const sizes = new Map<string | number, number>();
  for (const label of labels) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  if (sizes.size < 2 || sizes.size === labels.length)
    throw new InputError(
      `pair cosines: ${sizes.size} classes of ${labels.length} vectors; wanted pairs of one and of two`,
    );

  // Of all ordered pairs the wanted ones: both kinds are then drawn evenly without a list of millions of pairs.
  const members = [...sizes.keys()].map((label) => labels.flatMap((l, i) => (l === label ? [i] : [])));
  const ends = members.map(({ length }) => length * (length - 1));
  ends.forEach((n, c) => {
    ends[c] = n + (ends[c - 1] ?? 0);
  });
  const same = rng.stream("within");
  const different = rng.stream("between");
  const within = Array.from({ length: pairs }, () => {
    const at = same.int(ends.at(-1) as number);
    const own = members[ends.findIndex((end) => at < end)] as number[];
    const first = same.int(own.length);
    const second = same.int(own.length - 1);
    return cosine(unit, own[first] as number, own[second < first ? second : second + 1] as number);
  });
  const between = Array.from({ length: pairs }, () => {
    for (;;) {
      const [a, b] = [different.int(unit.rows), different.int(unit.rows)];
      if (labels[a] !== labels[b]) return cosine(unit, a, b);
    }
  });
  const items = [within, between].flatMap((scores, kind) => scores.map((score) => ({ score, known: kind === 0 })));
  return { within, between, auroc: auroc(items) };
}

/** Of two rows of length 1. */
function cosine(unit: Vectors, a: number, b: number): number {
  const x = rowOf(unit, a);
  const y = rowOf(unit, b);
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j]! * y[j]!;
  return sum;
}
