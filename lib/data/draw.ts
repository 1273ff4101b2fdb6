/** A split by class drawn from a seed, for data that come without one. */
import { InputError } from "../core/errors.ts";
import { random, shuffled } from "../core/random.ts";
import type { ClassTexts } from "./types.ts";

export interface DrawOptions {
  /** Seed of the draw. Default 1. */
  seed?: number;
  /** Shares of the classes in train, dev and test. Default a third each, as in FewShotText. */
  fractions?: readonly [number, number, number];
}

export interface DrawnSplit {
  readonly split: string;
  readonly train: ClassTexts;
  readonly dev: ClassTexts;
  readonly test: ClassTexts;
  readonly warnings: readonly string[];
}

/** The least number of classes in a part: an episode of one class asks nothing. */
const LEAST = 2;

/**
 * Sorts the class names, shuffles them and cuts the list; a part of a share above 0 gets 2 classes or more. Where the
 * classes are too few for that, all are test, as novel classes for a model trained elsewhere, and a warning says so;
 * with `fractions` given it is an InputError. `source` is for messages.
 */
export function drawSplit(classes: ClassTexts, source: string, options: DrawOptions = {}): DrawnSplit {
  const { seed = 1, fractions } = options;
  const shares = fractions ?? [1 / 3, 1 / 3, 1 / 3];
  const sum = shares[0] + shares[1] + shares[2];
  if (shares.length !== 3 || shares.some((f) => !(f >= 0)) || Math.abs(sum - 1) > 1e-6) {
    throw new InputError(`fractions are ${shares.join(", ")}; wanted three numbers from 0 that add up to 1`);
  }
  const names = Object.keys(classes).sort(); // by code unit: the same on every machine
  const n = names.length;
  const first = Math.floor(n * shares[0] + 1e-6); // so much more than a rounding error, so much less than a class
  const second = Math.floor(n * (shares[0] + shares[1]) + 1e-6);
  const sizes = [first, second - first, n - second];
  if (sizes.some((size, i) => size < (shares[i]! > 0 ? LEAST : 0))) {
    const found = `${n} classes cannot be split into train, dev and test of at least ${LEAST}`;
    if (fractions !== undefined) throw new InputError(`${source}: ${found} (fractions gave ${sizes.join(", ")})`);
    const warnings = [`${source}: ${found}; all are in test`];
    return { split: "none, all classes in test", train: {}, dev: {}, test: classes, warnings };
  }
  const order = shuffled(names, random(seed).stream("split"));
  const take = (from: number, to: number): ClassTexts => pick(classes, new Set(order.slice(from, to)));
  return {
    split: `drawn from seed ${seed}${fractions === undefined ? "" : ` as ${fractions.join("/")}`}`,
    train: take(0, first),
    dev: take(first, second),
    test: take(second, n),
    warnings: [],
  };
}

/** The classes of these names, in the order of the file. */
export function pick(classes: ClassTexts, names: ReadonlySet<string>): ClassTexts {
  return Object.fromEntries(Object.entries(classes).filter(([name]) => names.has(name)));
}
