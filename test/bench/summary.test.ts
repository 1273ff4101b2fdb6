import { describe, expect, it } from "vitest";
import { curveFigure } from "../../lib/bench/growth.ts";
import { flopsOf, stepProducts } from "../../lib/bench/matmul.ts";
import { sameAccuracies, sameLosses, sameVectors, Void } from "../../lib/bench/same-work.ts";
import { compare, comparedRows, comparedTable, type Measurement, spread } from "../../lib/bench/summary.ts";

const about = { part: "step", model: "MiniLM", data: "clinc150", figure: "time of a step", unit: "ms" };
const measured = (side: string, values: readonly number[], more: Partial<Measurement> = {}): Measurement[] =>
  values.map((value, i) => ({ ...about, side, round: i + 1, value, ...more }));

describe("a spread", () => {
  it("is the middle value, or the mean of the two in the middle, with least and most", () => {
    expect(spread([7, 2, 13])).toEqual({ median: 7, least: 2, most: 13, n: 3 });
    expect(spread([10, 9, 2, 100])).toEqual({ median: 9.5, least: 2, most: 100, n: 4 });
    expect(() => spread([])).toThrow(RangeError);
  });
});

describe("the comparison", () => {
  it("takes the median of the rounds' ratios, not the ratio of the medians", () => {
    const [line] = compare([...measured("kit", [10, 20, 90]), ...measured("PyTorch", [20, 100, 100])]);
    expect(line!.ratio).toEqual({ median: 0.5, least: 0.2, most: 0.9, n: 3 }); // of the medians: 20 / 100
    expect(line).toMatchObject({ side: "PyTorch", kit: { median: 20 }, peer: { median: 100 } });
  });

  it("pairs values of the same round, whatever their order, and no others", () => {
    const [, second, fourth] = measured("PyTorch", [1, 40, 1, 10]).filter((m) => m.round !== 3);
    const [line] = compare([fourth!, ...measured("kit", [10, 20, 30]), second!]);
    expect(line!.ratio).toEqual({ median: 0.5, least: 0.5, most: 0.5, n: 1 });
  });

  it("has a line for each peer, and one without where there is none", () => {
    const lines = compare([
      ...measured("kit", [3]),
      ...measured("A", [5]),
      ...measured("B", [7]),
      ...measured("kit", [11], { figure: "peak memory", unit: "MB" }),
    ]);
    expect(lines.map((l) => [l.figure, l.side])).toEqual([
      ["time of a step", "A"],
      ["time of a step", "B"],
      ["peak memory", undefined],
    ]);
    const table = comparedTable(lines);
    expect(table).toContain("| step | MiniLM | clinc150 | time of a step | ms | 3.00 | B | 7.00 | 0.43 | 1 |");
    expect(table).toContain("| peak memory | MB | 11.0 | - | - | - | 1 |");
    expect(comparedRows(lines)[1]).toMatchObject({ kit: 3, peer: "B", "peer's": 7, "kit / peer": 3 / 7, rounds: 1 });
  });

  it("keeps the points of a curve apart, and draws medians of every side on logarithmic axes", () => {
    const at = (x: number, side: string, values: number[]) => measured(side, values, { part: "length", x });
    const lines = compare([...at(8, "kit", [5, 7, 6]), ...at(8, "PyTorch", [9]), ...at(16, "kit", [12])]);
    expect(comparedTable(lines)).toContain("| 16 | ms | 12.0 |");
    const figure = curveFigure("length", lines)!;
    expect(figure.data.map(({ name, x, y }) => ({ name, x, y }))).toEqual([
      { name: "kit", x: [8, 16], y: [6, 12] },
      { name: "PyTorch", x: [8], y: [9] },
    ]);
    expect(figure.layout).toMatchObject({ xaxis: { type: "log" }, yaxis: { type: "log" } });
    expect(curveFigure("texts", lines)).toBeUndefined();
  });
});

describe("different work", () => {
  it("voids the bench where losses differ by more than a thousandth, or are not numbers", () => {
    expect(sameLosses([1.6, 0.5], [1.6001, 0.5], "PyTorch")).toBeCloseTo(0.0001 / 1.6001, 9);
    expect(() => sameLosses([1.6, 0.5], [1.6, 0.501], "PyTorch")).toThrow(Void);
    expect(() => sameLosses([1.6, 0.5], [1.6, 0.501], "PyTorch")).toThrow(/void: at step 2 .* 0\.5 .* PyTorch 0\.501/);
    expect(() => sameLosses([Number.NaN], [1], "PyTorch")).toThrow(Void);
    expect(() => sameLosses([], [1], "PyTorch")).toThrow(/no training step in common/);
  });

  it("voids it where vectors differ in a number or in shape", () => {
    const rows = [[0.6, 0.8, 0]];
    expect(sameVectors(rows, [[0.6, 0.8005, 0]], "peer")).toBeCloseTo(0.0005, 9);
    expect(() => sameVectors(rows, [[0.6, 0.802, 0]], "peer")).toThrow(Void);
    expect(() => sameVectors(rows, [[0.6, 0.8]], "peer")).toThrow(/the kit gave 1 x 3 numbers and peer 1 x 2/);
    expect(() => sameVectors(rows, [[0.6, Number.NaN, 0]], "peer")).toThrow(Void);
  });

  it("voids it where the accuracies of the first episodes differ by more than a query in twenty episodes", () => {
    expect(sameAccuracies([0.8, 1, 0.6, 0.1], [0.8, 1, 0.6], "peer")).toBe(0);
    expect(() => sameAccuracies([0.8, 1, 0.6], [0.8, 1, 0.64], "peer")).toThrow(Void);
    expect(() => sameAccuracies([0.8], [0.8, 1], "peer")).toThrow(Void);
  });
});

describe("the products of a step", () => {
  it("are six times the tokens times the numbers in dense layers, as forward and backward passes are", () => {
    const config = { hiddenSize: 6, intermediateSize: 22, layers: 3 } as Parameters<typeof stepProducts>[0];
    const dense = 3 * (4 * 6 * 6 + 2 * 6 * 22);
    expect(flopsOf(stepProducts(config, 17))).toBe(6 * 17 * dense);
  });
});
