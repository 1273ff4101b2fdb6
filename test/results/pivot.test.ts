import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { estimate } from "../../lib/evaluate/accuracy.ts";
import { pivot, writeTable } from "../../lib/results/pivot.ts";
import type { Row } from "../../lib/results/table.ts";

const result = (head: string, data: string, nShot: number, accuracy: number, ci95: number | null = 0.01): Row => ({
  ...{ head, data, nShot, accuracy, ci95, auroc: accuracy / 2 },
});
const ROWS: Row[] = [
  result("matching", "clinc150", 1, 0.7123),
  result("matching", "clinc150", 5, 0.9),
  result("matching", "banking77", 1, 0.61),
  result("prototypical", "clinc150", 1, 0.73),
  result("prototypical", "banking77", 1, 0.55),
  result("prototypical", "clinc150", 5, 0.94),
];
const OPTIONS = { rows: ["head"], columns: ["data", "nShot"], value: "accuracy" } as const;

describe("a pivot table", () => {
  it("has row keys down and column keys across, outer ones together, in order of first appearance", () => {
    const table = pivot(ROWS, OPTIONS);
    expect(table.rows).toEqual([["matching"], ["prototypical"]]);
    expect(table.columns).toEqual([
      ["clinc150", 1],
      ["clinc150", 5],
      ["banking77", 1],
    ]);
    expect(table.cells.map((line) => line.map((c) => c.mean))).toEqual([
      [0.7123, 0.9, 0.61],
      [0.73, 0.94, 0.55],
    ]);
  });

  it("is written as Markdown with the best of each column in bold, the near ones marked, and said", () => {
    expect(pivot(ROWS, { ...OPTIONS, caption: "Five ways." }).markdown()).toBe(
      [
        "| head | clinc150, nShot 1 | clinc150, nShot 5 | banking77, nShot 1 |",
        "| --- | --: | --: | --: |",
        "| matching | 71.2 ± 1.0 † | 90.0 ± 1.0 | **61.0 ± 1.0** |",
        "| prototypical | **73.0 ± 1.0** | **94.0 ± 1.0** | 55.0 ± 1.0 |",
        "",
        "Five ways. Accuracy ± half-width of its 95 % interval, in percent. Bold: the best of each column. " +
          "†: its interval overlaps the best one's, so this table alone does not tell the two apart.",
        "",
      ].join("\n"),
    );
  });

  it("compares columns, rows, all or nothing, for high or low", () => {
    const best = (options: Partial<Parameters<typeof pivot>[1]>): string[] => {
      const { rows, columns, cells } = pivot(ROWS, { ...OPTIONS, ...options });
      const named = cells.flatMap((line, i) =>
        line.map((c, k) => ({ ...c, name: [...rows[i]!, ...columns[k]!].join(" ") })),
      );
      return named.filter((c) => c.best).map((c) => c.name);
    };
    expect(best({ best: "row" })).toEqual(["matching clinc150 5", "prototypical clinc150 5"]);
    expect(best({ best: "table" })).toEqual(["prototypical clinc150 5"]);
    expect(best({ best: "table", higher: false })).toEqual(["prototypical banking77 1"]);
    expect(best({ best: "none" })).toEqual([]);
    expect(best({ columns: ["head"], rows: ["data", "nShot"], best: "row" })).toEqual([
      "clinc150 1 prototypical",
      "clinc150 5 prototypical",
      "banking77 1 matching",
    ]);
    expect(pivot(ROWS, { ...OPTIONS, best: "none" }).caption).not.toMatch(/Bold|†/);
  });

  it("marks exactly those whose interval reaches the best one's", () => {
    const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 5 })), {
      minLength: 2,
      maxLength: 7,
    });
    fc.assert(
      fc.property(values, (list) => {
        const rows = list.map(([mean, ci95], i) => ({ name: `n${i}`, score: mean, ci: ci95 }));
        const { cells } = pivot(rows, { rows: ["name"], columns: [], value: "score", interval: "ci" });
        const top = Math.max(...list.map(([mean]) => mean));
        const reach = top - list.find(([mean]) => mean === top)![1];
        list.forEach(([mean, ci95], i) => {
          expect(cells[i]![0]).toMatchObject({ best: mean === top, near: mean < top && mean + ci95 >= reach });
        });
      }),
    );
  });

  it("takes no other number's interval, and marks nothing without one", () => {
    const table = pivot(ROWS, { ...OPTIONS, value: "auroc" });
    expect(table.cells.flat().every((c) => c.ci95 === null && !c.near)).toBe(true);
    expect(table.markdown()).toContain("| matching | 35.6 | 45.0 | **30.5** |");
    expect(table.caption).toBe("AUROC, in percent. Bold: the best of each column.");
    expect(pivot(ROWS, { ...OPTIONS, interval: null }).csv()).not.toContain("ci95");
  });

  it("leaves a dash where there is no value, and calls a value without rival no best", () => {
    const rows = [
      ...ROWS,
      result("siamese", "liu", 1, 0.5, Number.POSITIVE_INFINITY),
      { head: "raw", data: "liu", nShot: 1 },
    ];
    const lines = pivot(rows, OPTIONS).markdown().split("\n");
    expect(lines[4]).toBe("| siamese | - | - | - | 50.0 |");
    expect(lines[5]).toBe("| raw | - | - | - | - |");
    const broken = pivot([...ROWS, result("siamese", "clinc150", 1, Number.NaN)], OPTIONS);
    expect(broken.cells[2]!.map((c) => c.mean)).toEqual([null, null, null]);
  });

  it("refuses two rows in one cell and says what they differ in, or shows their mean", () => {
    const seeds = [0.7, 0.72, 0.77].map((accuracy, i) => ({ ...result("matching", "clinc150", 1, accuracy), seed: i }));
    const rows = [...seeds, result("siamese", "clinc150", 1, 0.6)];
    expect(() => pivot(rows, OPTIONS)).toThrow(InputError);
    expect(() => pivot(rows, OPTIONS)).toThrow(
      /3 rows for the cell matching, clinc150, 1; they differ in auroc and seed/,
    );
    const { cells, caption } = pivot(rows, { ...OPTIONS, repeated: "mean" });
    const { mean, ci95 } = estimate([0.7, 0.72, 0.77]);
    expect(cells[0]![0]).toMatchObject({ mean, ci95, n: 3, best: true });
    expect(cells[1]![0]).toMatchObject({ mean: 0.6, ci95: null, n: 1, best: false, near: false });
    expect(caption).toContain("over 1 and 3 runs, in percent.");
  });

  it("formats and labels as told", () => {
    const rows = [
      { step: 100, loss: -0.0004, ci: 0.5 },
      { step: 200, loss: 12.345, ci: 0.25 },
    ];
    const options = {
      rows: ["step"],
      columns: [],
      value: "loss",
      interval: "ci",
      percent: false,
      digits: 2,
      higher: false,
    };
    expect(pivot(rows, options).markdown()).toBe(
      "| step | loss |\n| --: | --: |\n| 100 | **0.00 ± 0.50** |\n| 200 | 12.35 ± 0.25 |\n\n" +
        "Loss ± half-width of its 95 % interval. Bold: the best of each column.\n",
    );
    const label = (key: string, value: unknown): string | undefined => (key === "nShot" ? `${value}-shot` : undefined);
    expect(pivot(ROWS, { ...OPTIONS, label }).markdown()).toContain("| head | clinc150, 1-shot | clinc150, 5-shot |");
    const same = (key: string): string | undefined => (key === "nShot" ? "some" : undefined);
    expect(() => pivot(ROWS, { ...OPTIONS, label: same })).toThrow(/two columns are called clinc150, some/);
  });

  it.each([
    [{ rows: ["nothing"] }, /no row has nothing; there are head, data/],
    [{ value: "f1" }, /no row has f1/],
    [{ value: "head" }, /head is "matching"; wanted a number/],
    [{ rows: [] }, /at least one column/],
  ])("refuses %o", (options, message) => {
    expect(() => pivot(ROWS, { ...OPTIONS, ...options })).toThrow(InputError);
    expect(() => pivot(ROWS, { ...OPTIONS, ...options })).toThrow(message);
    expect(() => pivot([], OPTIONS)).toThrow(/no rows/);
  });
});

