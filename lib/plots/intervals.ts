/** Many means with their 95 % intervals side by side, in groups, against the value that they estimate. */
import { InputError } from "../core/errors.ts";
import { axis, baseLayout, type Figure, INK, type Json, point, type Trace } from "./figure.ts";
import { PALETTE } from "./palette.ts";
import { escapeText, FONT_SIZE, wrap } from "./text.ts";

/** One mean: a share in [0, 1] and the half-width of its interval. */
export interface IntervalPoint {
  /** What points stand together for. */
  readonly group: string;
  readonly mean: number;
  readonly ci95: number;
}

export interface IntervalsOptions {
  /** Default: none. */
  readonly title?: string;
  /** Default "accuracy (%)". */
  readonly y?: string;
  /** Default: none. */
  readonly x?: string;
  /** A line at this share; intervals that do not hold it have a colour of their own. Default: none. */
  readonly reference?: number;
  /** What the line is, in a word or two. Default "reference". */
  readonly referenceName?: string;
  /** A dashed line at this share, as of guessing: 1 / N. Default: none. */
  readonly chance?: number;
  /** In pixels. Default 900. */
  readonly width?: number;
  /** In pixels. Default 480. */
  readonly height?: number;
}

const GAP = 3; // between groups, in points
const LEGEND = 24; // above the plot, under the title
const MARGIN = 130; // to the right, for the words beside the lines

/** Dots with whiskers, groups and points in order of first appearance. InputError without points. */
export function intervals(points: readonly IntervalPoint[], options: IntervalsOptions = {}): Figure {
  const { title, y = "accuracy (%)", x, reference, referenceName = "reference", chance } = options;
  const { width = 900, height = 480 } = options;
  if (points.length === 0) throw new InputError("drawing intervals: there are none, but at least one is wanted");
  const groups = [...new Set(points.map((p) => p.group))].map((name) => ({
    name,
    own: points.filter((p) => p.group === name),
  }));
  let end = 0;
  const placed = groups.map(({ name, own }) => {
    const start = end;
    end += own.length + GAP;
    return { name, middle: start + (own.length - 1) / 2, points: own.map((p, i) => ({ ...p, at: start + i })) };
  });
  const all = placed.flatMap((g) => g.points);
  const holds = (p: IntervalPoint): boolean => reference === undefined || Math.abs(p.mean - reference) <= p.ci95;
  const kinds = [
    { name: "holds the line", colour: PALETTE[0], own: all.filter(holds) },
    { name: "misses it", colour: PALETTE[1], own: all.filter((p) => !holds(p)) },
  ];
  const lines = [
    ...(reference === undefined ? [] : [{ at: reference, name: referenceName, dash: "solid" }]),
    ...(chance === undefined ? [] : [{ at: chance, name: "chance", dash: "dash" }]),
  ];
  const base = baseLayout(title, width, height);
  const margin = base.margin as { readonly t: number; readonly r: number };
  const pixels = (width - MARGIN - 80) / groups.length;
  const layout: Record<string, Json> = {
    ...base,
    margin: { ...margin, t: margin.t + (reference === undefined ? 0 : LEGEND), r: lines.length ? MARGIN : margin.r },
    showlegend: reference !== undefined,
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.02, yanchor: "bottom" },
    xaxis: axis(x, {
      ...{ tickmode: "array", tickvals: placed.map((g) => g.middle), tickangle: 0, showgrid: false, ticks: "" },
      ...{ ticktext: placed.map((g) => wrap(g.name, pixels - 8)), range: [-GAP / 2, end - GAP + GAP / 2] },
    }),
    yaxis: axis(y),
    shapes: lines.map(({ at, dash }) => lineShape(at, dash)),
    annotations: lines.map(({ at, name }) => lineName(at, name)),
  };
  return { data: kinds.filter(({ own }) => own.length).map(dots), layout };
}

function dots({
  name,
  colour,
  own,
}: {
  name: string;
  colour: string;
  own: readonly (IntervalPoint & { at: number })[];
}): Trace {
  return {
    ...{ type: "scatter", mode: "markers", name, x: own.map((p) => p.at), y: own.map((p) => point(100 * p.mean)) },
    marker: { color: colour, size: 6 },
    error_y: { type: "data", array: own.map((p) => point(100 * p.ci95)), color: colour, thickness: 1.4, width: 3 },
    text: own.map((p) => `${escapeText(p.group)}<br>${percent(p.mean)} ± ${percent(p.ci95)} %`),
    hovertemplate: "%{text}<extra></extra>",
  };
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function lineShape(at: number, dash: string): Json {
  const line = { color: INK, width: 1.2, dash };
  return { type: "line", xref: "paper", x0: 0, x1: 1, y0: 100 * at, y1: 100 * at, line, layer: "above" };
}

function lineName(at: number, name: string): Json {
  const beside = { xref: "paper", x: 1, xanchor: "left", xshift: 6, y: 100 * at, yanchor: "middle", showarrow: false };
  return { ...beside, text: `${escapeText(name)} ${percent(at)}`, font: { size: FONT_SIZE - 2 } };
}
