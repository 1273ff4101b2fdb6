import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Grid } from "../../lib/results/grid.ts";
import { escapeHtml, toHtml } from "../../lib/results/html.ts";

const GRID: Grid = {
  caption: "Near & far",
  keys: ["head"],
  columns: [
    ["a", "x"],
    ["a", "y"],
    ["b", "x"],
  ],
  lines: [{ keys: ["<raw>"], cells: [{ text: "1.0 ± 0.2", best: true }, { text: "-" }, { text: "2.0", near: true }] }],
};

describe("an HTML table", () => {
  it("has outer labels over their columns, strong best and daggers", () => {
    expect(toHtml(GRID).split("\n")).toEqual([
      "<table>",
      "<caption>Near &amp; far</caption>",
      "<thead>",
      '<tr><th rowspan="2">head</th><th colspan="2">a</th><th>b</th></tr>',
      "<tr><th>x</th><th>y</th><th>x</th></tr>",
      "</thead>",
      "<tbody>",
      '<tr><th style="text-align:left">&lt;raw&gt;</th><td style="text-align:right"><strong>1.0 ± 0.2</strong></td>' +
        '<td style="text-align:right">-</td><td style="text-align:right">2.0<sup>†</sup></td></tr>',
      "</tbody>",
      "</table>",
      "",
    ]);
  });

  it("lets no text become a tag", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        const back = [
          ["&lt;", "<"],
          ["&gt;", ">"],
          ["&quot;", '"'],
          ["&#39;", "'"],
          ["&amp;", "&"],
        ] as const;
        expect(back.reduce((t, [from, to]) => t.replaceAll(from, to), escaped)).toBe(text);
      }),
    );
  });
});
