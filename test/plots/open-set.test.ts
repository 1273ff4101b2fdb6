import { describe, expect, it } from "vitest";
import { riskCoverage, rocCurve } from "../../lib/evaluate/curves.ts";
import { riskCoverageCurves, rocCurves } from "../../lib/plots/open-set.ts";
import { faultsOf } from "./plotly.ts";

// Three known queries, the last answered wrongly, and two others.
const items = [
  { score: 0.9, known: true, right: true },
  { score: 0.7, known: false, right: false },
  { score: 0.6, known: true, right: true },
  { score: 0.3, known: true, right: false },
  { score: 0.1, known: false, right: false },
];

describe("rocCurves", () => {
  it("draws the points of rocCurve(), with its area in the legend and guessing as the diagonal", () => {
    const figure = rocCurves([{ name: "raw <a>", ...rocCurve(items) }], { title: "t" });
    expect(figure).toMatchSnapshot();
    const [guessing, raw] = figure.data;
    expect([guessing?.x, guessing?.y]).toEqual([
      [0, 1],
      [0, 1],
    ]);
    // Four of the six pairs of a known and an other query are in the right order.
    expect(raw).toMatchObject({
      name: "raw &lt;a&gt;<br>AUROC 66.7 %",
      x: [0, 0, 0.5, 0.5, 1],
      y: [0, 0.333333, 0.333333, 1, 1],
    });
    expect(faultsOf(figure)).toEqual([]);
  });

  it("names no area where none is given", () => {
    const figure = rocCurves([{ name: "raw", otherAccepted: [0, 1], knownAccepted: [0, 1] }]);
    expect(figure.data[1]?.name).toBe("raw");
  });
});

describe("riskCoverageCurves", () => {
  it("draws the points of riskCoverage(), with its area in the legend", () => {
    const figure = riskCoverageCurves([{ name: "raw", ...riskCoverage(items) }]);
    expect(figure).toMatchSnapshot();
    // Risks 0, 1/2, 1/3, 1/2, 3/5: their mean is 29/75.
    expect(figure.data[0]).toMatchObject({
      name: "raw<br>AURC 38.67 %",
      x: [0.2, 0.4, 0.6, 0.8, 1],
      y: [0, 0.5, 0.333333, 0.5, 0.6],
    });
    expect(faultsOf(figure)).toEqual([]);
  });
});
