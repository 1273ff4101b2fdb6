import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { binCounts, histogram } from "../../lib/plots/histogram.ts";
import { faultsOf } from "./plotly.ts";

// Made by test/reference/post_processing.py with numpy.
const { histograms } = JSON.parse(readFileSync("test/fixtures/evaluate/post-processing.json", "utf8")) as {
  histograms: { values: number[]; edges: number[]; counts: number[] }[];
};

describe("counts in bins", () => {
  it.each(histograms)("equal numpy's", ({ values, edges, counts }) => {
    expect(binCounts(values, edges)).toEqual(counts);
  });

  it("hold every value within the ends once", () => {
    const value = fc.integer({ min: -50, max: 50 }).map((n) => n / 7);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), fc.integer({ min: 1, max: 23 }), (values, bins) => {
        const edges = Array.from({ length: bins + 1 }, (_, i) => -3 + (6 * i) / bins);
        const counts = binCounts(values, edges);
        expect(counts.reduce((a, b) => a + b, 0)).toBe(
          values.filter((v) => v >= -3 && v <= (edges.at(-1) as number)).length,
        );
      }),
    );
  });
});

describe("a histogram", () => {
  it("draws the shares of each sample as steps from nought to nought", () => {
    const figure = histogram({ few: [0, 0.4, 1], many: [0.5, 0.5, 0.6, 2] }, { bins: 2, range: [0, 1], means: true });
    expect(figure.data.map(({ name, x, y }) => ({ name, x, y }))).toEqual([
      { name: "few", x: [0, 0, 0.5, 1], y: [0, 66.6667, 33.3333, 0] },
      { name: "many", x: [0, 0, 0.5, 1], y: [0, 0, 75, 0] }, // one value lies outside
    ]);
    expect((figure.layout.shapes as { x0: number }[]).map((s) => s.x0)).toEqual([0.466667, 0.9]);
    expect(figure.layout.showlegend).toBe(true);
    expect(faultsOf(figure)).toEqual([]);
  });

  it("gives each whole number a bin of its own", () => {
    const { data, layout } = histogram({ tokens: [3, 5, 5, 6] }, { title: "lengths", x: "tokens" });
    expect(data[0]).toMatchObject({ x: [2.5, 2.5, 3.5, 4.5, 5.5, 6.5], y: [0, 25, 0, 50, 25, 0] });
    expect(layout.showlegend).toBe(false);
  });

  it("draws a sample of equal numbers", () => {
    expect(histogram({ same: [0.3, 0.3] }, { bins: 1 }).data[0]).toMatchObject({
      x: [-0.2, -0.2, 0.8],
      y: [0, 100, 0],
    });
  });

  it("refuses what it cannot draw", () => {
    expect(() => histogram({})).toThrow("there are no samples");
    expect(() => histogram({ none: [] })).toThrow("the sample 'none' is empty");
    expect(() => histogram({ a: [1, Number.NaN] })).toThrow("the sample 'a' holds NaN");
    expect(() => histogram({ a: [1] }, { bins: 0 })).toThrow("0 bins from");
  });
});
