import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type CodeCell, type Notebook, notebookText, parseNotebook } from "../../lib/notebook/format.ts";
import { codeHash, runStamp, staleness } from "../../lib/notebook/stale.ts";

function notebook(...sources: string[]): Notebook {
  const cells = sources.map(
    (source, i): CodeCell => ({
      cell_type: "code",
      id: `c${i}`,
      metadata: {},
      source,
      execution_count: i + 1,
      outputs: [],
    }),
  );
  return { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
}

/** As `runNotebook` leaves one. */
function ran(...sources: string[]): Notebook {
  const nb = notebook(...sources);
  nb.metadata = { bert_few_shot: { codeHash: codeHash(nb), kernel: "tslab", quick: false } };
  return nb;
}

const code = (nb: Notebook, i: number): CodeCell => nb.cells[i] as CodeCell;

describe("the hash of a notebook's code", () => {
  it("is SHA-256 of the sources as JSON", () => {
    // printf '["a","b\\n"]' | sha256sum
    expect(codeHash(notebook("a", "b\n"))).toBe("ba67ed66dcdb2f900190e19707592b82e268a66b4303ed135f436725209d0e9c");
  });

  it("changes with any cell's code, and with the order of cells", () => {
    const hashes = [["a", "b"], ["b", "a"], ["ab"], ["a", "b", "c"], ["a", "b "]].map((s) => codeHash(notebook(...s)));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("does not change with prose, outputs, counts and blank cells", () => {
    const nb = notebook("a", " \n", "b");
    nb.cells.unshift({ cell_type: "markdown", id: "m", metadata: {}, source: "# Title" });
    code(nb, 1).outputs = [{ output_type: "stream", name: "stdout", text: "x" }];
    code(nb, 1).execution_count = 99;
    expect(codeHash(nb)).toBe(codeHash(notebook("a", "b")));
  });
});

describe("staleness", () => {
  it("is none for a notebook as its run left it, also after a change of prose", () => {
    const nb = ran("a", "b", "c");
    expect(staleness(nb)).toBeUndefined();
    nb.cells.splice(1, 0, { cell_type: "markdown", id: "m", metadata: {}, source: "why" });
    expect(staleness(parseNotebook(notebookText(nb), "x"))).toBeUndefined();
  });

  it("is told of code that changed after its outputs were made", () => {
    const nb = ran("a", "b", "c");
    nb.cells[1]!.source = "b2";
    expect(staleness(nb)).toBe("its code changed after its outputs were made");
  });

  it("is told of cells that were cleared or run by hand", () => {
    const nb = ran("a", "b", "c");
    code(nb, 2).execution_count = 4;
    expect(staleness(nb)).toBe("cell 3 was cleared or run by hand after the last whole run");
    code(nb, 1).execution_count = null;
    expect(staleness(nb)).toMatch(/^cell 2 was cleared/);
  });

  it("is told of a notebook that was never run", () => {
    expect(staleness(notebook("a"))).toBe("it was never run by `npm run notebooks`");
    const odd = notebook("a");
    odd.metadata = { bert_few_shot: { codeHash: 5 } };
    expect(staleness(odd)).toMatch(/never run/);
    expect(runStamp(odd)).toBeUndefined();
  });
});

const committed = existsSync("notebooks") ? readdirSync("notebooks").filter((name) => name.endsWith(".ipynb")) : [];

/** What is wrong with a committed notebook; nothing where all is well. */
function faults(text: string): string[] {
  const nb = parseNotebook(text, "the notebook");
  const path = /\/(?:home|root|Users|workspace|builds|mnt)\/[\w.-]+|[A-Z]:\\\\/;
  const outputs = nb.cells.flatMap((cell) => (cell.cell_type === "code" ? cell.outputs : []));
  const failed = outputs.some((output) => output.output_type === "error");
  return [
    staleness(nb) ?? "",
    runStamp(nb)?.quick ? "its outputs are those of a quick run" : "",
    notebookText(nb) === text ? "" : "its file is not written as the runner writes it",
    failed ? "a cell failed" : "",
    outputs.map((output) => path.exec(JSON.stringify(withoutPictures(output)))?.[0]).find(Boolean) ?? "",
  ].filter(Boolean);
}

function withoutPictures(output: object): object {
  if (!("data" in output)) return output;
  const data = Object.entries(output.data as object).filter(([mime]) => !/^image\/(?!svg)/.test(mime));
  return { ...output, data: Object.fromEntries(data) };
}

describe("a committed notebook", () => {
  it.each(committed)("%s holds the outputs of a whole run of its code", (name) => {
    expect(faults(readFileSync(join("notebooks", name), "utf8"))).toEqual([]);
  });

  it("would be found out if it did not", () => {
    const good = ran("a", "b");
    expect(faults(notebookText(good))).toEqual([]);
    expect(faults(`${notebookText(good)}\n`)).toEqual(["its file is not written as the runner writes it"]);
    good.metadata.bert_few_shot = { ...runStamp(good), quick: true };
    good.cells[0]!.source = "changed";
    code(good, 1).outputs = [{ output_type: "stream", name: "stdout", text: "see /home/ann/data\n" }];
    expect(faults(notebookText(good))).toEqual([
      "its code changed after its outputs were made",
      "its outputs are those of a quick run",
      "/home/ann",
    ]);
    code(good, 1).outputs = [
      { output_type: "display_data", data: { "image/png": "/home/ann" }, metadata: {} },
      { output_type: "error", ename: "E", evalue: "v", traceback: [] },
    ];
    expect(faults(notebookText(good)).slice(2)).toEqual(["a cell failed"]);
  });
});
