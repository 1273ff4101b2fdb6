/** A series over steps as traces: a line, smoothed or not, or points. */
import { InputError } from "../core/errors.ts";
import { type Json, point, type Trace } from "./figure.ts";
import { faint, styleOf } from "./palette.ts";
import { type Smoothing, smooth } from "./smooth.ts";
import { escapeText, wrap } from "./text.ts";

export interface Series {
  readonly name: string;
  readonly x: readonly number[];
  /** As many as `x`. NaN is a gap. */
  readonly y: readonly number[];
  /** Lines are smoothed where smoothing is asked for; points are drawn as they are, joined by a thin line. Default "line". */
  readonly kind?: "line" | "points";
  /** Which colour of the palette, from 0: equal numbers, equal colours. Default: the place in the list. */
  readonly style?: number;
}

export interface SeriesLook {
  /** Which colour of the palette, from 0. */
  readonly style: number;
  /** Whether the series has a line of its own in the legend. */
  readonly legend: boolean;
  /** The values are shares, shown in % under the pointer. Default false. */
  readonly percent?: boolean;
  /** Default: none. */
  readonly smoothing?: Smoothing;
  /** Series of one group come and go together at a click on the legend. Default: the name. */
  readonly group?: string;
  /** `{ xaxis: "x2", yaxis: "y2" }` for a second panel. Default: the first. */
  readonly axes?: Readonly<Record<string, string>>;
}

const MOST_POINTS = 2000; // of a line: more cannot be seen and make files large
const NAME_WIDTH = 220; // pixels of a line in the legend

/** The traces of a series: the smoothed line with the raw one faint behind it, or points. */
export function seriesTraces(series: Series, look: SeriesLook): Trace[] {
  const { name, x, y, kind = "line" } = series;
  const { legend, percent = false, smoothing, group = name, axes = {} } = look;
  if (x.length !== y.length) {
    throw new InputError(`drawing '${name}': there are ${x.length} x and ${y.length} y, but they must be as many`);
  }
  const { colour, symbol, dash } = styleOf(look.style);
  const label = wrap(name, NAME_WIDTH);
  const shared = { type: "scatter", name: label, legendgroup: group, ...axes };
  const hover = { hovertemplate: `${escapeText(name)}<br>%{x}: ${percent ? "%{y:.1%}" : "%{y:.4g}"}<extra></extra>` };
  if (kind === "points") {
    const marker = { color: colour, symbol, size: 9, line: { color: "white", width: 1 } };
    const line = { color: colour, width: 1.5, dash: "dot" };
    return [{ ...shared, ...kept(x, y), ...hover, mode: "lines+markers", marker, line, showlegend: legend }];
  }
  const line = { color: colour, width: 2.2, dash };
  if (!smoothing) return [{ ...shared, ...kept(x, y), ...hover, mode: "lines", line, showlegend: legend }];
  const behind = { line: { color: faint(colour, 0.2), width: 1 }, showlegend: false, hoverinfo: "skip" };
  return [
    { ...shared, ...kept(x, y), mode: "lines", ...behind },
    { ...shared, ...kept(x, smooth(y, smoothing)), ...hover, mode: "lines", line, showlegend: legend },
  ];
}

/** Coordinates, thinned where there are very many: every k-th and the last. */
function kept(x: readonly number[], y: readonly number[]): { x: Json; y: Json } {
  const every = Math.ceil(x.length / MOST_POINTS);
  const keep = (_: number, i: number): boolean => i % every === 0 || i === x.length - 1;
  return { x: x.filter(keep).map(point), y: y.filter(keep).map(point) };
}
