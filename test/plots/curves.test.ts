import { describe, expect, it } from "vitest";
import { curves, type LoggedRun, trainingCurves } from "../../lib/plots/curves.ts";
import type { Trace } from "../../lib/plots/figure.ts";
import { faultsOf } from "./plotly.ts";

const step = (n: number, loss: number, accuracy: number): LoggedRun["lines"][number] => {
  return { step: n, loss, accuracy, lr: 1e-3, gradNorm: 1, seconds: 0.5 };
};
const raw: LoggedRun = {
  name: "raw <1>",
  lines: [
    step(1, 0.9, 0.5),
    step(2, 0.7, 0.6),
    { step: 2, dev: { loss: 0.8, accuracy: 0.61 } },
    step(3, 0.5, 0.9),
    { step: 3, dev: { loss: 0.6, accuracy: 0.6 } },
    step(4, 0.3, 0.8),
    { step: 4, dev: { loss: 0.6, accuracy: 0.59 } },
  ],
};
const plain: LoggedRun = { name: "plain", lines: [step(1, 0.4, 0.7), step(2, Number.NaN, 0.9)] };
const stars = (data: readonly Trace[]): Trace[] =>
  data.filter(
    (t) => (t.marker as { symbol?: string } | undefined)?.symbol === "star" && Array.isArray(t.x) && t.x[0] !== null,
  );

describe("trainingCurves", () => {
  it("puts loss to the left and accuracy to the right, smoothed over raw, dev as points", () => {
    const figure = trainingCurves([raw], { smoothing: { window: 2 } });
    const own = figure.data.filter((t) => t.legendgroup === "raw <1>");
    expect(own.map((t) => [t.mode, t.yaxis ?? "y", t.x, t.y])).toEqual([
      ["lines", "y", [1, 2, 3, 4], [0.9, 0.7, 0.5, 0.3]],
      ["lines", "y", [1, 2, 3, 4], [0.9, 0.8, 0.6, 0.4]],
      ["lines+markers", "y", [2, 3, 4], [0.8, 0.6, 0.6]],
      ["markers", "y", [3], [0.6]],
      ["lines", "y2", [1, 2, 3, 4], [0.5, 0.6, 0.9, 0.8]],
      ["lines", "y2", [1, 2, 3, 4], [0.5, 0.55, 0.75, 0.85]],
      ["lines+markers", "y2", [2, 3, 4], [0.61, 0.6, 0.59]],
      ["markers", "y2", [3], [0.6]],
    ]);
    expect(figure.layout).toMatchObject({ yaxis: { title: { text: "loss" } }, yaxis2: { tickformat: ".0%" } });
    expect(faultsOf(figure)).toEqual([]);
  });

  it("marks the first of the best dev steps, by the metric that selects", () => {
    expect(stars(trainingCurves([raw]).data).map((t) => t.x)).toEqual([[3], [3]]);
    expect(stars(trainingCurves([raw], { selectBy: "accuracy" }).data).map((t) => t.x)).toEqual([[2], [2]]);
  });

  it("gives each run one colour and one line in the legend", () => {
    const { data } = trainingCurves([raw, plain]);
    const coloursOf = (name: string): Set<unknown> =>
      new Set(
        data
          .filter((t) => t.legendgroup === name && (t.line as { width: number } | undefined)?.width !== 1)
          .map((t) => ((t.line ?? t.marker) as { color: string }).color),
      );
    expect(coloursOf("raw <1>")).toEqual(new Set(["#0072b2"]));
    expect([...coloursOf("plain")]).toContain("#d55e00");
    expect(data.filter((t) => t.showlegend).map((t) => t.name)).toEqual([
      "raw &lt;1&gt;",
      "plain",
      "training, smoothed",
      "dev",
      "best dev step",
    ]);
  });

  it("makes gaps of values that are no numbers, so that the figure is JSON", () => {
    const figure = trainingCurves([plain]);
    expect(figure.data[0]?.y).toEqual([0.4, null]);
    expect(JSON.parse(JSON.stringify(figure))).toEqual(figure);
  });

  it("leaves the accuracy out where no run has one", () => {
    const { data, layout } = trainingCurves([
      { name: "mlm", lines: [{ step: 1, loss: 2, lr: 1, gradNorm: 1, seconds: 1 }] },
    ]);
    expect(layout).not.toHaveProperty("yaxis2");
    expect(layout.xaxis).toMatchObject({ domain: [0, 1] });
    expect(data.filter((t) => t.showlegend).map((t) => t.name)).toEqual(["mlm", "training, smoothed"]);
  });

  it("says where there is nothing to draw", () => {
    expect(() => trainingCurves([])).toThrow("no line of the 0 runs has a loss");
    expect(() => trainingCurves([{ name: "empty", lines: [] }])).toThrow("no line of the 1 runs has a loss");
  });
});

describe("curves", () => {
  const series = [
    { name: "a", x: [1, 3, 5], y: [0.25, 0.5, 1] },
    { name: "b", x: [1, 5], y: [0.125, Number.NaN], kind: "points" as const, style: 0 },
  ];

  it("draws lines and points as they are", () => {
    const figure = curves(series, { title: "t", x: "shots", y: "accuracy", percent: true, log: true });
    expect(figure).toMatchSnapshot();
    expect(faultsOf(figure)).toEqual([]);
  });

  it("smooths lines only", () => {
    const { data } = curves(series, { smoothing: { window: 2 } });
    expect(data.map((t) => t.y)).toEqual([
      [0.25, 0.5, 1],
      [0.25, 0.375, 0.75],
      [0.125, null],
    ]);
  });

  it("thins very long lines and keeps their ends", () => {
    const x = Array.from({ length: 10_007 }, (_, i) => i);
    const [line] = curves([{ name: "long", x, y: x }]).data;
    const kept = line?.x as number[];
    expect(kept.length).toBeLessThan(2002);
    expect([kept[0], kept[1], kept.at(-1)]).toEqual([0, 6, 10_006]);
  });

  it("refuses x and y of different lengths", () => {
    expect(() => curves([{ name: "odd", x: [1, 2], y: [1] }])).toThrow("'odd': there are 2 x and 1 y");
  });
});
