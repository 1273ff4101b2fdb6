import { describe, expect, it } from "vitest";
import { confusionMatrix } from "../../lib/plots/confusion.ts";
import type { Figure } from "../../lib/plots/figure.ts";
import { heatmap } from "../../lib/plots/heatmap.ts";
import { cellColour, contrast } from "../../lib/plots/shades.ts";
import { faultsOf } from "./plotly.ts";

const values = [
  [0.31, 0.5, 0.83],
  [0.97, Number.NaN, 0.4],
];
const names = { rows: ["layer 1", "layer 2"], columns: ["cosine", "Euclidean", "<third>"] };

/** Texts and colours of letters by place, `row,column`. */
function written(figure: Figure): Record<string, { text: string; colour: string }> {
  const { x, y, text, textfont } = figure.data[1] as unknown as Record<"x" | "y" | "text", never[]> & {
    textfont: { color: string[] };
  };
  return Object.fromEntries(text.map((t, i) => [`${y[i]},${x[i]}`, { text: t, colour: textfont.color[i] as string }]));
}
const hoversOf = ({ data }: Figure): string[][] => (data[0] as unknown as { customdata: string[][] }).customdata;
const sharesOf = ({ data }: Figure): unknown[][] => (data[0] as unknown as { z: unknown[][] }).z;
const rims = (figure: Figure): unknown[] =>
  (figure.layout.shapes as { x0: number; y0: number }[]).map((s) => [Math.ceil(s.y0) + 0, Math.ceil(s.x0) + 0]);

describe("heatmap", () => {
  it("has the value in every cell, and a dash where there is none", () => {
    const figure = heatmap(values, { ...names, title: "t", x: "distance", y: "layer", best: "row" });
    expect(figure).toMatchSnapshot();
    expect(Object.entries(written(figure)).map(([place, { text }]) => `${place} ${text}`)).toEqual([
      ...["0,0 31.0", "0,1 50.0", "0,2 83.0", "1,0 97.0", "1,1 –", "1,2 40.0"],
    ]);
    expect(figure.data[0]?.z).toEqual([
      [0.31, 0.5, 0.83],
      [0.97, null, 0.4],
    ]);
    expect(faultsOf(figure)).toEqual([]);
  });

  it("writes in a colour that can be read on the cell", () => {
    const texts = written(heatmap(values, names));
    values.forEach((row, r) => {
      row.forEach((value, c) => {
        const colour = texts[`${r},${c}`]?.colour as string;
        expect(contrast(colour, cellColour(value, [0.31, 0.97]))).toBeGreaterThan(4.5);
      });
    });
    expect(texts["1,0"]?.colour).toBe("#ffffff");
    expect(texts["0,0"]?.colour).not.toBe("#ffffff");
  });

  it.each([
    [
      "row",
      "highest",
      [
        [0, 2],
        [1, 0],
      ],
    ],
    [
      "column",
      "highest",
      [
        [0, 1],
        [0, 2],
        [1, 0],
      ],
    ],
    ["table", "highest", [[1, 0]]],
    [
      "row",
      "lowest",
      [
        [0, 0],
        [1, 2],
      ],
    ],
    ["none", "highest", []],
  ] as const)("outlines the best of each %s where the %s is best", (best, bestIs, places) => {
    expect(rims(heatmap(values, { ...names, best, bestIs }))).toEqual(places);
  });

  it("outlines all of equals", () => {
    expect(rims(heatmap([[7, 3, 7]], { rows: ["r"], columns: names.columns, best: "row" }))).toEqual([
      [0, 0],
      [0, 2],
    ]);
  });

  it("writes numbers that are no shares as they are, and intervals under the pointer", () => {
    const figure = heatmap(values, { ...names, percent: false, digits: 3, ci95: [[0.01, 0.02, 0.03], []] });
    expect(written(figure)["0,2"]?.text).toBe("0.830");
    expect(hoversOf(figure)[0]?.[2]).toBe("layer 1, &lt;third&gt;<br>0.830 ± 0.030");
    expect(hoversOf(figure)[1]?.[2]).toBe("layer 2, &lt;third&gt;<br>0.400");
  });

  it("refuses values that do not match the names", () => {
    expect(() => heatmap(values, { ...names, rows: ["one"] })).toThrow(
      "1 names of rows and 3 of columns, but 2 rows of values",
    );
    expect(() => heatmap([[1, 2, 3], [1]], names)).toThrow("but 1 values in row 1 ('layer 2')");
    expect(() => heatmap([[Number.NaN]], { rows: ["r"], columns: ["c"] })).toThrow("no value that is a number");
  });
});

describe("confusionMatrix", () => {
  const counts = [
    [18, 2, 0, 1],
    [0, 7, 3, 0],
    [0, 0, 0, 0],
  ];
  const classes = ["book <flight>", "订外卖", "never asked"];

  it("has counts and shares of the row, nothing for nought, true classes down", () => {
    const figure = confusionMatrix(counts, { classes, answers: [...classes, "other"], title: "t" });
    expect(figure).toMatchSnapshot();
    expect(Object.entries(written(figure)).map(([place, { text }]) => `${place} ${text}`)).toEqual([
      ...["0,0 18<br>86 %", "0,1 2<br>10 %", "0,3 1<br>5 %", "1,1 7<br>70 %", "1,2 3<br>30 %"],
    ]);
    expect(sharesOf(figure)[1]).toEqual([0, 0.7, 0.3, 0]);
    expect(sharesOf(figure)[2]).toEqual([null, null, null, null]);
    expect(hoversOf(figure)[1]?.[2]).toBe("true: 订外卖<br>answer: never asked<br>3 of 10, 30 %");
    expect(figure.layout).toMatchObject({
      xaxis: { title: { text: "answer" } },
      yaxis: { title: { text: "true class" } },
    });
    expect(faultsOf(figure)).toEqual([]);
  });

  it.each([
    [13, "9", 30],
    [41, undefined, 14],
  ])("says less in the cells of %i classes", (size, text, edge) => {
    const many = Array.from({ length: size }, (_, i) => `class ${i}`);
    const figure = confusionMatrix(
      many.map((_, i) => many.map((__, j) => (i === j ? 9 : 0))),
      { classes: many },
    );
    expect(written(figure)["3,3"]?.text).toBe(text);
    expect(figure.layout.height).toBeGreaterThan(size * edge);
    expect(figure.layout.height).toBeLessThan(size * edge + 200);
  });
});
