/**
 * Symbolic sizes. tfjs knows numbers only, so a symbol is traced as a prime that divides no other size in sight, twice
 * with different primes: a number that stays is a number, one that changes must be a product with the symbols, and
 * anything else (a sum of sizes, a value computed from one in JavaScript) cannot be compiled for all sizes.
 */
import type { Dim } from "./graph.ts";

/** The prime that stands for each symbol in one trace. */
export type Markers = ReadonlyMap<string, number>;

// Small, because tfjs fills real arrays of such sizes for the gradients of sums; above the usual N*K and N*Q.
const PRIMES = [61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167];

/** Two different sets of markers for the symbols; no marker divides any of the fixed sizes. */
export function chooseMarkers(symbols: readonly string[], fixedSizes: Iterable<number>): [Markers, Markers] {
  const sizes = [...new Set(fixedSizes)];
  const free = PRIMES.filter((p) => sizes.every((s) => s === 0 || s % p !== 0));
  if (free.length < 2 * symbols.length) {
    throw new Error(
      `compile: ${symbols.length} symbolic sizes are too many (${symbols.join(", ")}), at most ${free.length >> 1}`,
    );
  }
  const pick = (from: number): Markers => new Map(symbols.map((s, i) => [s, free[from + i] as number]));
  return [pick(0), pick(symbols.length)];
}

/** The size that two traces saw as `a` and as `b`; undefined when it is no product of a number and symbols. */
export function mergeSizes(a: number, b: number, markersA: Markers, markersB: Markers): Dim | undefined {
  if (a === b) return a;
  const one = product(a, markersA);
  return one !== undefined && one === product(b, markersB) ? one : undefined;
}

/** The runtime size of a Dim, given the sizes of the symbols. */
export function evaluate(dim: Dim, sizes: ReadonlyMap<string, number>): number {
  if (typeof dim === "number") return dim;
  let n = 1;
  for (const factor of dim.split("*")) n *= sizes.get(factor) ?? Number(factor);
  return n;
}

/** The factors of a Dim: its number and its symbols, a repeated one as often as it stands. */
export function factors(dim: Dim): { coefficient: number; symbols: string[] } {
  if (typeof dim === "number") return { coefficient: dim, symbols: [] };
  const parts = dim.split("*");
  const coefficient = /^\d+$/.test(parts[0] as string) ? Number(parts.shift()) : 1;
  return { coefficient, symbols: parts };
}

function product(n: number, markers: Markers): string | undefined {
  if (!Number.isInteger(n) || n <= 0) return undefined;
  let rest = n;
  const found: string[] = [];
  for (const [symbol, prime] of markers) {
    for (; rest % prime === 0; rest /= prime) found.push(symbol);
  }
  if (!found.length) return undefined;
  found.sort();
  return [...(rest === 1 ? [] : [String(rest)]), ...found].join("*");
}
