/** Maps of embeddings in two dimensions, side by side: the same texts before and after training. */
import { InputError } from "../core/errors.ts";
import { type EmbeddingPoint, legendTraces, panelTraces } from "./embedding-traces.ts";
import { baseLayout, type Figure, type Json, point, type Trace } from "./figure.ts";
import { FONT_SIZE, widest, wrap } from "./text.ts";

export type { EmbeddingPoint };

export interface EmbeddingPanel {
  /** Such as "raw" or "trained". */
  readonly name: string;
  readonly points: readonly EmbeddingPoint[];
}

export interface EmbeddingMapOptions {
  /** Default: none. */
  readonly title?: string;
  /** The classes, in the order of the legend and of the colours. Default: in order of first appearance. */
  readonly classes?: readonly string[];
  /** Of each panel, in pixels. Default 440. */
  readonly size?: number;
}

/**
 * A map with one square panel beside the other. Each class has its colour and symbol in all panels; prototypes are
 * stars, supports have a dark rim, wrong ones a ring, others are grey. Distances mean nothing across panels, so axes
 * have no numbers. InputError without panels, where a panel has no points, or a point no finite place.
 */
export function embeddingMap(panels: readonly EmbeddingPanel[], options: EmbeddingMapOptions = {}): Figure {
  const { title, size = 440 } = options;
  const empty = panels.find((panel) => panel.points.length === 0);
  if (panels.length === 0) throw new InputError("embedding map: there are no panels, but at least one is wanted");
  if (empty) throw new InputError(`embedding map: the panel '${empty.name}' has no points`);
  for (const panel of panels) {
    const lost = panel.points.find((p) => !Number.isFinite(p.x + p.y));
    if (lost) throw new InputError(`embedding map: in '${panel.name}', '${lost.text}' is at (${lost.x}, ${lost.y})`);
  }
  const all = panels.flatMap((panel) => panel.points);
  const own = all.filter((p) => p.role !== "other").map((p) => p.label);
  const classes = [...new Set([...(options.classes ?? []), ...own])];
  const traces = panels.flatMap((panel, i) => panelTraces(panel.points, classes, i));
  const legend = legendTraces(all, classes);
  return { data: [...traces, ...legend], layout: panelLayout(panels, title, size, legend) };
}

const LINE = 1.3 * (FONT_SIZE + 1); // pixels of a line of a panel's name

/** Square panels of `size` pixels, each with its name above, and as much room to the right as the legend needs. */
function panelLayout(
  panels: readonly EmbeddingPanel[],
  title: string | undefined,
  size: number,
  legend: readonly Trace[],
): Record<string, Json> {
  const gap = 24;
  const plot = panels.length * (size + gap) - gap;
  const names = legend.flatMap((trace) => String(trace.name).split("<br>"));
  const base = baseLayout(title, plot + Math.round(widest(names)) + 90, size);
  const titles = panels.map((panel) => wrap(panel.name, size, FONT_SIZE + 1));
  const lines = Math.max(...titles.map((text) => text.split("<br>").length));
  const above = (title ? (base.margin as { t: number }).t + 18 : 44) + (lines - 1) * LINE;
  const annotations: Json[] = [];
  const axes: Record<string, Json> = {};
  panels.forEach((panel, i) => {
    const from = (i * (size + gap)) / plot;
    const to = from + size / plot;
    const n = i ? `${i + 1}` : "";
    const [x, y] = square(panel.points);
    axes[`xaxis${n}`] = { ...frame(x), domain: [from, to], anchor: `y${n}` };
    axes[`yaxis${n}`] = { ...frame(y), anchor: `x${n}`, scaleanchor: `x${n}`, constrain: "domain" };
    annotations.push({
      ...{ xref: "paper", yref: "paper", x: from, xanchor: "left", y: 1, yanchor: "bottom", showarrow: false },
      ...{ text: titles[i] as string, align: "left", font: { size: FONT_SIZE + 1 } },
    });
  });
  const margin = { l: 16, r: 16, t: above, b: 16 };
  return { ...base, ...axes, annotations, margin, height: size + above + 16 };
}

/** An axis that is only a frame. */
function frame(range: readonly [number, number]): Record<string, Json> {
  return {
    ...{ range: range.map((v) => point(v)), showgrid: false, zeroline: false, showticklabels: false, ticks: "" },
    ...{ showline: true, mirror: true, linecolor: "#999999" },
  };
}

/** Ranges of equal length around the points, with some room. */
function square(points: readonly EmbeddingPoint[]): [x: [number, number], y: [number, number]] {
  const [first] = points as readonly [EmbeddingPoint];
  const [x, y] = [
    { low: first.x, high: first.x },
    { low: first.y, high: first.y },
  ];
  for (const p of points) {
    Object.assign(x, { low: Math.min(x.low, p.x), high: Math.max(x.high, p.x) });
    Object.assign(y, { low: Math.min(y.low, p.y), high: Math.max(y.high, p.y) });
  }
  const half = 0.56 * (Math.max(x.high - x.low, y.high - y.low) || 1);
  const around = ({ low, high }: typeof x): [number, number] => [(low + high) / 2 - half, (low + high) / 2 + half];
  return [around(x), around(y)];
}
