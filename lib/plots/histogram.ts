/** Histograms: how the numbers of one or more samples are spread, as shares, so that samples of any size compare. */
import { InputError } from "../core/errors.ts";
import { axis, baseLayout, type Figure, type Json, point, type Trace } from "./figure.ts";
import { faint, styleOf } from "./palette.ts";
import { escapeText, wrap } from "./text.ts";

export interface HistogramOptions {
  /** Default: none. */
  readonly title?: string;
  /** Title of the horizontal axis: what the numbers are. Default: none. */
  readonly x?: string;
  /** Bins of equal width. Default 50; for whole numbers one bin a number, where these are no more than 200. */
  readonly bins?: number;
  /** Ends of the bins. Values outside are not drawn, but count in the shares. Default: the least and the greatest value. */
  readonly range?: readonly [number, number];
  /** Dashed lines at the samples' means. Default false. */
  readonly means?: boolean;
  /** In pixels. Default 800. */
  readonly width?: number;
  /** In pixels. Default 380. */
  readonly height?: number;
}

const NAME = 220; // pixels of a line in the legend
const MOST_WHOLE = 200;

/**
 * Samples by name, one outline each. The height of a bin is the share of its sample's values in it, in %. A bin holds its lower
 * end, the last bin both ends. InputError where a sample is empty or holds what is no number.
 */
export function histogram(
  samples: Readonly<Record<string, readonly number[]>>,
  options: HistogramOptions = {},
): Figure {
  const { title, x, means = false, width = 800, height = 380 } = options;
  const named = Object.entries(samples);
  if (named.length === 0) throw new InputError("drawing a histogram: there are no samples, but one is wanted");
  for (const [name, values] of named) {
    if (values.length === 0) throw new InputError(`drawing a histogram: the sample '${name}' is empty`);
    const wrong = values.find((v) => !Number.isFinite(v));
    if (wrong !== undefined) throw new InputError(`drawing a histogram: the sample '${name}' holds ${wrong}`);
  }
  const edges = edgesOf(
    named.flatMap(([, values]) => values),
    options,
  );
  const data = named.flatMap(([name, values], i): Trace[] => outline(name, values, edges, i));
  const lines = named.map(([, values], i) => meanLine(values, i));
  const layout: Record<string, Json> = {
    ...baseLayout(title, width, height),
    showlegend: named.length > 1,
    xaxis: axis(x, { range: [edges[0] as number, edges.at(-1) as number] }),
    yaxis: axis(named.length > 1 ? "share of each (%)" : "share (%)", { rangemode: "tozero" }),
    ...(means && { shapes: lines }),
  };
  return { data, layout };
}

/** Counts of values in bins between rising edges. */
export function binCounts(values: readonly number[], edges: readonly number[]): number[] {
  const bins = edges.length - 1;
  const first = edges[0] as number;
  const last = edges[bins] as number;
  const counts = new Array<number>(bins).fill(0);
  for (const v of values) {
    if (!(v >= first && v <= last)) continue;
    let i = Math.min(bins - 1, Math.floor(((v - first) / (last - first)) * bins));
    if (v < (edges[i] as number))
      i--; // rounding may be one off
    else if (i < bins - 1 && v >= (edges[i + 1] as number)) i++;
    counts[i] = (counts[i] as number) + 1;
  }
  return counts;
}

/** Rising ends of the bins, one more than bins. */
function edgesOf(values: readonly number[], { bins, range }: HistogramOptions): number[] {
  let [least, most] = range ?? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (!range) for (const v of values) [least, most] = [Math.min(least, v), Math.max(most, v)];
  let n = bins ?? 50;
  if (bins === undefined && !range && values.every(Number.isInteger) && most - least < MOST_WHOLE) {
    n = most - least + 1;
    least -= 0.5; // each number in the middle of its bin
    most += 0.5;
  }
  if (least === most) [least, most] = [least - 0.5, most + 0.5];
  if (!(Number.isInteger(n) && n >= 1 && least < most))
    throw new InputError(`drawing a histogram: ${n} bins from ${least} to ${most}; wanted at least one, of some width`);
  return Array.from({ length: n + 1 }, (_, i) => (i === n ? most : least + (i * (most - least)) / n));
}

/** Steps over the bins, filled faintly, so that samples may lie on one another. */
function outline(name: string, values: readonly number[], edges: readonly number[], style: number): Trace[] {
  const { colour } = styleOf(style);
  const counts = binCounts(values, edges);
  const share = counts.map((n) => (100 * n) / values.length);
  const words = counts.map((n, i) => {
    const [from, to] = [edges[i] as number, edges[i + 1] as number].map((e) => Number(e.toPrecision(4)));
    return `${escapeText(name)}<br>${from} to ${to}: ${n} of ${values.length}, ${(share[i] as number).toFixed(1)} %`;
  });
  return [
    {
      ...{ type: "scatter", mode: "lines", name: wrap(name, NAME), legendgroup: name },
      x: [edges[0] as number, ...edges].map(point),
      y: [0, ...share, 0].map(point),
      line: { color: colour, width: 2, shape: "hv" },
      ...{ fill: "tozeroy", fillcolor: faint(colour, 0.22) },
      ...{ text: ["", ...words, ""], hovertemplate: "%{text}<extra></extra>" },
    },
  ];
}

function meanLine(values: readonly number[], style: number): Json {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const line = { color: styleOf(style).colour, width: 1.6, dash: "dash" };
  return { type: "line", yref: "paper", y0: 0, y1: 1, x0: point(mean), x1: point(mean), line };
}
