import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { findDeno, GET_DENO } from "../../lib/notebook/deno.ts";
import { type CodeCell, notebookText, type Output } from "../../lib/notebook/format.ts";
import { findKernel, type KernelName, type Launch } from "../../lib/notebook/kernels.ts";
import { type CellEvent, type NotebookRun, runNotebook } from "../../lib/notebook/run.ts";
import { staleness } from "../../lib/notebook/stale.ts";
import { transpile } from "../built.ts";
import { notebookFolder, writeNotebook } from "./notebooks.ts";

const deno = await findDeno(process.cwd());
let [folder, built, script] = ["", "", ""];
beforeAll(() => {
  folder = notebookFolder();
  ({ folder: built, script } = transpile("lib/notebook/tslab-kernel.ts"));
});
afterAll(() => {
  for (const path of [folder, built]) rmSync(path, { recursive: true, force: true });
});

/** Code that shows a MIME bundle by what each kernel has for it. */
const SHOW = `const bundle = { "text/plain": "seven\\nlines", "application/json": { b: [7, { "10": 1, "9": 2 }], a: null } };
const content = { data: bundle, metadata: {}, transient: {} };
const g = globalThis as any;
if (g.Deno) await g.Deno.jupyter.broadcast("display_data", content);
else g.__tslab__.require("tslab/dist/jupyter.js").lastWriteDisplayData(content);`;

const CELLS = [
  'import { float32, random } from "bert-few-shot";\nconsole.log(random(5).uint32());',
  "", // a blank cell is no cell to run
  'console.log("out"); console.log("at cell 1:2:3");',
  SHOW,
  // Types reach the next cell, and anything may be awaited.
  "const t = float32([3, 5, 7], [3]);\nconst shape: readonly number[] = await (async () => t.shape)();",
  'for (let i = 0; i < 1500; i++) console.log("line", i + shape[0]!);', // more than zeromq takes in one turn
  "console.log(process.cwd());",
  'console.log(process.env.BERT_FEW_SHOT_QUICK ?? "whole");',
  "shape.length + 2",
];

const codeOf = (run: NotebookRun): CodeCell[] =>
  run.notebook.cells.filter((cell): cell is CodeCell => cell.cell_type === "code" && cell.source !== "");
const said = (outputs: readonly Output[]): string =>
  outputs.map((o) => (o.output_type === "stream" && o.name === "stdout" ? o.text : "")).join("");

const kernels: [string, KernelName, boolean][] = [
  ["tslab", "tslab", true],
  [deno ? `deno ${deno.version}` : `deno (not here; ${GET_DENO})`, "deno", deno !== undefined],
];

