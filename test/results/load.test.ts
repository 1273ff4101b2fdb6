import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadRows } from "../../lib/results/load.ts";
import { type Row, toCsv } from "../../lib/results/table.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "rows-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const written = async (text: string): Promise<Row[]> => {
  const file = join(folder, "rows.csv");
  writeFileSync(file, text);
  return loadRows(file);
};

describe("rows from a file", () => {
  it("are those that were written, missing values as null", async () => {
    const rows = [
      { data: "zh, all", nShot: 1, accuracy: 0.1 + 0.2, note: null },
      { data: 'a "b"', nShot: 5, accuracy: -3e-17, note: "Infinity" },
    ];
    expect(await written(toCsv(rows))).toEqual(rows);
  });

  it("keep every finite number to the last bit", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
        async (values) => {
          const rows = values.map((value) => ({ value: value === 0 ? 0 : value }));
          expect(await written(toCsv(rows))).toEqual(rows);
        },
      ),
      { numRuns: 23 },
    );
  });

  it("are refused with file and line where a line has other cells than the header", async () => {
    await expect(written("a,b\n1,2\n3\n")).rejects.toThrow(/rows\.csv:3: has 1 cells, the header has 2$/);
    await expect(written("")).rejects.toThrow("it is empty");
    await expect(loadRows(join(folder, "none.csv"))).rejects.toThrow("none.csv");
  });
});
