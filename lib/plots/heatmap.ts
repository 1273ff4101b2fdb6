/** Heat maps of an ablation: one setting down, one across, the value in every cell. */
import { InputError } from "../core/errors.ts";
import { type Cell, cellsFigure } from "./cells.ts";
import type { Figure } from "./figure.ts";
import { widest } from "./text.ts";

export interface HeatmapOptions {
  /** Names of the rows, the first on top. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Default: none. */
  readonly title?: string;
  /** What the columns are, such as "distance". Default: none. */
  readonly x?: string;
  /** What the rows are, such as "layer". Default: none. */
  readonly y?: string;
  /** The values are shares, written in %. Default true. */
  readonly percent?: boolean;
  /** Digits after the point. Default 1. */
  readonly digits?: number;
  /** Half-widths of 95 % intervals, as many as values, shown under the pointer. Default: none. */
  readonly ci95?: readonly (readonly number[])[];
  /** Draws a rim around the best cell of each row, each column or the whole table, around all of equals. Default "none". */
  readonly best?: "row" | "column" | "table" | "none";
  /** Whether the highest or the lowest is best. Default "highest". */
  readonly bestIs?: "highest" | "lowest";
  /** Values of the lightest and the darkest colour. Default: the least and the greatest value. */
  readonly range?: readonly [number, number];
}

/** A heat map of values [rows, columns]; NaN is a grey cell with a dash. InputError where sizes do not match the names. */
export function heatmap(values: readonly (readonly number[])[], options: HeatmapOptions): Figure {
  const { rows, columns, title, x, y, percent = true, digits = 1, ci95, best = "none", bestIs = "highest" } = options;
  const finite = values.flat().filter(Number.isFinite);
  if (finite.length === 0) throw new InputError("heat map: there is no value that is a number, but one is wanted");
  const show = (v: number): string => (percent ? 100 * v : v).toFixed(digits);
  const cells = values.map((row, r) =>
    row.map((value, c): Cell => {
      const text = Number.isFinite(value) ? show(value) : "–";
      const half = ci95?.[r]?.[c];
      const interval = half !== undefined && Number.isFinite(half) ? ` ± ${show(half)}` : "";
      return { value, text, hover: `${rows[r]}, ${columns[c]}\n${text}${interval}` };
    }),
  );
  const texts = cells.flat().map((c) => c.text);
  const width = Math.max(
    64,
    widest(texts) + 16,
    Math.min(110, widest(columns.flatMap((c) => c.split(/[\s_./-]/))) + 8),
  );
  return cellsFigure(cells, rows, columns, {
    title,
    x,
    y,
    range: options.range ?? [Math.min(...finite), Math.max(...finite)],
    cell: { width, height: 40 },
    outlined: bestCells(values, best, bestIs === "highest" ? 1 : -1),
  });
}

/** Cells, as [row, column], that hold the best value of their group. */
function bestCells(values: readonly (readonly number[])[], best: string, sign: 1 | -1): [number, number][] {
  const all = values.flatMap((row, r) => row.map((value, c) => ({ r, c, score: sign * value })));
  const groupOf = (cell: { r: number; c: number }): number =>
    best === "row" ? cell.r : best === "column" ? cell.c : 0;
  const most = new Map<number, number>();
  for (const cell of all) {
    if (Number.isNaN(cell.score)) continue;
    most.set(groupOf(cell), Math.max(most.get(groupOf(cell)) ?? Number.NEGATIVE_INFINITY, cell.score));
  }
  return best === "none" ? [] : all.filter((cell) => cell.score === most.get(groupOf(cell))).map(({ r, c }) => [r, c]);
}
