/** Which row of results falls into which cell of a pivot table, and which cells are the best. */
import { count, InputError, list } from "../core/errors.ts";
import { estimate } from "../evaluate/accuracy.ts";
import { columnsOf, type Row } from "./table.ts";

export interface ArrangeOptions {
  /** Columns of the rows whose values name a line: ["head", "pooling"]. */
  rows: readonly string[];
  /** Columns whose values name a column, the outermost first: ["data", "nShot"]. May be none: one column, the value. */
  columns: readonly string[];
  /** The column with the number to show, such as "accuracy". */
  value: string;
  /** The column with the half-width of its interval; null for none. Default "ci95" for "accuracy", whose it is; else none. */
  interval?: string | null;
  /** What is compared for the best: each column, each row, the whole table, or nothing. Default "column". */
  best?: "column" | "row" | "table" | "none";
  /** Whether the highest is the best. Default true. */
  higher?: boolean;
  /**
   * Where several rows fall into one cell, as of several seeds: refuse them, or show their mean with the interval of that mean
   * (1.96 s / sqrt(n) over the rows, none for a single one; their own intervals are then not looked at). Default "refuse".
   */
  repeated?: "refuse" | "mean";
}

export interface PivotCell {
  /** null where there is no value. */
  readonly mean: number | null;
  /** Half-width of the 95 % interval; null where none is known. */
  readonly ci95: number | null;
  /** Rows that it was made from. */
  readonly n: number;
  readonly best: boolean;
  readonly near: boolean;
}

type Keys = readonly Row[string][];
type Measured = Pick<PivotCell, "mean" | "ci95" | "n">;

/** Lines, columns and marked cells [lines, columns]; the words for the columns are the caller's. */
export function arrange(rows: readonly Row[], options: ArrangeOptions) {
  const { value, repeated = "refuse" } = options;
  const known = columnsOf(rows);
  const usual = value === "accuracy" && known.includes("ci95") ? "ci95" : null;
  const interval = options.interval === undefined ? usual : options.interval;
  if (!rows.length) throw new InputError("pivot: got no rows");
  const wanted = [...options.rows, ...options.columns, value, ...(interval === null ? [] : [interval])];
  const missing = wanted.find((name) => !known.includes(name));
  if (missing !== undefined) throw new InputError(`pivot: no row has ${missing}; there are ${list(known, 20)}`);
  if (!options.rows.length) throw new InputError("pivot: wanted at least one column of the rows to name the lines");

  const lines = inOrder(rows, options.rows);
  const columns = inOrder(rows, options.columns);
  const groups = new Map<string, Row[]>();
  const place = (line: Keys, column: Keys): string => JSON.stringify([line, column]);
  for (const row of rows) {
    if (typeof numberOf(row, value) !== "number") continue;
    const at = place(keysOf(row, options.rows), keysOf(row, options.columns));
    groups.set(at, [...(groups.get(at) ?? []), row]);
  }
  const measured = lines.map((line) =>
    columns.map((column): Measured => {
      const group = groups.get(place(line, column)) ?? [];
      if (group.length > 1 && repeated === "refuse")
        throw new InputError(overfull(group, options, [...line, ...column]));
      const means = group.map((row) => numberOf(row, value)!);
      const n = means.length;
      if (!n) return { mean: null, ci95: null, n };
      if (repeated === "mean") {
        const { mean, ci95 } = estimate(means);
        return { mean, ci95: n > 1 ? ci95 : null, n };
      }
      return { mean: means[0]!, ci95: interval === null ? null : numberOf(group[0]!, interval), n };
    }),
  );
  const hasInterval = measured.flat().some((c) => c.ci95 !== null);
  return { lines, columns, cells: marked(measured, options), hasInterval };
}

/** A finite number, or null: an infinite interval is none. */
function numberOf(row: Row, name: string): number | null {
  const found = row[name];
  if (found === null || found === undefined) return null;
  if (typeof found !== "number") throw new InputError(`pivot: ${name} is ${JSON.stringify(found)}; wanted a number`);
  return Number.isFinite(found) ? found : null;
}

function keysOf(row: Row, names: readonly string[]): Keys {
  return names.map((name) => row[name] ?? null);
}

/** The different keys of the rows, sorted level by level by where each value first appears. */
function inOrder(rows: readonly Row[], names: readonly string[]): Keys[] {
  const first = names.map((name) => [...new Set(rows.map((row) => row[name] ?? null))]);
  const different = new Map(rows.map((row) => [JSON.stringify(keysOf(row, names)), keysOf(row, names)]));
  const rank = (keys: Keys): number[] =>
    keys.map((key, i) => first[i]!.indexOf(key as string | number | boolean | null));
  return [...different.values()].sort((a, b) => {
    const [p, q] = [rank(a), rank(b)];
    const level = p.findIndex((v, i) => v !== q[i]);
    return level < 0 ? 0 : p[level]! - q[level]!;
  });
}

function overfull(group: readonly Row[], options: ArrangeOptions, keys: Keys): string {
  const used = new Set([...options.rows, ...options.columns]);
  const names = columnsOf(group).filter((name) => !used.has(name));
  const differ = names.filter((name) => name !== options.value && new Set(group.map((r) => r[name])).size > 1);
  const hint = differ.length ? `; they differ in ${list(differ)}` : "";
  return (
    `pivot: ${count(group.length, "row")} for the cell ${keys.map(String).join(", ")}${hint}: ` +
    'name the difference in rows or columns, or set repeated: "mean"'
  );
}

/** Marks the best of each group of two or more values, and those whose interval reaches the best one's. */
function marked(
  cells: readonly (readonly Measured[])[],
  { best = "column", higher = true }: ArrangeOptions,
): PivotCell[][] {
  const better = (a: number, b: number): boolean => (higher ? a > b : a < b);
  const groupOf = (i: number, c: number): readonly Measured[] => {
    if (best === "none") return [];
    if (best === "row") return cells[i]!;
    return best === "table" ? cells.flat() : cells.map((line) => line[c]!);
  };
  return cells.map((line, i) =>
    line.map((cell, c): PivotCell => {
      const rivals = groupOf(i, c).filter((other) => other.mean !== null);
      if (cell.mean === null || rivals.length < 2) return { ...cell, best: false, near: false };
      const top = rivals.reduce((a, b) => (better(b.mean!, a.mean!) ? b : a));
      const isBest = cell.mean === top.mean;
      const overlap = Math.abs(cell.mean - top.mean!) <= (cell.ci95 ?? 0) + (top.ci95 ?? 0);
      return { ...cell, best: isBest, near: !isBest && cell.ci95 !== null && top.ci95 !== null && overlap };
    }),
  );
}
