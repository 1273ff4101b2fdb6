import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { type Notebook, notebookText, parseNotebook, runCells } from "../../lib/notebook/format.ts";

// test/reference/notebook.py wrote these with nbformat.
const odd = readFileSync("test/fixtures/notebook/odd.ipynb", "utf8");
const old = readFileSync("test/fixtures/notebook/old.ipynb", "utf8");

describe("a notebook's file", () => {
  it("is written byte for byte as nbformat wrote it", () => {
    expect(notebookText(parseNotebook(odd, "odd.ipynb"))).toBe(odd);
  });

  it("holds as lines what is one text in memory", () => {
    const { cells } = parseNotebook(odd, "odd.ipynb");
    const code = cells[4];
    if (code?.cell_type !== "code") throw new Error("wanted a code cell");
    expect(code.source).toBe("const x = 1;\nx + 2");
    const [stream, empty] = code.outputs;
    expect(stream).toMatchObject({ output_type: "stream", text: cells[5]!.source });
    expect(empty).toMatchObject({ name: "stderr", text: "" });
    expect(code.outputs[3]).toMatchObject({
      data: { "text/html": "<p>\n</p>\n", "application/json": { b: "x\ny", a: [] }, "image/png": "iVBORw0K\nGgo=\n" },
    });
    expect(code.outputs[5]).toMatchObject({ traceback: ["one\ntwo", "three"] });
  });

  it("of format 4.4 becomes 4.5, with an id for each cell that has none", () => {
    const notebook = parseNotebook(old, "old.ipynb");
    expect(notebook.nbformat_minor).toBe(5);
    expect(notebook.cells.map((cell) => cell.id)).toEqual([1, 2, 3, 4, 5, 6].map((i) => `cell-${i}`));
    const named = parseNotebook(odd, "odd.ipynb");
    for (const [i, cell] of notebook.cells.entries()) cell.id = named.cells[i]!.id;
    expect(notebookText(notebook)).toBe(odd);
  });

  it("never gives two cells one id", () => {
    const cell = { cell_type: "markdown", metadata: {}, source: "" };
    const text = JSON.stringify({
      cells: [cell, { ...cell, id: "cell-1" }],
      metadata: {},
      nbformat: 4,
      nbformat_minor: 4,
    });
    expect(parseNotebook(text, "x").cells.map((c) => c.id)).toEqual(["cell-1-new", "cell-1"]);
  });

  it("is the same after any number of readings and writings", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "\n", "\r", "\u2028", "\u0085", "\v", "😀", "\\", '"', "\u001b"),
    });
    const stream = fc.record({
      output_type: fc.constant("stream" as const),
      name: fc.constantFrom("stdout" as const, "stderr" as const),
      text,
    });
    const display = fc.record({
      output_type: fc.constant("display_data" as const),
      data: fc.record({ "text/plain": text, "application/json": fc.jsonValue() }),
      metadata: fc.constant({}),
    });
    const code = fc.record({
      cell_type: fc.constant("code" as const),
      id: fc.uuid(),
      metadata: fc.constant({}),
      source: text,
      execution_count: fc.option(fc.nat()),
      outputs: fc.array(fc.oneof(stream, display)),
    });
    fc.assert(
      fc.property(fc.array(code), (cells) => {
        const notebook: Notebook = { cells, metadata: {}, nbformat: 4, nbformat_minor: 5 };
        const read = parseNotebook(notebookText(notebook), "x");
        expect(notebookText(read)).toBe(notebookText(notebook));
        expect(read).toEqual(JSON.parse(JSON.stringify(notebook)));
      }),
    );
  });

  it("has a cell to run for each code cell that is not blank", () => {
    expect(runCells(parseNotebook(odd, "odd.ipynb")).map((cell) => cell.id)).toEqual(["code", "odd"]);
  });
});

describe("what is no notebook", () => {
  const cases: [string, unknown, RegExp][] = [
    ["a list", [], /x\.ipynb: cannot read the notebook: it has no list `cells`/],
    ["another format", { cells: [], nbformat: 3 }, /its nbformat is 3, wanted 4/],
    ["a cell without a kind", { cells: [{ source: "" }], nbformat: 4 }, /cell 1 has the cell_type undefined/],
    ["a cell that is a number", { cells: [5], nbformat: 4 }, /cell 1 is no object/],
    ["a source that is a number", { cells: [{ cell_type: "raw", source: 5 }], nbformat: 4 }, /source of cell 1/],
    [
      "outputs that are no list",
      { cells: [{ cell_type: "code", source: "", outputs: 5 }], nbformat: 4 },
      /outputs of cell 1/,
    ],
  ];
  it.each(cases)("is refused: %s", (_, value, message) => {
    expect(() => parseNotebook(JSON.stringify(value), "x.ipynb")).toThrow(message);
    expect(() => parseNotebook(JSON.stringify(value), "x.ipynb")).toThrow(InputError);
  });

  it("is refused: broken JSON, with its line", () => {
    expect(() => parseNotebook('{\n "cells": [\n', "x.ipynb")).toThrow(/^x\.ipynb:3: a notebook is not JSON/);
  });
});
