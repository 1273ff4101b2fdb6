/** Curves of the open set: ROC of known against other, and risk against coverage. */
import type { RiskCoverage, RocCurve } from "../evaluate/curves.ts";
import { axis, baseLayout, type Figure, GREY, type Json, point, type Trace } from "./figure.ts";
import { styleOf } from "./palette.ts";
import { escapeText, widest, wrap } from "./text.ts";

/** A named ROC curve, as in `{ name: "raw", ...rocCurve(items) }`. Without `area`, none is named. */
export interface NamedRoc extends Pick<RocCurve, "otherAccepted" | "knownAccepted"> {
  readonly name: string;
  readonly area?: number;
}

/** A named risk-coverage curve, as in `{ name: "raw", ...riskCoverage(items) }`. Without `area`, none is named. */
export interface NamedRisk extends Pick<RiskCoverage, "coverage" | "risk"> {
  readonly name: string;
  readonly area?: number;
}

export interface OpenSetOptions {
  /** Default: none. */
  readonly title?: string;
  /** Of the panel, in pixels. Default 440. */
  readonly size?: number;
}

/** ROC curves with their areas (AUROC, in %) in the legend; guessing is the dashed diagonal. */
export function rocCurves(curves: readonly NamedRoc[], options: OpenSetOptions = {}): Figure {
  const names = curves.map(({ name, area }) => withArea(name, "AUROC", area, 1));
  const data = curves.map((curve, i) =>
    line(
      names[i] as string,
      i,
      curve.otherAccepted,
      curve.knownAccepted,
      "other accepted %{x:.1%}<br>known accepted %{y:.1%}",
    ),
  );
  const diagonal: Trace = {
    ...{ type: "scatter", mode: "lines", name: "guessing", x: [0, 1], y: [0, 1], hoverinfo: "skip" },
    line: { color: GREY, width: 1.5, dash: "dash" },
  };
  const shares = { range: [-0.01, 1.01], tickformat: ".0%" };
  const layout = squareLayout([...names, "guessing"], options, {
    xaxis: axis("other queries accepted", { ...shares, constrain: "domain" }),
    yaxis: axis("known queries accepted", { ...shares, scaleanchor: "x", constrain: "domain" }),
  });
  return { data: [diagonal, ...data], layout };
}

/** Risk-coverage curves with their areas (AURC, lower is better) in the legend. */
export function riskCoverageCurves(curves: readonly NamedRisk[], options: OpenSetOptions = {}): Figure {
  const names = curves.map(({ name, area }) => withArea(name, "AURC", area, 2));
  const data = curves.map((curve, i) =>
    line(names[i] as string, i, curve.coverage, curve.risk, "coverage %{x:.1%}<br>risk %{y:.1%}"),
  );
  const layout = squareLayout(names, options, {
    xaxis: axis("coverage: queries answered", { range: [-0.01, 1.01], tickformat: ".0%" }),
    yaxis: axis("risk: answers that are wrong", { rangemode: "tozero", tickformat: ".0%" }),
  });
  return { data, layout };
}

function withArea(name: string, what: string, area: number | undefined, digits: number): string {
  return area === undefined ? name : `${name}\n${what} ${(100 * area).toFixed(digits)} %`;
}

function line(name: string, i: number, x: readonly number[], y: readonly number[], hover: string): Trace {
  const { colour, dash } = styleOf(i);
  return {
    type: "scatter",
    mode: "lines",
    name: wrap(name, 240),
    x: x.map(point),
    y: y.map(point),
    line: { color: colour, width: 2.4, dash },
    hovertemplate: `${escapeText(name.split("\n")[0] as string)}<br>${hover}<extra></extra>`,
  };
}

function squareLayout(
  names: readonly string[],
  { title, size = 440 }: OpenSetOptions,
  axes: Readonly<Record<string, Json>>,
): Record<string, Json> {
  const legend = widest(names.flatMap((name) => wrap(name, 240).split("<br>"))) + 90;
  const base = baseLayout(title, Math.round(size + legend + 80), 0);
  return { ...base, ...axes, showlegend: true, height: size + (base.margin as { t: number }).t + 60 };
}
