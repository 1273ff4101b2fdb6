import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readRows } from "../../lib/data/separated.ts";

const cells = (text: string, options = {}): readonly (readonly string[])[] =>
  readRows(text, "f.csv", options).map((row) => row.cells);

describe("reading separated text", () => {
  it("splits rows and cells, whatever ends the lines", () => {
    const rows = [
      ["a", "b"],
      ["1", ""],
      ["", "2"],
    ];
    for (const end of ["\n", "\r\n", "\r"]) {
      expect(cells(["a,b", "1,", "", ",2"].join(end))).toEqual(rows);
      expect(cells(`${["a,b", "1,", ",2"].join(end)}${end}`)).toEqual(rows);
    }
  });

  it("takes separators, quotes and line ends inside quoted cells as text", () => {
    expect(cells('"a,b","say ""hi""","two\nlines"\n"""",x,""')).toEqual([
      ["a,b", 'say "hi"', "two\nlines"],
      ['"', "x", ""],
    ]);
  });

  it("takes a quote that does not open the cell as text", () => {
    expect(cells('a 5" pipe,b')).toEqual([['a 5" pipe', "b"]]);
  });

  it("gives back any cells that were written with quotes", () => {
    const row = fc.array(fc.string(), { minLength: 2, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), fc.constantFrom(",", ";", "|"), (rows, separator) => {
        const text = rows.map((r) => r.map((c) => `"${c.replaceAll('"', '""')}"`).join(separator)).join("\r\n");
        expect(cells(text, { separator })).toEqual(rows);
      }),
    );
  });

  it("knows no quotes in tab-separated text", () => {
    expect(cells('"hm" she said\tx\n"\t"', { separator: "\t", quotes: false })).toEqual([
      ['"hm" she said', "x"],
      ['"', '"'],
    ]);
  });

  it("says on which line a row begins", () => {
    const rows = readRows('h\n"x\ny"\n\nz', "f.csv");
    expect(rows.map((row) => row.line)).toEqual([1, 2, 5]);
  });

  it("names the line of a quote that is not closed, and of text after a closing one", () => {
    expect(() => cells('a,b\n1,"x\ny\n')).toThrow(/^f\.csv:2: a quoted cell begins here and is never closed/);
    expect(() => cells('a,b\n"x\n"y,1')).toThrow(/^f\.csv:3: after a quoted cell comes 'y'/);
  });
});
