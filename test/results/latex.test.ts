import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Grid } from "../../lib/results/grid.ts";
import { escapeLatex, toLatex } from "../../lib/results/latex.ts";

const GRID: Grid = {
  caption: "Accuracy in %. †: near.",
  keys: ["pooling", "head"],
  columns: [
    ["clinc150", "1-shot"],
    ["clinc150", "5-shot"],
    ["liu_2019", "1-shot"],
  ],
  lines: [
    {
      keys: ["[CLS]", "matching"],
      cells: [{ text: "71.2 ± 1.0", near: true }, { text: "-" }, { text: "-0.5" }],
    },
    {
      keys: ["mean & max", "siamese"],
      cells: [{ text: "73.0 ± 1.0", best: true }, { text: "94.0" }, { text: "0.5", best: true }],
    },
  ],
};

describe("a LaTeX table", () => {
  it("is ruled by booktabs, with outer labels over their columns, bold best and daggers", () => {
    expect(toLatex(GRID, { label: "tab:pooling" })).toMatchInlineSnapshot(`
      "% \\usepackage{booktabs}
      \\begin{table}
      \\centering
      \\caption{Accuracy in \\%. $^\\dagger$: near.}
      \\label{tab:pooling}
      \\begin{tabular}{llrrr}
      \\toprule
       &  & \\multicolumn{2}{c}{clinc150} & liu\\_2019 \\\\
      \\cmidrule(lr){3-4} \\cmidrule(lr){5-5}
      pooling & head & 1-shot & 5-shot & 1-shot \\\\
      \\midrule
      {[}CLS{]} & matching & 71.2 $\\pm$ 1.0$^\\dagger$ & -- & $-$0.5 \\\\
      mean \\& max & siamese & \\textbf{73.0 $\\pm$ 1.0} & 94.0 & \\textbf{0.5} \\\\
      \\bottomrule
      \\end{tabular}
      \\end{table}
      "
    `);
  });

  it("has as many cells in every line as columns, whatever the texts are", () => {
    const text = fc.string({ maxLength: 9, unit: "grapheme" });
    fc.assert(
      fc.property(text, text, text, (key, label, value) => {
        const lines = [{ keys: [key], cells: [{ text: value, best: true }, { text: value }] }];
        const written = toLatex({ caption: "", keys: [label], columns: [[label], [value]], lines });
        const rows = written.split("\n").filter((line) => line.endsWith("\\\\"));
        expect(rows).toHaveLength(2);
        for (const row of rows) expect(row.replaceAll("\\&", "").split("&")).toHaveLength(3);
        expect(written).not.toContain("\\caption");
      }),
    );
  });
});

describe("escaped text", () => {
  it("has no character left that LaTeX would obey", () => {
    expect(escapeLatex("50 % of {a_b} & #1 ~ ^2 $x$ \\n")).toBe(
      "50 \\% of \\{a\\_b\\} \\& \\#1 \\textasciitilde{} \\textasciicircum{}2 \\$x\\$ \\textbackslash{}n",
    );
    expect(escapeLatex("a\r\nb <c> d|e * 查询")).toBe("a b \\textless{}c\\textgreater{} d\\textbar{}e {*} 查询");
  });

  it("keeps its braces in pairs", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const bare = escapeLatex(text).replaceAll("\\{", "").replaceAll("\\}", "");
        let depth = 0;
        for (const c of bare) {
          depth += c === "{" ? 1 : c === "}" ? -1 : 0;
          expect(depth).toBeGreaterThanOrEqual(0);
        }
        expect(depth).toBe(0);
      }),
    );
  });
});
