import { describe, expect, it } from "vitest";
import { bars } from "../../lib/plots/bars.ts";
import type { Trace } from "../../lib/plots/figure.ts";
import { faultsOf } from "./plotly.ts";

const items = [
  { group: "clinc150", name: "raw", mean: 0.875, ci95: 0.009 },
  { group: "clinc150", name: "trained", mean: 0.958, ci95: 0.005 },
  { group: "banking77 <x>", name: "trained", mean: 0.5 },
  { group: "banking77 <x>", name: "raw", mean: Number.NaN, ci95: 0.01 },
];
const ofType = (data: readonly Trace[], type: string): Trace[] => data.filter((t) => t.type === type);
const whiskersOf = (bar: Trace | undefined): unknown => (bar?.error_y as { array: unknown } | undefined)?.array;

describe("bars", () => {
  it("draws no whiskers where no interval is known", () => {
    const [known] = bars([{ group: "en", name: "raw", mean: 0.31, ci95: 0.02 }]).data;
    const [unknown] = bars([{ group: "en", name: "raw", mean: 0.31 }]).data;
    expect(known).toHaveProperty("error_y");
    expect(unknown).not.toHaveProperty("error_y");
  });

  it("draws shares in %, with whiskers, and the value above them", () => {
    const figure = bars(items, { title: "t", chance: 0.2 });
    expect(figure).toMatchSnapshot();
    const [raw, trained] = ofType(figure.data, "bar");
    expect([raw?.y, whiskersOf(raw)]).toEqual([
      [87.5, null],
      [0.9, 0],
    ]);
    expect([trained?.y, whiskersOf(trained)]).toEqual([
      [95.8, 50],
      [0.5, 0],
    ]);
    const labels = ofType(figure.data, "scatter");
    expect(labels.map((t) => [t.text, t.y])).toEqual([
      [
        ["87.5", ""],
        [88.4, null],
      ],
      [
        ["95.8", "50.0"],
        [96.3, 50],
      ],
    ]);
    expect(faultsOf(figure)).toEqual([]);
  });

  it("sets bars of a group side by side around its name", () => {
    const { data, layout } = bars(items);
    const [first, second] = (layout.xaxis as { tickvals: number[] }).tickvals as [number, number];
    const [raw, trained] = ofType(data, "bar");
    expect(raw?.x).toEqual([first - 0.5, second - 0.5]);
    expect(trained?.x).toEqual([first + 0.5, second + 0.5]);
    expect((layout.xaxis as { ticktext: string[] }).ticktext).toEqual(["clinc150", "banking77 &lt;x&gt;"]);
  });

  it("begins at nought unless it is told otherwise, and then says so", () => {
    expect(bars(items).layout.yaxis).toMatchObject({ range: [0, expect.any(Number)] });
    const { data, layout } = bars(items, { from: 0.4 });
    expect(layout.yaxis).toMatchObject({ title: { text: "accuracy (%), from 40" } });
    expect((layout.yaxis as { range: number[] }).range[0]).toBe(40);
    expect(ofType(data, "bar")[0]).toMatchObject({ base: 40, y: [47.5, null] });
  });

  it("grows with its bars, so that their labels fit", () => {
    const many = Array.from({ length: 13 }, (_, i) => ({ group: `set ${i % 2}`, name: `method ${i >> 1}`, mean: 0.5 }));
    expect(bars(items).layout.width).toBe(640);
    expect(bars(many).layout.width).toBeGreaterThan(13 * 44);
  });

  it("has a legend only where there are names to tell apart", () => {
    expect(bars(items).layout.showlegend).toBe(true);
    expect(bars(items.slice(0, 1)).layout.showlegend).toBe(false);
  });

  it("refuses two bars in one place", () => {
    const twice = [...items, { group: "clinc150", name: "raw", mean: 0.1 }];
    expect(() => bars(twice)).toThrow("the group 'clinc150' has two bars of the name 'raw'");
  });

  it("refuses to draw nothing", () => {
    expect(() => bars([])).toThrow("there are none, but at least one is wanted");
  });
});
