/** Every notebook of notebooks/, run small under both kernels. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findDeno, GET_DENO } from "../lib/notebook/deno.ts";
import type { Output } from "../lib/notebook/format.ts";
import { sortedJson } from "../lib/notebook/json.ts";
import { findKernel, type KernelName } from "../lib/notebook/kernels.ts";
import { type NotebookRun, runNotebook } from "../lib/notebook/run.ts";
import { transpile } from "./built.ts";

const deno = await findDeno(process.cwd());
const names = readdirSync("notebooks").filter((name) => name.endsWith(".ipynb"));
let [built, script] = ["", ""];
beforeAll(() => {
  ({ folder: built, script } = transpile("lib/notebook/tslab-kernel.ts"));
});
afterAll(() => rmSync(built, { recursive: true, force: true }));

async function run(name: string, kernel: KernelName): Promise<NotebookRun> {
  const launch = await findKernel(kernel, script, process.cwd());
  const result = await runNotebook(join("notebooks", name), launch, { quick: true, fresh: true, timeout: 240 });
  const { failure } = result;
  expect(failure && `cell ${failure.cell}: ${failure.source}\n${failure.details ?? failure.message}`).toBeUndefined();
  return result;
}

const ran = new Map<string, Promise<NotebookRun>>();
function runOnce(name: string, kernel: KernelName): Promise<NotebookRun> {
  const key = `${kernel} ${name}`;
  const found = ran.get(key) ?? run(name, kernel);
  ran.set(key, found);
  return found;
}

/** Each cell's output as it is stored, but for pictures: their figures are there as JSON. */
function outputs(run: NotebookRun): unknown[] {
  const stored = (output: Output): unknown => {
    if (!("data" in output)) return output;
    const { "image/png": _, ...data } = output.data;
    const text = sortedJson(data); // kernels send the forms of an output in any order
    // Engines round powers differently, and UMAP makes another map of the last bit.
    return text.includes("UMAP") ? text.replace(/"[xy]": \[[^\]]*\]|"range": \[[^\]]*\]/g, "") : data;
  };
  return run.notebook.cells.flatMap((cell) => (cell.cell_type === "code" ? [cell.outputs.map(stored)] : []));
}

describe("the notebooks", () => {
  it("are there", () => expect(names.length).toBeGreaterThanOrEqual(10));

  it.each(names)(
    "%s runs under tslab",
    async (name) => {
      const all = outputs(await runOnce(name, "tslab"));
      expect(all.flat().length).toBeGreaterThan(3);
      expect(JSON.stringify(all)).not.toMatch(/"name":"stderr"|\bNaN\b/);
    },
    300_000,
  );

  const title = deno ? `under Deno ${deno.version}` : `under Deno (not here; ${GET_DENO})`;
  it.skipIf(!deno).each(names)(
    `%s shows the same tables and figures ${title}`,
    async (name) => {
      expect(outputs(await runOnce(name, "deno"))).toEqual(outputs(await runOnce(name, "tslab")));
    },
    600_000,
  );
});
