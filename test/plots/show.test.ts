import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findDeno, GET_DENO } from "../../lib/notebook/deno.ts";
import type { CodeCell } from "../../lib/notebook/format.ts";
import { findKernel, type KernelName } from "../../lib/notebook/kernels.ts";
import { runNotebook } from "../../lib/notebook/run.ts";
import { currentDisplay } from "../../lib/plots/kernel.ts";
import { show } from "../../lib/plots/show.ts";
import { transpile } from "../built.ts";
import { notebookFolder, writeNotebook } from "../notebook/notebooks.ts";
import { SMALL } from "./draw.ts";

const table = { header: ["data", "accuracy"], lines: [["clinc150", "95.8"]] };

describe("show in a console", () => {
  const printed = async (...args: Parameters<typeof show>): Promise<string[]> => {
    const lines: string[] = [];
    await show(args[0], { ...args[1], print: (line) => lines.push(line) });
    return lines;
  };

  it("finds no kernel", () => {
    expect(currentDisplay()).toBeUndefined();
  });

  it("prints tables and texts", async () => {
    expect(await printed(table)).toEqual(["data      accuracy\n--------  --------\nclinc150      95.8"]);
    expect(await printed("some words\n")).toEqual(["some words"]);
  });

  it("prints a line for a figure", async () => {
    const { width, height } = SMALL.layout;
    const hint = "writeFigure(dir, name, figure) makes SVG and PNG files of it";
    expect(await printed(SMALL)).toEqual([`[figure "池化 and distance", ${width} x ${height}: ${hint}]`]);
  });
});

const deno = await findDeno(process.cwd());
const kernels: [string, KernelName, boolean][] = [
  ["tslab", "tslab", true],
  [deno ? `deno ${deno.version}` : `deno (not here; ${GET_DENO})`, "deno", deno !== undefined],
];

describe.each(kernels)("show in a notebook under %s", (_, name, here) => {
  let [folder, kit, kernel, script] = ["", "", "", ""];
  let built: string;
  beforeAll(() => {
    folder = notebookFolder();
    ({ folder: kernel, script } = transpile("lib/notebook/tslab-kernel.ts"));
    ({ folder: kit, script: built } = transpile("lib/plots/show.ts"));
  });
  afterAll(() => {
    for (const path of [folder, kernel, kit]) rmSync(path, { recursive: true, force: true });
  });

  it.skipIf(!here)("gives each thing as one output of the cell that asked for it", async () => {
    const figure = JSON.stringify(SMALL).replaceAll("null", "0"); // a cell's compiler knows the figure's type
    const path = writeNotebook(
      folder,
      `show-${name}`,
      `const kit: string = ${JSON.stringify(built)};\nconst { show } = await import(kit);`,
      `await show(${JSON.stringify(table)});`,
      `await show(${figure}, { scale: 1 });`,
      'await show("words");\nconsole.log("after");',
    );
    const run = await runNotebook(path, await findKernel(name, script, process.cwd()), { timeout: 60 });
    expect(run.failure).toBeUndefined();
    const outputs = run.notebook.cells.filter((c): c is CodeCell => c.cell_type === "code").map((c) => c.outputs);
    expect(outputs[0]).toEqual([]);
    expect(outputs[1]).toMatchObject([
      {
        output_type: "display_data",
        data: {
          "text/plain": expect.stringContaining("clinc150      95.8"),
          "text/html": expect.stringContaining("<td"),
        },
      },
    ]);
    expect(outputs[2]).toMatchObject([
      {
        output_type: "display_data",
        data: {
          "application/vnd.plotly.v1+json": { data: [{ type: "heatmap" }, { type: "scatter" }] },
          "image/png": expect.stringMatching(/^iVBORw0KGgo/), // the first bytes of every PNG, in base64
          "text/plain": expect.stringContaining("池化 and distance"),
        },
        metadata: { "image/png": { width: SMALL.layout.width, height: SMALL.layout.height } },
      },
    ]);
    expect(outputs[3]).toMatchObject([
      { output_type: "display_data", data: { "text/plain": "words" } },
      { output_type: "stream", text: "after\n" },
    ]);
  });
});
