/** Curves of what a threshold on the confidence does: ROC for known against other, risk against coverage. */
import { InputError } from "../core/errors.ts";
import type { Confidence } from "./open-set.ts";

/** Corners of the curve from (0, 0) to (1, 1), plain arrays of one length. */
export interface RocCurve {
  /** Share of other queries accepted. */
  readonly otherAccepted: readonly number[];
  /** Share of known queries accepted. */
  readonly knownAccepted: readonly number[];
  /** Queries at or above it are accepted; null at (0, 0), where none is. */
  readonly thresholds: readonly (number | null)[];
  /** Area under the curve (trapezoids): what auroc() gives, to the last bit. */
  readonly area: number;
}

/**
 * The ROC curve of telling known queries from other ones by their highest score. Equal scores are accepted together, a
 * slanting piece; points inside a straight piece are left out. Throws an InputError where one side is empty.
 */
export function rocCurve(items: readonly Pick<Confidence, "score" | "known">[]): RocCurve {
  const known = items.filter((i) => i.known).length;
  const other = items.length - known;
  if (!known || !other)
    throw new InputError(`ROC curve: got ${known} known and ${other} other queries; wanted some of both`);
  const points: Step[] = [{ x: 0, y: 0, threshold: null }];
  let area = 0; // in whole and half queries, so that it is exact
  for (const group of byScore(items)) {
    const last = points.at(-1)!;
    const hits = group.items.filter((i) => i.known).length;
    const point = { x: last.x + group.items.length - hits, y: last.y + hits, threshold: group.score };
    area += ((point.x - last.x) * (point.y + last.y)) / 2;
    if (points.length > 1 && straight(points.at(-2)!, last, point)) points.pop();
    points.push(point);
  }
  return {
    otherAccepted: points.map((p) => p.x / other),
    knownAccepted: points.map((p) => p.y / known),
    thresholds: points.map((p) => p.threshold),
    area: area / (known * other),
  };
}

/** Plain arrays of one length, from the least coverage to 1. */
export interface RiskCoverage {
  /** Share of queries accepted, in (0, 1]. */
  readonly coverage: readonly number[];
  /** Share of the accepted ones that are answered wrongly, in [0, 1]. */
  readonly risk: readonly number[];
  /** Queries at or above it are accepted. */
  readonly thresholds: readonly number[];
  /** AURC: the mean risk when each query's own score in turn is the threshold. Lower is better. */
  readonly area: number;
  /** AURC less that of the best order of the same answers, wrong ones last (E-AURC): 0 is perfect. */
  readonly excess: number;
}

/**
 * Risk against coverage (El-Yaniv & Wiener 2010) with its area, AURC (Geifman, Uziel & El-Yaniv 2019, arXiv 1805.08206): how
 * many answers are wrong when only the surest are given. A query of no class counts as wrong when it is accepted; give
 * known queries alone for the risk within the classes. Throws an InputError for no queries.
 */
export function riskCoverage(items: readonly Pick<Confidence, "score" | "right">[]): RiskCoverage {
  const n = items.length;
  if (!n) throw new InputError("risk and coverage: got no queries");
  const coverage: number[] = [];
  const risk: number[] = [];
  const thresholds: number[] = [];
  let accepted = 0;
  let wrong = 0;
  let sum = 0;
  for (const group of byScore(items)) {
    accepted += group.items.length;
    wrong += group.items.filter((i) => !i.right).length;
    coverage.push(accepted / n);
    risk.push(wrong / accepted);
    thresholds.push(group.score);
    sum += (group.items.length * wrong) / accepted;
  }
  let best = 0;
  for (let i = n - wrong + 1; i <= n; i++) best += (i - (n - wrong)) / i;
  return { coverage, risk, thresholds, area: sum / n, excess: (sum - best) / n };
}

interface Step {
  readonly x: number;
  readonly y: number;
  readonly threshold: number | null;
}

function straight(a: Step, b: Step, c: Step): boolean {
  return (b.x - a.x) * (c.y - b.y) === (c.x - b.x) * (b.y - a.y);
}

/** Items of equal score together, the highest score first. */
function byScore<T extends { readonly score: number }>(items: readonly T[]): { score: number; items: T[] }[] {
  const groups: { score: number; items: T[] }[] = [];
  for (const item of [...items].sort((a, b) => b.score - a.score)) {
    const last = groups.at(-1);
    if (last?.score === item.score) last.items.push(item);
    else groups.push({ score: item.score, items: [item] });
  }
  return groups;
}
