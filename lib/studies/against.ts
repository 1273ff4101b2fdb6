/** Rows of a study against a row that was scored on the same episodes or pairs: paired differences. */
import { random } from "../core/random.ts";
import { pairedDifference } from "../evaluate/paired.ts";
import type { Row } from "../results/table.ts";

/** Field with the outcome of each episode or pair, as a task leaves it; not in the results. */
const EACH = "each";

/** The outcomes in that field, to be spread into a row. */
export function eachOf(outcomes: readonly number[]): Row {
  return { [EACH]: outcomes.join(" ") };
}

/**
 * Every row with outcomes gets `difference`, `differenceCi95` and `p` of the paired difference to the first of the rows that
 * have the same values in the fields `same`; that first one gets none. The outcomes are taken out.
 */
export function withDifferences(rows: readonly Row[], same: readonly string[], seed: number): Row[] {
  const each = (row: Row): number[] => String(row[EACH]).split(" ").map(Number);
  return rows.map((row) => {
    const base = rows.find((r) => r[EACH] !== undefined && same.every((field) => r[field] === row[field]));
    const { [EACH]: mine, ...rest } = row;
    if (mine === undefined || !base || base === row) return rest;
    const { mean, ci95, p } = pairedDifference(each(row), each(base), { rng: random(seed).stream("paired") });
    return { ...rest, difference: mean, differenceCi95: ci95, p };
  });
}