describe.each(kernels)("a notebook under %s", (_, name, here) => {
  const launch = (): Promise<Launch> => findKernel(name, script, process.cwd());

  it.skipIf(!here)("keeps all that its cells print and show, and gives the same bytes when it runs again", async () => {
    const path = writeNotebook(folder, `good-${name}`, ...CELLS);
    const events: CellEvent[] = [];
    const run = await runNotebook(path, await launch(), { timeout: 60, onCell: (event) => events.push(event) });
    expect(run.failure).toBeUndefined();
    const cells = codeOf(run);
    expect(cells.map((cell) => cell.execution_count)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const [first, streams, shown, typed, flood, cwd, quick, last] = cells.map((cell) => cell.outputs);
    expect(first).toEqual([{ output_type: "stream", name: "stdout", text: `${random(5).uint32()}\n` }]);
    expect(streams).toEqual([{ output_type: "stream", name: "stdout", text: "out\nat cell 1:2:3\n" }]);
    expect(shown).toEqual([
      {
        output_type: "display_data",
        data: { "text/plain": "seven\nlines", "application/json": { b: [7, { "10": 1, "9": 2 }], a: null } },
        metadata: {},
      },
    ]);
    expect(typed).toEqual([]);
    expect(said(flood!)).toBe(Array.from({ length: 1500 }, (_, i) => `line ${i + 3}\n`).join(""));
    expect(said(cwd!)).toBe(`./.cache/${folder.split(/[\\/]/).at(-1)}\n`); // the notebook's folder, from the root
    expect(said(quick!)).toBe("whole\n");
    const result = { output_type: "execute_result", execution_count: 8, data: { "text/plain": "3" }, metadata: {} };
    expect(last).toEqual([name === "deno" ? result : { output_type: "stream", name: "stdout", text: "3\n" }]);
    expect(events.map(({ cell, cells, seconds }) => [cell, cells, seconds === undefined])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].flatMap((i) => [
        [i, 8, true],
        [i, 8, false],
      ]),
    );
    expect(events[0]!.begins).toBe('import { float32, random } from "bert-few-shot";');
    expect(staleness(run.notebook)).toBeUndefined();
    expect(run.notebook.metadata).toMatchObject({
      kernelspec: { name: `bert-few-shot-${name}`, language: "typescript" },
      language_info: { name: "typescript", file_extension: ".ts" },
      bert_few_shot: { kernel: name, quick: false },
    });
    const text = notebookText(run.notebook);
    expect(text).not.toContain(process.cwd());
    expect(text).not.toMatch(/\d{4}-\d\d-\d\dT/);
    const again = await runNotebook(path, await launch(), { timeout: 60 });
    expect(notebookText(again.notebook)).toBe(text);
  });

  it.skipIf(!here)("ends at the first cell that throws, and says which", async () => {
    const path = writeNotebook(
      folder,
      `bad-${name}`,
      'const seven = 7;\n\nfunction fails(n: number): never {\n  // why\n  throw new RangeError("lost " + n);\n}',
      'console.log("before");\n// a comment\n\nfails(seven);',
      'console.log("never");',
    );
    const { failure, notebook, cells } = await runNotebook(path, await launch(), { timeout: 60, quick: true });
    expect(failure).toMatchObject({ cell: 2, message: "RangeError: lost 7" });
    expect(failure?.details).toMatch(/RangeError: lost 7\n +at fails/);
    if (name === "tslab") {
      expect(failure).toMatchObject({ line: 4, source: "fails(seven);" });
      expect(failure?.details).toMatch(/^RangeError: lost 7\n +at fails \(cell 1, line 5\)\n +at cell 2, line 4$/);
    } else expect(failure?.source).toBe('console.log("before");');
    expect(cells).toBe(3);
    const [, failed, unreached] = codeOf({ notebook } as NotebookRun);
    expect(said(failed!.outputs)).toBe("before\n");
    expect(unreached).toMatchObject({ execution_count: null, outputs: [] });
    expect(notebook.metadata).toMatchObject({ bert_few_shot: { quick: true } });
    expect(staleness(notebook)).toBe("cell 3 was cleared or run by hand after the last whole run");
  });
});

describe("a notebook under tslab", () => {
  it("has its types checked from cell to cell, and its lost promises found", async () => {
    const launch = await findKernel("tslab", script, process.cwd());
    const typed = writeNotebook(
      folder,
      "typed",
      'import { float32 } from "bert-few-shot";\nconst t = float32([3, 5], [2]);',
      "// one\nconst right: readonly number[] = t.shape;\nconst wrong: string = t.shape;",
    );
    expect((await runNotebook(typed, launch, { timeout: 60 })).failure).toMatchObject({
      ...{ cell: 2, line: 3, source: "const wrong: string = t.shape;" },
      message: "Type 'readonly number[]' is not assignable to type 'string'.",
    });
    const lost = writeNotebook(
      folder,
      "lost",
      'async function work() {\n  throw new TypeError("lost");\n}\nvoid work();',
      "await new Promise((resolve) => setTimeout(resolve, 50));",
    );
    const { failure } = await runNotebook(lost, launch, { timeout: 60 });
    expect(failure?.message).toBe("TypeError: lost, which no cell awaited");
    expect(failure?.details).toContain("at work (cell 1, line 2)");
  });

  it("ends with its process when the kernel cannot be started", async () => {
    const path = writeNotebook(folder, "never", "1");
    const launch: Launch = { name: "tslab", command: [process.execPath, join(folder, "none.js")], version: "0" };
    await expect(runNotebook(path, launch)).rejects.toThrow(
      /^the tslab kernel ended with exit code 1 while starting; /,
    );
    expect(readFileSync(path, "utf8")).toContain('"execution_count": null');
  });
});