describe("the numbers of a pivot table", () => {
  it("are whole as CSV and as a frame, intervals beside them", async () => {
    const table = pivot([...ROWS, result("siamese", "clinc150", 5, 0.5, null)], OPTIONS);
    const header = ["head", "clinc150, nShot 1", "clinc150, nShot 1 ci95", "clinc150, nShot 5"];
    expect(table.csv().split("\n").slice(0, 2)).toEqual([
      'head,"clinc150, nShot 1","clinc150, nShot 1 ci95","clinc150, nShot 5","clinc150, nShot 5 ci95","banking77, nShot 1","banking77, nShot 1 ci95"',
      "matching,0.7123,0.01,0.9,0.01,0.61,0.01",
    ]);
    expect(table.csv().split("\n")[3]).toBe("siamese,,,0.5,,,");
    const frame = await table.frame();
    expect(frame.columns.slice(0, 4)).toEqual(header);
    expect(frame.shape).toEqual([3, 7]);
    expect(frame.column("clinc150, nShot 5").mean()).toBeCloseTo((0.9 + 0.94 + 0.5) / 3, 12);
  });

  it("are all there, each in its cell", () => {
    const key = fc.constantFrom("a", "b", "c");
    const rows = fc.uniqueArray(fc.record({ x: key, y: key, z: fc.nat(2), value: fc.nat(99) }), {
      selector: (r) => `${r.x}${r.y}${r.z}`,
      minLength: 1,
      maxLength: 13,
    });
    fc.assert(
      fc.property(rows, (list) => {
        const table = pivot(list, { rows: ["x"], columns: ["y", "z"], value: "value" });
        const back = table.rows.flatMap(([x], i) =>
          table.columns.map(([y, z], c) => ({ x, y, z, value: table.cells[i]![c]!.mean })),
        );
        const named = (r: Row): string => `${r.x}${r.y}${r.z}`;
        const found = back.filter((r) => r.value !== null).sort((p, q) => (named(p) < named(q) ? -1 : 1));
        expect(found).toEqual([...list].sort((p, q) => (named(p) < named(q) ? -1 : 1)));
      }),
    );
  });
});

describe("a table on disk", () => {
  it("is CSV, Markdown and LaTeX of one name", async () => {
    const dir = mkdtempSync(join(tmpdir(), "table-"));
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
    const table = pivot(ROWS, OPTIONS);
    await writeTable(join(dir, "new"), "heads", table);
    expect(readdirSync(join(dir, "new")).sort()).toEqual(["heads.csv", "heads.md", "heads.tex"]);
    const read = (ending: string): string => readFileSync(join(dir, "new", `heads.${ending}`), "utf8");
    expect(read("csv")).toBe(table.csv());
    expect(read("md")).toBe(table.markdown());
    expect(read("tex")).toBe(table.latex({ label: "tab:heads" }));
    expect(read("tex")).toContain("\\label{tab:heads}");
    await expect(writeTable(dir, "../heads", table)).rejects.toThrow(InputError);
  });
});
