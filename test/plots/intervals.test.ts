import { describe, expect, it } from "vitest";
import { intervals } from "../../lib/plots/intervals.ts";
import { faultsOf } from "./plotly.ts";

const points = [
  { group: "25", mean: 0.3, ci95: 0.05 },
  { group: "25", mean: 0.5, ci95: 0.05 },
  { group: "400 <x>", mean: 0.36, ci95: 0.01 },
];

describe("intervals", () => {
  it("parts those that hold the line from those that miss it", () => {
    const figure = intervals(points, { title: "t", reference: 0.34, referenceName: "truth", chance: 0.2 });
    expect(figure.data.map((t) => [t.name, t.x, t.y, (t.error_y as { array: unknown }).array])).toEqual([
      ["holds the line", [0], [30], [5]],
      ["misses it", [1, 5], [50, 36], [5, 1]],
    ]);
    expect((figure.layout.shapes as { y0: number }[]).map((s) => s.y0)).toEqual([34, 20]);
    expect((figure.layout.annotations as { text: string }[]).map((a) => a.text)).toEqual(["truth 34.0", "chance 20.0"]);
    expect(figure.layout.xaxis).toMatchObject({ tickvals: [0.5, 5], ticktext: ["25", "400 &lt;x&gt;"] });
    expect(faultsOf(figure)).toEqual([]);
  });

  it("have one colour and no legend where there is no line to hold", () => {
    const { data, layout } = intervals(points);
    expect(data.map((t) => t.x)).toEqual([[0, 1, 5]]);
    expect(layout.showlegend).toBe(false);
  });

  it("refuses to draw nothing", () => {
    expect(() => intervals([])).toThrow("there are none");
  });
});
