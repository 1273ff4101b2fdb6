/** What a study of "other" keeps for its pictures: curves with few points, and how scores are spread. */
import type { RiskCoverage } from "../evaluate/curves.ts";
import type { Confidence } from "../evaluate/open-set.ts";
import type { NamedRisk, NamedRoc } from "../plots/open-set.ts";
import type { Row } from "../results/table.ts";

/** Shares of the queries of one kind in equal bins of score. */
export interface ScoreShares {
  readonly part: "dev" | "test";
  readonly kind: "known" | "other";
  /** Middles of the bins. */
  readonly score: readonly number[];
  readonly share: readonly number[];
}

/** Of one model and one kind of others. */
export interface OpenSetCurves {
  readonly roc: Omit<NamedRoc, "name">;
  readonly risk: Omit<NamedRisk, "name">;
  /** Chosen on dev classes. */
  readonly threshold: number;
  /** The best on the test episodes. */
  readonly bestThreshold: number;
  readonly scores: readonly ScoreShares[];
}

/** The file of a row's curves, in the folder of the study's tasks. */
export function curvesFile({ data, head, encoder, otherFrom, nShot }: Row): string {
  const name = [data, head, encoder, otherFrom, nShot].join(" ").replaceAll(/[^\p{L}\p{N}.]+/gu, "-");
  return `curves/${name}.json`;
}

const POINTS = 201; // of a curve: on a panel of 440 pixels more are not seen

/**
 * A curve with at most 201 of its points: the first, the last, and between them the first in each of 199 equal steps along
 * `fields[0]` and `fields[1]` together, both monotone or noisy in [0, 1]. Steep and flat pieces so keep theirs.
 */
export function thinned<K extends string>(
  curve: Readonly<Record<K, readonly number[]>>,
  fields: readonly [K, K],
): Record<K, number[]> {
  const [x, y] = [curve[fields[0]], curve[fields[1]]];
  const last = x.length - 1;
  const along = (i: number): number => (i === 0 ? 0 : Math.hypot(x[i]! - x[i - 1]!, y[i]! - y[i - 1]!));
  const length = x.reduce((sum, _, i) => sum + along(i), 0);
  const kept: number[] = [];
  let [at, next] = [0, 0];
  for (let i = 0; i <= last; i++) {
    at += along(i);
    if (i !== last && at < next) continue;
    kept.push(i);
    next = at + length / (POINTS - 2);
  }
  const of = (values: readonly number[]): number[] => kept.map((i) => values[i]!);
  return { [fields[0]]: of(x), [fields[1]]: of(y) } as Record<K, number[]>;
}

/** A curve of risk from a coverage of one percent on: below it the risk is the luck of a few queries. */
export function beyondLuck({ coverage, risk }: Pick<RiskCoverage, "coverage" | "risk">): {
  coverage: readonly number[];
  risk: readonly number[];
} {
  const from = coverage.findIndex((c) => c >= 0.01);
  return { coverage: coverage.slice(from), risk: risk.slice(from) };
}

const BINS = 30;

/** The spread of the highest scores, in bins that all kinds share; the outermost hundredth lies in the outermost bins. */
export function shares(items: Readonly<Record<"dev" | "test", readonly Confidence[]>>): ScoreShares[] {
  const all = [...items.dev, ...items.test].map((i) => i.score).sort((a, b) => a - b);
  const low = all[Math.floor(0.01 * (all.length - 1))]!;
  const high = all[Math.ceil(0.99 * (all.length - 1))]!;
  const width = (high - low) / BINS || 1;
  const bin = (score: number): number => Math.min(BINS - 1, Math.max(0, Math.floor((score - low) / width)));
  return (["dev", "test"] as const).flatMap((part) =>
    (["known", "other"] as const).map((kind): ScoreShares => {
      const own = items[part].filter((i) => i.known === (kind === "known"));
      const counts = new Array<number>(BINS).fill(0);
      for (const { score } of own) counts[bin(score)]!++;
      return {
        ...{ part, kind, score: counts.map((_, b) => low + (b + 0.5) * width) },
        share: counts.map((n) => n / own.length),
      };
    }),
  );
}
