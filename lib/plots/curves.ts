/** Curves over steps: any series, and loss and accuracy of training runs. */
import { InputError } from "../core/errors.ts";
import type { LogLine } from "../train/log.ts";
import type { DevLine, StepLine } from "../train/types.ts";
import { axis, baseLayout, type Figure, GREY, INK, type Json, point, type Trace } from "./figure.ts";
import { styleOf } from "./palette.ts";
import { type Series, seriesTraces } from "./series.ts";
import type { Smoothing } from "./smooth.ts";

export interface CurvesOptions {
  /** Default: none. */
  readonly title?: string;
  /** Title of the horizontal axis. Default "step". */
  readonly x?: string;
  /** Title of the vertical axis. Default: none. */
  readonly y?: string;
  /** Smooths lines, with the raw ones faint behind. Default: none. */
  readonly smoothing?: Smoothing;
  /** The vertical axis is logarithmic. Default false. */
  readonly log?: boolean;
  /** The values are shares, shown in %. Default false. */
  readonly percent?: boolean;
  /** In pixels. Default 900. */
  readonly width?: number;
  /** In pixels. Default 480. */
  readonly height?: number;
}

/** Lines and points in one panel, the legend to the right. InputError where a series has not as many x as y. */
export function curves(series: readonly Series[], options: CurvesOptions = {}): Figure {
  const { title, x = "step", y, smoothing, log = false, percent = false, width = 900, height = 480 } = options;
  const data = series.flatMap((s, i) =>
    seriesTraces(s, { style: s.style ?? i, legend: true, percent, ...(smoothing && { smoothing }) }),
  );
  const layout: Record<string, Json> = {
    ...baseLayout(title, width, height),
    showlegend: series.length > 1,
    xaxis: axis(x),
    yaxis: axis(y, { ...(log && { type: "log", dtick: "D2" }), ...(percent && { tickformat: ".0%" }) }),
  };
  return { data, layout };
}

/** A run's name and the lines of its log.jsonl, in order. */
export interface LoggedRun {
  readonly name: string;
  readonly lines: readonly LogLine[];
}

export interface TrainingCurvesOptions {
  /** Default: none. */
  readonly title?: string;
  /** Smoothing of the training curves. Default: exponential, over about a thirtieth of the longest run. */
  readonly smoothing?: Smoothing;
  /** Which dev metric marks the best step: the lowest loss or the highest accuracy. Default "loss". */
  readonly selectBy?: Metric;
  /** In pixels. Default 1100. */
  readonly width?: number;
  /** In pixels. Default 480. */
  readonly height?: number;
}

type Metric = "loss" | "accuracy";

/**
 * Loss to the left and accuracy in % to the right, where a run has one: training smoothed with the raw values faint
 * behind, dev as points, a star at the best dev step; one colour a run. InputError where no line has a loss.
 */
export function trainingCurves(runs: readonly LoggedRun[], options: TrainingCurvesOptions = {}): Figure {
  const { title, selectBy = "loss", width = 1100, height = 480 } = options;
  const parts = runs.map(partsOf);
  const longest = Math.max(...parts.map(({ steps }) => steps.length));
  const smoothing = options.smoothing ?? { exponential: 1 - 1 / Math.min(100, Math.max(1, longest / 30)) };
  const metrics = (["loss", "accuracy"] as const).filter((m) =>
    parts.some((run) => run.valuesOf(m).some(Number.isFinite)),
  );
  if (metrics[0] !== "loss") throw new InputError(`training curves: no line of the ${runs.length} runs has a loss`);
  const data = metrics.flatMap((metric, panel) =>
    parts.flatMap((run, style) => runTraces(run, metric, { panel, style, smoothing, selectBy })),
  );
  const two = metrics.length > 1;
  const layout: Record<string, Json> = {
    ...baseLayout(title, width, height),
    xaxis: axis("step", { domain: two ? [0, 0.44] : [0, 1] }),
    yaxis: axis("loss", { rangemode: "tozero" }),
    ...(two && {
      xaxis2: axis("step", { domain: [0.56, 1], anchor: "y2", matches: "x" }),
      yaxis2: axis("accuracy", { anchor: "x2", tickformat: ".0%" }),
    }),
  };
  return { data: [...data, ...legendKey(parts)], layout };
}

/** A run's lines, parted. */
interface Parts {
  readonly name: string;
  readonly steps: readonly StepLine[];
  readonly devs: readonly DevLine[];
  /** Values of a metric on training episodes, then on dev data; NaN where a line has none. */
  valuesOf(metric: Metric): number[];
}

function partsOf({ name, lines }: LoggedRun): Parts {
  const steps = lines.filter((line): line is StepLine => !("dev" in line));
  const devs = lines.filter((line): line is DevLine => "dev" in line);
  const valuesOf = (metric: Metric): number[] =>
    [...steps, ...devs.map((l) => l.dev)].map((l) => l[metric] ?? Number.NaN);
  return { name, steps, devs, valuesOf };
}

interface RunLook {
  readonly panel: number;
  readonly style: number;
  readonly smoothing: Smoothing;
  readonly selectBy: Metric;
}

function runTraces({ name, steps, devs, valuesOf }: Parts, metric: Metric, run: RunLook): Trace[] {
  const axes: Record<string, string> = run.panel ? { xaxis: "x2", yaxis: "y2" } : {};
  const look = { style: run.style, axes, percent: metric === "accuracy", group: name };
  const values = valuesOf(metric);
  const train = { name, x: steps.map((l) => l.step), y: values.slice(0, steps.length) };
  const dev = {
    name: `${name}, dev`,
    x: devs.map((l) => l.step),
    y: values.slice(steps.length),
    kind: "points" as const,
  };
  const best = bestOf(devs, run.selectBy);
  return [
    ...seriesTraces(train, { ...look, smoothing: run.smoothing, legend: run.panel === 0 }),
    ...(devs.length ? seriesTraces(dev, { ...look, legend: false }) : []),
    ...(best
      ? [star(styleOf(run.style).colour, { ...axes, legendgroup: name, x: [best.step], y: [point(best.dev[metric])] })]
      : []),
  ];
}

/** The first of the best evaluations. */
function bestOf(devs: readonly DevLine[], by: Metric): DevLine | undefined {
  const score = ({ dev }: DevLine): number => (by === "loss" ? -dev.loss : dev.accuracy) ?? Number.NaN;
  return devs.reduce<DevLine | undefined>((best, line) => {
    if (Number.isNaN(score(line))) return best;
    return best && score(best) >= score(line) ? best : line;
  }, undefined);
}

function star(colour: string, more: Readonly<Record<string, Json>>): Trace {
  const marker = { symbol: "star", size: 17, color: colour, line: { color: INK, width: 1.2 } };
  return { type: "scatter", mode: "markers", marker, showlegend: false, hoverinfo: "skip", ...more };
}

/** Lines of the legend that say what the marks mean, in grey. */
function legendKey(runs: readonly Parts[]): Trace[] {
  const entry = { type: "scatter", x: [null], y: [null], legendgroup: " key", showlegend: true };
  const raw: Trace = { ...entry, mode: "lines", name: "training, smoothed", line: { color: GREY, width: 2.2 } };
  if (runs.every((run) => run.devs.length === 0)) return [raw];
  const marker = { color: GREY, symbol: "circle", size: 9 };
  const dev: Trace = {
    ...entry,
    mode: "lines+markers",
    name: "dev",
    marker,
    line: { color: GREY, width: 1.5, dash: "dot" },
  };
  return [raw, dev, star(GREY, { ...entry, name: "best dev step" })];
}
