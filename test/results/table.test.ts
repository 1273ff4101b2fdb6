import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRows } from "../../lib/data/separated.ts";
import { interval, type Row, toCsv, toMarkdown } from "../../lib/results/table.ts";

describe("CSV", () => {
  it("has the columns of all rows in order of first appearance, and empty cells for what is missing", () => {
    const rows: Row[] = [
      { a: 1, b: "x" },
      { c: true, a: -0.5 },
      { b: null, d: undefined, c: false },
    ];
    expect(toCsv(rows)).toBe("a,b,c,d\n1,x,,\n-0.5,,true,\n,,false,\n");
  });

  it("quotes commas, quotes and line ends, and nothing else", () => {
    expect(toCsv([{ "a,b": 'say "no"', c: "two\nlines", d: "a\rb", e: "天气；很热", f: " " }])).toBe(
      '"a,b",c,d,e,f\n"say ""no""","two\nlines","a\rb",天气；很热, \n',
    );
  });

  it("is read back as it was written", () => {
    const cell = fc.string({ minLength: 1 });
    const rows = fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(rows, (lines) => {
        const text = toCsv(lines.map(([a, b, c]) => ({ a, b, c })));
        expect(readRows(text, "rows.csv").map((r) => r.cells)).toEqual([["a", "b", "c"], ...lines]);
      }),
    );
  });
});

describe("a Markdown table", () => {
  it("puts numbers to the right and texts to the left, whatever they begin with", () => {
    const header = ["data", "5-shot", "interval", "kind", "bold", "rate"];
    const lines = [
      ["clinc150", "87.3", "87.3 ± 0.4", "1-shot", "**91.0 ± 0.1**", "1e-5"],
      ["banking77", "-", "", "5-shot", "0.5 %", "-2"],
    ];
    expect(toMarkdown(header, lines)).toBe(
      [
        "| data | 5-shot | interval | kind | bold | rate |\n",
        "| --- | --: | --: | --- | --: | --: |\n",
        "| clinc150 | 87.3 | 87.3 ± 0.4 | 1-shot | **91.0 ± 0.1** | 1e-5 |\n",
        "| banking77 | - |  | 5-shot | 0.5 % | -2 |\n",
      ].join(""),
    );
  });

  it("keeps a cell in its cell: bars are escaped, line ends become spaces", () => {
    expect(toMarkdown(["a|b"], [["x | y"], ["two\r\nlines\nor\rthree"]])).toBe(
      "| a\\|b |\n| --- |\n| x \\| y |\n| two lines or three |\n",
    );
  });

  it("gives intervals in percent with one decimal", () => {
    expect(interval(0.87349, 0.004)).toBe("87.3 ± 0.4");
  });
});
