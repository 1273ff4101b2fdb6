/** Measurements of several rounds in one figure each: medians, spreads and ratios. */
import type { Row } from "../results/table.ts";
import { toMarkdown } from "../results/table.ts";

/** One figure of one side in one round. */
export interface Measurement {
  /** step, encode, evaluate, start-up, or a growth curve. */
  readonly part: string;
  readonly model: string;
  readonly data: string;
  /** What was measured: "time of a step", ... */
  readonly figure: string;
  readonly unit: string;
  /** "kit", or the peer's name. */
  readonly side: string;
  /** From 1. */
  readonly round: number;
  readonly value: number;
  /** Where on a growth curve. */
  readonly x?: number;
}

export const KIT = "kit";

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly n: number;
}

/** Middle value (of an even number, the mean of the two in the middle), least and most. */
export function spread(values: readonly number[]): Spread {
  if (!values.length) throw new RangeError("spread: there are no values");
  const sorted = [...values].sort((a, b) => a - b);
  const n = sorted.length;
  const median = (sorted[(n - 1) >> 1]! + sorted[n >> 1]!) / 2;
  return { median, least: sorted[0]!, most: sorted[n - 1]!, n };
}

/** A figure of the kit beside one of a peer. */
export interface Compared extends Pick<Measurement, "part" | "model" | "data" | "figure" | "unit" | "x"> {
  readonly kit?: Spread;
  readonly side?: string;
  readonly peer?: Spread;
  /** The kit's value over the peer's of the same round. */
  readonly ratio?: Spread;
}

/** A line for each figure and peer, in order of first appearance; figures without a peer stand alone. */
export function compare(measurements: readonly Measurement[]): Compared[] {
  const groups = new Map<string, Measurement[]>();
  for (const m of measurements) {
    const key = JSON.stringify([m.part, m.model, m.data, m.figure, m.x ?? null]);
    groups.set(key, [...(groups.get(key) ?? []), m]);
  }
  return [...groups.values()].flatMap((group): Compared[] => {
    const { part, model, data, figure, unit, x } = group[0]!;
    const about = { part, model, data, figure, unit, ...(x !== undefined && { x }) };
    const sideOf = (side: string): Map<number, number> =>
      new Map(group.filter((m) => m.side === side).map((m) => [m.round, m.value]));
    const ours = sideOf(KIT);
    const kit = ours.size ? { kit: spread([...ours.values()]) } : {};
    const peers = [...new Set(group.map((m) => m.side))].filter((side) => side !== KIT);
    if (!peers.length) return [{ ...about, ...kit }];
    return peers.map((side) => {
      const theirs = sideOf(side);
      const ratios = [...ours].flatMap(([round, value]) =>
        theirs.has(round) ? [value / (theirs.get(round) as number)] : [],
      );
      return {
        ...about,
        ...kit,
        side,
        peer: spread([...theirs.values()]),
        ...(ratios.length && { ratio: spread(ratios) }),
      };
    });
  });
}

/** The lines as Markdown: median (least - most) of the rounds. */
export function comparedTable(lines: readonly Compared[]): string {
  const withX = lines.some((l) => l.x !== undefined);
  const header = ["part", "model", "data", "figure", ...(withX ? ["at"] : []), "unit"];
  return toMarkdown(
    [...header, "kit", "peer", "peer's", "kit / peer", "rounds"],
    lines.map((l) => [
      ...[l.part, l.model, l.data, l.figure, ...(withX ? [String(l.x ?? "")] : []), l.unit],
      spreadText(l.kit),
      l.side ?? "-",
      spreadText(l.peer),
      spreadText(l.ratio, l.ratio && l.ratio.median < 0.1 ? 4 : 2),
      String((l.kit ?? l.peer)?.n ?? ""),
    ]),
  );
}

/** The lines as rows for a CSV file. */
export function comparedRows(lines: readonly Compared[]): Row[] {
  const flat = (name: string, s?: Spread): Row =>
    s ? { [name]: s.median, [`${name} least`]: s.least, [`${name} most`]: s.most } : {};
  return lines.map(({ kit, peer, side, ratio, ...about }) => ({
    ...about,
    ...flat("kit", kit),
    peer: side,
    ...flat("peer's", peer),
    ...flat("kit / peer", ratio),
    rounds: (kit ?? peer)?.n,
  }));
}

/** `441 (438 - 452)`; three significant digits, or so many after the point. */
export function spreadText(s: Spread | undefined, digits?: number): string {
  if (!s) return "-";
  const text = (n: number): string => (digits === undefined ? significant(n) : n.toFixed(digits));
  return s.n > 1 ? `${text(s.median)} (${text(s.least)} - ${text(s.most)})` : text(s.median);
}

function significant(n: number): string {
  return Math.abs(n) >= 100 ? String(Math.round(n)) : n.toPrecision(3);
}
