import { describe, expect, it } from "vitest";
import { type EmbeddingPanel, embeddingMap } from "../../lib/plots/embedding.ts";
import type { Figure, Trace } from "../../lib/plots/figure.ts";
import { faultsOf } from "./plotly.ts";

const raw: EmbeddingPanel = {
  name: "raw",
  points: [
    { x: 0, y: 0, label: "a", text: "first <b>" },
    { x: 1, y: 3, label: "b", text: "second", wrong: true },
    { x: 2, y: 1, label: "a", text: "third", role: "support" },
    { x: 2, y: 2, label: "a", text: "mean of a", role: "prototype" },
    { x: 5, y: 1, label: "other", text: "elsewhere", role: "other" },
  ],
};
const trained: EmbeddingPanel = { name: "trained", points: [{ x: 7, y: 7, label: "b", text: "second" }] };
const drawn = (figure: Figure): Trace[] => figure.data.filter((t) => Array.isArray(t.x) && t.x[0] !== null);
const markerOf = (t: Trace | undefined) => t?.marker as { symbol: string; color: string } | undefined;
const symbolOf = (t: Trace | undefined): string | undefined => markerOf(t)?.symbol;
const colourOf = (t: Trace | undefined): string | undefined => markerOf(t)?.color;

describe("embeddingMap", () => {
  it("draws what matters most last: others, texts, supports, rings, prototypes", () => {
    const figure = embeddingMap([raw]);
    expect(figure).toMatchSnapshot();
    expect(drawn(figure).map((t) => [t.legendgroup, symbolOf(t), t.x, t.y])).toEqual([
      [" other", "circle", [5], [1]],
      ["a", "circle", [0], [0]],
      ["b", "square", [1], [3]],
      ["a", "circle", [2], [1]],
      ["b", "circle-open", [1], [3]],
      ["a", "star", [2], [2]],
    ]);
    expect(faultsOf(figure)).toEqual([]);
  });

  it("uses no trace that needs WebGL", () => {
    expect(new Set(embeddingMap([raw, trained]).data.map((t) => t.type))).toEqual(new Set(["scatter"]));
  });

  it("keeps a class's colour and symbol in all panels, with one line of the legend", () => {
    const figure = embeddingMap([raw, trained]);
    const [before, after] = drawn(figure).filter((t) => t.legendgroup === "b" && symbolOf(t) !== "circle-open");
    expect([symbolOf(after), colourOf(after)]).toEqual([symbolOf(before), colourOf(before)]);
    expect([after?.xaxis, after?.yaxis]).toEqual(["x2", "y2"]);
    expect(figure.data.filter((t) => t.showlegend).map((t) => t.name)).toEqual([
      ...["a", "b", "other", "support", "prototype", "wrong class"],
    ]);
    expect(faultsOf(figure)).toEqual([]);
  });

  it("takes the order of the classes that is given, those without points included", () => {
    const names = embeddingMap([trained], { classes: ["c", "b"] })
      .data.filter((t) => t.showlegend)
      .map((t) => t.name);
    expect(names).toEqual(["c", "b"]);
  });

  it("shows text and class under the pointer, letter by letter", () => {
    const [other, first, second] = drawn(embeddingMap([raw]));
    expect([first?.text, first?.customdata]).toEqual([["first &lt;b&gt;"], ["a"]]);
    expect(second?.customdata).toEqual(["b, put into a wrong class"]);
    expect(other?.customdata).toEqual(["other"]);
  });

  it("has square panels with equal units and no numbers on the axes", () => {
    const { layout } = embeddingMap([raw, trained], { size: 300 });
    const span = ({ range: [from, to] }: { range: [number, number] }): number => to - from;
    for (const n of ["", "2"]) {
      const [x, y] = [layout[`xaxis${n}`], layout[`yaxis${n}`]] as [
        { range: [number, number] },
        { range: [number, number] },
      ];
      expect(span(x)).toBeCloseTo(span(y), 5);
      expect(x).toMatchObject({ showticklabels: false });
      expect(y).toMatchObject({ scaleanchor: `x${n}` });
    }
    expect((layout.xaxis as { range: [number, number] }).range[0]).toBeLessThan(0);
    expect((layout.xaxis as { range: [number, number] }).range[1]).toBeGreaterThan(5);
  });

  it("makes room above for a panel's name that takes two lines", () => {
    const height = (name: string): number => embeddingMap([{ name, points: raw.points }]).layout.height as number;
    const long = "trained on texts of classes that were never seen, with mean pooling of all tokens";
    expect(height(long)).toBeGreaterThan(height("raw") + 15);
    expect(height("mean")).toBe(height("raw"));
  });

  it("puts the class's symbol on stars where colours come again", () => {
    const points = Array.from({ length: 9 }, (_, i) => ({
      x: i,
      y: 0,
      label: `c${i}`,
      text: "",
      role: "prototype" as const,
    }));
    const symbols = drawn(embeddingMap([{ name: "p", points }])).map(symbolOf);
    expect(symbols.slice(0, 9)).toEqual(new Array(9).fill("star"));
    expect(symbols.slice(9)).toEqual([
      "circle",
      "square",
      "diamond",
      "triangle-up",
      "cross",
      "triangle-down",
      "x",
      "circle",
      "square",
    ]);
    expect(drawn(embeddingMap([{ name: "p", points: points.slice(1) }]))).toHaveLength(8);
  });

  it("refuses to draw nothing", () => {
    expect(() => embeddingMap([])).toThrow("there are no panels");
    const lost = { name: "lost", points: [{ x: Number.NaN, y: 1, label: "a", text: "some text" }] };
    expect(() => embeddingMap([lost])).toThrow("in 'lost', 'some text' is at (NaN, 1)");
    expect(() => embeddingMap([raw, { name: "none", points: [] }])).toThrow("the panel 'none' has no points");
  });
});
