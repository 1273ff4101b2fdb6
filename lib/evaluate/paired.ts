/** Whether one setting beats another: differences of their accuracies on the same frozen episodes. */
import { InputError } from "../core/errors.ts";
import { type Random, random } from "../core/random.ts";
import { type Estimate, estimate } from "./accuracy.ts";

export interface PairedOptions {
  /** Where the random signs come from. Default random("paired difference"): the same p for the same numbers. */
  rng?: Random;
  /** Random sign patterns, where there are too many to try all. The least p is 1 / (flips + 1). Default 9999. */
  flips?: number;
}

/** `mean`, `ci95` (1.96 s / sqrt(n)), `sd` and `n` are of the differences a - b. */
export interface PairedDifference extends Estimate {
  /** Shares of episodes in which a scored above, equal to and below b. */
  readonly won: number;
  readonly tied: number;
  readonly lost: number;
  /** Two-sided p value of the sign-flip test: how often chance alone gives a mean difference at least as far from 0. */
  readonly p: number;
  /** Whether p comes from all sign patterns or from random ones. */
  readonly test: "exact" | "sampled";
}

/** Up to 2^16 sign patterns are tried one by one. */
const MOST_EXACT = 16;

/**
 * Accuracies of two settings a and b, episode by episode on one list of episodes. The test: if a and b were alike, each
 * difference could as well have the other sign (Fisher 1935, "The Design of Experiments", 21). p is the share of sign
 * patterns whose |sum| is at least the observed one, of all 2^m patterns of the m differences that are not 0 or, above 16 of
 * them, of random ones with the observed one counted in (Phipson & Smyth 2010), so that p is never 0. Ties and the steps of
 * accuracies need no correction, which Wilcoxon's ranks would. Both numbers speak of other episodes from the same classes and
 * checkpoints, not of other classes or seeds. Throws an InputError for lists of different or too small length.
 */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  options: PairedOptions = {},
): PairedDifference {
  const { rng = random("paired difference"), flips = 9999 } = options;
  if (a.length !== b.length)
    throw new InputError(
      `paired difference: ${a.length} and ${b.length} episodes; both must be scored on the same ones`,
    );
  if (a.length < 2) throw new InputError(`paired difference: got ${a.length} episodes; wanted at least 2`);
  if (!(Number.isInteger(flips) && flips >= 1))
    throw new InputError(`paired difference: flips is ${flips}; wanted a whole number of at least 1`);
  const differences = Array.from({ length: a.length }, (_, i) => a[i]! - b[i]!);
  const wrong = differences.findIndex((d) => !Number.isFinite(d));
  if (wrong >= 0)
    throw new InputError(`paired difference: episode ${wrong} has ${a[wrong]} and ${b[wrong]}; wanted two numbers`);
  const share = (sign: number): number => differences.filter((d) => Math.sign(d) === sign).length / a.length;
  const sizes = differences.filter((d) => d !== 0);
  const exact = sizes.length <= MOST_EXACT;
  return {
    ...estimate(differences),
    won: share(1),
    tied: share(0),
    lost: share(-1),
    p: exact ? exactP(sizes) : sampledP(sizes, flips, rng),
    test: exact ? "exact" : "sampled",
  };
}

/** Below this a sum counts as reached: equal sums may differ by rounding. */
function reach(sizes: readonly number[]): number {
  const all = sizes.reduce((sum, d) => sum + Math.abs(d), 0);
  return Math.abs(sizes.reduce((sum, d) => sum + d, 0)) - 1e-9 * all;
}

function exactP(sizes: readonly number[]): number {
  const least = reach(sizes);
  const patterns = 2 ** sizes.length;
  let reached = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    let sum = 0;
    for (let i = 0; i < sizes.length; i++) sum += (pattern >> i) & 1 ? sizes[i]! : -sizes[i]!;
    if (Math.abs(sum) >= least) reached++;
  }
  return reached / patterns;
}

function sampledP(sizes: readonly number[], flips: number, rng: Random): number {
  const least = reach(sizes);
  const bits = new Uint32Array(Math.ceil(sizes.length / 32));
  let reached = 1;
  for (let f = 0; f < flips; f++) {
    rng.fillUint32(bits);
    let sum = 0;
    for (let i = 0; i < sizes.length; i++) sum += (bits[i >> 5]! >>> (i & 31)) & 1 ? sizes[i]! : -sizes[i]!;
    if (Math.abs(sum) >= least) reached++;
  }
  return reached / (flips + 1);
}
