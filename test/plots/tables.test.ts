import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { cellText, tableHtml, tableOfRows, tablePlain } from "../../lib/plots/tables.ts";

const table = {
  header: ["data", "accuracy", "note"],
  lines: [
    ["数据集", "**95.8 ± 0.5**", "a <b>"],
    ["clinc150", "-", ""],
  ],
};

describe("tableHtml", () => {
  it("escapes cells, sets bold ones in bold, and columns of values to the right", () => {
    const { document } = new JSDOM(tableHtml(table)).window;
    const cells = [...document.querySelectorAll("td, th")].map((c) => `${c.textContent}|${c.getAttribute("style")}`);
    expect(cells).toEqual([
      "data|text-align:left",
      "accuracy|text-align:right",
      "note|text-align:left",
      "数据集|text-align:left",
      "95.8 ± 0.5|text-align:right",
      "a <b>|text-align:left",
      "clinc150|text-align:left",
      "-|text-align:right",
      "|text-align:left",
    ]);
    expect(document.querySelector("strong")?.textContent).toBe("95.8 ± 0.5");
    expect(document.querySelector("td b")).toBeNull();
  });
});

describe("tablePlain", () => {
  it("aligns columns, Chinese letters counting as two", () => {
    expect(tablePlain(table)).toBe(
      [
        "data        accuracy  note",
        "--------  ----------  -----",
        "数据集    95.8 ± 0.5  a <b>",
        "clinc150           -",
        "",
      ].join("\n"),
    );
  });

  it("has a header where there are no lines", () => {
    expect(tablePlain({ header: ["a", "bc"], lines: [] })).toBe("a  bc\n-  --\n");
  });
});

describe("tableOfRows", () => {
  it("has the columns of all rows, and nothing where a row has none", () => {
    const rows = [
      { head: "siamese", accuracy: 0.123456789 },
      { head: "matching", shots: 5, trained: true, accuracy: null },
    ];
    expect(tableOfRows(rows)).toEqual({
      header: ["head", "accuracy", "shots", "trained"],
      lines: [
        ["siamese", "0.12346", "", ""],
        ["matching", "", "5", "true"],
      ],
    });
  });

  it("keeps whole numbers whole", () => {
    expect([1234567, 12.3456789, -0.5, Number.NaN, 1e-7].map((v) => cellText(v))).toEqual([
      ...["1234567", "12.346", "-0.5", "NaN", "1e-7"],
    ]);
  });
});
