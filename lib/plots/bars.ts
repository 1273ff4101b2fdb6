/** Grouped bars of accuracies with their 95 % intervals. */
import { InputError } from "../core/errors.ts";
import { axis, baseLayout, type Figure, INK, type Json, point, type Trace } from "./figure.ts";
import { styleOf } from "./palette.ts";
import { escapeText, FONT_SIZE, widest, wrap } from "./text.ts";

/** One bar: a share in [0, 1] and the half-width of its 95 % interval. */
export interface Bar {
  /** What bars stand together for: a data set, an encoder. */
  readonly group: string;
  /** What the colours are for: a method. */
  readonly name: string;
  /** NaN where there is no result: no bar. */
  readonly mean: number;
  /** Default: no whiskers. */
  readonly ci95?: number;
}

export interface BarsOptions {
  /** Default: none. */
  readonly title?: string;
  /** Title of the vertical axis. Default "accuracy (%)". */
  readonly y?: string;
  /** Title of the horizontal axis. Default: none. */
  readonly x?: string;
  /** A dashed line at this share, as of guessing: 1 / N. Default: none. */
  readonly chance?: number;
  /** The share that the axis begins at: where it is not 0, its title says so. Default 0. */
  readonly from?: number;
  /** In pixels. Default: as wide as the labels need, from 640. */
  readonly width?: number;
  /** In pixels. Default 480. */
  readonly height?: number;
}

const LABEL = FONT_SIZE - 2;
const BAR = 44; // pixels, so that `100.0` fits above
const NAME = 220; // pixels of a line in the legend
const GAP = 0.7; // between groups, in bars

/**
 * Bars in groups, in order of first appearance, with whiskers and the value in % above. InputError without bars, and
 * where a group has two bars of one name.
 */
export function bars(items: readonly Bar[], options: BarsOptions = {}): Figure {
  const { title, y = "accuracy (%)", x, chance, from = 0, height = 480 } = options;
  const groups = [...new Set(items.map((item) => item.group))];
  const names = [...new Set(items.map((item) => item.name))];
  if (items.length === 0) throw new InputError("drawing bars: there are none, but at least one is wanted");
  const twice = items.find((item, i) => items.findIndex((o) => o.group === item.group && o.name === item.name) < i);
  if (twice) throw new InputError(`drawing bars: the group '${twice.group}' has two bars of the name '${twice.name}'`);
  const slot = names.length + GAP;
  const beside = names.length > 1 ? Math.min(widest(names), NAME) + 90 : chance === undefined ? 24 : 100;
  const width = options.width ?? Math.max(640, Math.round(groups.length * slot * BAR + beside + 80));
  const pixels = Math.max(40, (width - beside - 80) / groups.length); // of a group
  const data = names.flatMap((name, i) => {
    const own = items.filter((item) => item.name === name);
    const at = own.map((item) => groups.indexOf(item.group) * slot + i - (names.length - 1) / 2);
    return barTraces(own, at, i, from);
  });
  const base = baseLayout(title, width, height);
  const layout: Record<string, Json> = {
    ...base,
    margin: { ...(base.margin as object), r: chance === undefined ? 24 : 100 },
    showlegend: names.length > 1,
    bargap: 0,
    xaxis: axis(x, {
      ...{ tickmode: "array", tickvals: groups.map((_, i) => i * slot), tickangle: 0, showgrid: false, ticks: "" },
      ...{ ticktext: groups.map((group) => wrap(group, pixels - 8)) },
      range: [-slot / 2, (groups.length - 0.5) * slot],
    }),
    yaxis: axis(from ? `${y}, from ${100 * from}` : y, { range: [100 * from, top(items, from)] }),
    ...(chance !== undefined && chanceLine(chance)),
  };
  return { data, layout };
}

/** The bars of one name, and the values above their whiskers: letters on the bars would lie under the whiskers. */
function barTraces(own: readonly Bar[], at: readonly number[], style: number, from: number): Trace[] {
  const { colour } = styleOf(style);
  const name = own[0]?.name ?? "";
  const half = own.map(({ mean, ci95 = 0 }) => (Number.isFinite(mean + ci95) ? 100 * ci95 : 0));
  const words = own.map((item, i) => percent(item.mean) + (half[i] ? ` ± ${(half[i] as number).toFixed(1)}` : ""));
  const shared = { name: wrap(name, NAME), legendgroup: name, x: at };
  const bar: Trace = {
    ...{ type: "bar", ...shared, base: 100 * from, width: at.map(() => 0.92), marker: { color: colour } },
    y: own.map((item) => point(100 * (item.mean - from))),
    ...(half.some(Boolean) && {
      error_y: { type: "data", array: half.map(point), color: INK, thickness: 1.3, width: 5 },
    }),
    customdata: own.map((item, i) => [escapeText(item.group), words[i] as string]),
    hovertemplate: `%{customdata[0]}<br>${escapeText(name)}: %{customdata[1]} %<extra></extra>`,
  };
  const label: Trace = {
    ...{ type: "scatter", ...shared, mode: "text", textposition: "top center", cliponaxis: false, hoverinfo: "skip" },
    y: own.map((item, i) => point(100 * item.mean + (half[i] as number))),
    text: own.map((item) => percent(item.mean)),
    textfont: { size: LABEL },
    showlegend: false,
  };
  return [bar, label];
}

function percent(share: number): string {
  return Number.isFinite(share) ? (100 * share).toFixed(1) : "";
}

/** The end of the axis: above the highest whisker and its label. */
function top(items: readonly Bar[], from: number): number {
  const ends = items.map((item) => 100 * endOf(item)).filter(Number.isFinite);
  const highest = Math.max(...ends, 100 * from + 1);
  return highest + 0.08 * (highest - 100 * from);
}

/** The upper end of a bar with its whisker. */
function endOf({ mean, ci95 = 0 }: Bar): number {
  return mean + (Number.isFinite(ci95) ? ci95 : 0);
}

function chanceLine(chance: number): Record<string, Json> {
  const y = 100 * chance;
  const line = { color: INK, width: 1.2, dash: "dash" };
  const beside = { xref: "paper", x: 1, xanchor: "left", xshift: 6, y, yanchor: "middle", showarrow: false };
  return {
    shapes: [{ type: "line", xref: "paper", x0: 0, x1: 1, y0: y, y1: y, line, layer: "above" }],
    annotations: [{ ...beside, text: `chance ${percent(chance)}`, font: { size: LABEL } }],
  };
}
