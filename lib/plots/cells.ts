/** Coloured cells with a text in each: what heat maps and confusion matrices are made of. */
import { InputError } from "../core/errors.ts";
import { axis, baseLayout, type Figure, type Json, point, type Trace } from "./figure.ts";
import { cellColour, EMPTY, STOPS, textColour } from "./shades.ts";
import { escapeText, FONT_SIZE, shorten, widest, wrap } from "./text.ts";

export interface CellsOptions {
  readonly title: string | undefined;
  /** Titles of the axes. */
  readonly x: string | undefined;
  readonly y: string | undefined;
  /** Values of the lightest and the darkest colour. */
  readonly range: readonly [number, number];
  /** Of a cell, in pixels. */
  readonly cell: { readonly width: number; readonly height: number };
  /** Cells with a rim, as [row, column]. */
  readonly outlined: readonly (readonly [number, number])[];
}

/** One cell: its value, NaN for none, the text on it, lines parted by `\n`, and what stands under the pointer. */
export interface Cell {
  readonly value: number;
  readonly text: string;
  readonly hover: string;
}

const RIM = "#d55e00";
const SLANTED = 240; // pixels of a slanted name
const COLUMN_LINES = 3; // that a column's name may take before it is slanted

/** A figure of rows of cells, the first row on top. InputError where a row is not as long as the list of columns. */
export function cellsFigure(
  cells: readonly (readonly Cell[])[],
  rows: readonly string[],
  columns: readonly string[],
  options: CellsOptions,
): Figure {
  checkSizes(cells, rows, columns);
  const { title, x, y, range, cell, outlined } = options;
  const slanted = columns.some((name) => wrap(name, cell.width - 6).split("<br>").length > COLUMN_LINES);
  const rowNames = rows.map((name) => wrap(name, 260));
  const columnNames = columns.map((name) => (slanted ? shorten(name, SLANTED) : wrap(name, cell.width - 6)));
  const left = widest(rowNames.flatMap((name) => name.split("<br>"))) + (y ? 48 : 20);
  const below = slanted ? 0.75 * Math.min(SLANTED, widest(columns)) + 24 : 20 * COLUMN_LINES;
  const base = baseLayout(title, Math.round(left + cell.width * columns.length + 40), 0);
  const margin = base.margin as { readonly t: number };
  const ends = (names: readonly string[]): Json => names.map((_, i) => i);
  const shared = {
    tickmode: "array",
    tickcolor: "rgba(0,0,0,0)", // unseen ticks keep names off the cells
    tickfont: { size: Math.max(8, Math.min(FONT_SIZE, cell.height - 3)) },
    showgrid: false,
    showline: false,
  };
  const layout: Record<string, Json> = {
    ...base,
    height: Math.round(margin.t + cell.height * rows.length + below + (x ? 34 : 0)),
    plot_bgcolor: EMPTY,
    showlegend: false,
    xaxis: axis(x, {
      ...shared,
      tickvals: ends(columns),
      ticktext: columnNames,
      tickangle: slanted ? (cell.width < 24 ? -90 : -45) : 0,
      range: [-0.5, columns.length - 0.5],
    }),
    yaxis: axis(y, { ...shared, tickvals: ends(rows), ticktext: rowNames, range: [rows.length - 0.5, -0.5] }),
    shapes: outlined.map(([row, column]) => rim(row, column)),
  };
  return { data: [coloured(cells, range), written(cells, range, cell)], layout };
}

function checkSizes(cells: readonly (readonly Cell[])[], rows: readonly string[], columns: readonly string[]): void {
  const size = `${rows.length} names of rows and ${columns.length} of columns`;
  if (!rows.length || !columns.length) throw new InputError(`drawing cells: got ${size}, but wanted some of both`);
  if (cells.length !== rows.length)
    throw new InputError(`drawing cells: got ${size}, but ${cells.length} rows of values`);
  cells.forEach((row, i) => {
    if (row.length === columns.length) return;
    throw new InputError(`drawing cells: got ${size}, but ${row.length} values in row ${i} ('${rows[i]}')`);
  });
}

function coloured(cells: readonly (readonly Cell[])[], [low, high]: readonly [number, number]): Trace {
  return {
    type: "heatmap",
    z: cells.map((row) => row.map((c) => point(c.value))),
    zmin: low,
    zmax: high > low ? high : low + 1,
    colorscale: STOPS.map((colour, i) => [i / (STOPS.length - 1), colour]),
    showscale: false,
    xgap: 2,
    ygap: 2,
    customdata: cells.map((row) => row.map((c) => c.hover.split("\n").map(escapeText).join("<br>"))),
    hovertemplate: "%{customdata}<extra></extra>",
  };
}

/** The texts, as points of their own: each in the colour that can be read on its cell. */
function written(
  cells: readonly (readonly Cell[])[],
  range: readonly [number, number],
  cell: { readonly width: number; readonly height: number },
): Trace {
  const places = cells.flatMap((row, r) => row.map((c, column) => ({ ...c, r, column }))).filter((c) => c.text !== "");
  const lines = places.flatMap((c) => c.text.split("\n"));
  const most = Math.max(1, ...places.map((c) => c.text.split("\n").length));
  const fitting = Math.min((cell.width - 8) / (widest(lines, 1) || 1), (cell.height - 4) / (1.3 * most));
  return {
    type: "scatter",
    mode: "text",
    x: places.map((c) => c.column),
    y: places.map((c) => c.r),
    text: places.map((c) => c.text.split("\n").map(escapeText).join("<br>")),
    textfont: {
      size: Math.max(8, Math.min(FONT_SIZE, Math.floor(fitting))),
      color: places.map((c) => textColour(cellColour(c.value, range))),
    },
    hoverinfo: "skip",
  };
}

function rim(row: number, column: number): Json {
  const at = { x0: column - 0.48, x1: column + 0.48, y0: row - 0.47, y1: row + 0.47 };
  return { type: "rect", ...at, line: { color: RIM, width: 3 }, fillcolor: "rgba(0,0,0,0)", layer: "above" };
}
