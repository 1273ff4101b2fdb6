/** `bert-few-shot notebooks`: runs notebooks without Jupyter and without Python. */
import { basename, join } from "node:path";
import { count, InputError } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import { duration, progress } from "../core/progress.ts";
import { QUICK } from "../kit/experiment.ts";
import { findNotebooks } from "../notebook/find.ts";
import { notebookText } from "../notebook/format.ts";
import { findKernel, KERNELS } from "../notebook/kernels.ts";
import { type CellEvent, type CellFailure, runNotebook } from "../notebook/run.ts";
import { Interrupted, onInterrupt } from "./interrupt.ts";
import { kernelScript } from "./kernels.ts";
import { command } from "./options.ts";

export const notebooksCommand = command({
  name: "notebooks",
  summary:
    "Runs notebooks (all of notebooks/, or those named) from the first cell to the last, and writes their outputs into them. One that fails is left as it was.",
  positional: "[NAME ...]",
  options: {
    kernel: { kind: "text", values: KERNELS, default: "tslab", help: "what runs the cells" },
    check: { kind: "flag", help: "write nothing" },
    quick: { kind: "flag", help: `set ${QUICK}=1 for the cells: studies then run small` },
    fresh: { kind: "flag", help: "do finished tasks of studies again" },
    out: {
      kind: "text",
      value: "DIR",
      help: "write executed copies there, failed ones too",
      defaultText: "into the notebooks",
    },
    timeout: { kind: "number", min: 1, default: 600, help: "seconds a cell may take" },
  },
  async run(v, names) {
    if (v.check && v.out) throw new InputError("--check writes nothing, and --out says where to; wanted one of them");
    const paths = findNotebooks(names);
    if (v.out && new Set(paths.map((path) => basename(path))).size < paths.length)
      throw new InputError(`two of the notebooks have the same name, and --out ${v.out} would hold one of them only`);
    const launch = await findKernel(v.kernel, kernelScript(), process.cwd());
    const began = performance.now();
    const interrupt = onInterrupt(() => process.stderr.write("\nending the kernel\n"));
    // A closed terminal or an ended job must not leave a kernel behind either.
    const interrupted = (): void => void process.emit("SIGINT");
    for (const signal of ["SIGTERM", "SIGHUP"] as const) process.on(signal, interrupted);
    const failed: string[] = [];
    let cells = 0;
    try {
      for (const path of paths) {
        const say = reporter(path);
        const run = await runNotebook(path, launch, {
          ...{ timeout: v.timeout, quick: v.quick, fresh: v.fresh, signal: interrupt.signal },
          onCell: say.cell,
        }).finally(say.end);
        cells += run.cells;
        if (run.failure) {
          failed.push(`${path} (cell ${run.failure.cell})`);
          process.stderr.write(`${describe(path, run.cells, run.failure)}\n`);
        }
        const target = v.out ? join(v.out, basename(path)) : path;
        if (!v.check && (v.out || !run.failure)) await writeAtomic(target, notebookText(run.notebook));
      }
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      throw new Interrupted("interrupted; the notebook that ran is as it was");
    } finally {
      interrupt.end();
      for (const signal of ["SIGTERM", "SIGHUP"] as const) process.off(signal, interrupted);
    }
    if (failed.length)
      throw new Error(`${failed.length} of ${count(paths.length, "notebook")} failed: ${failed.join(", ")}`);
    process.stdout.write(
      `${count(paths.length, "notebook")}, ${count(cells, "cell")}: all ran with ${launch.name} ${launch.version} in ${duration((performance.now() - began) / 1000)}\n`,
    );
  },
});

/** One line for each cell that ended; on a terminal also a bar with the cell that runs. */
function reporter(path: string): { cell(event: CellEvent): void; end(): void } {
  const live = Boolean(process.stderr.isTTY);
  const name = basename(path);
  const bar = progress(name, { total: 1, unit: "cell", quiet: !live });
  const say = live ? bar.log : (line: string): void => void process.stderr.write(`${line}\n`);
  let ended: string | undefined; // written when the next cell begins, so that the bar below it has that one's name
  const flush = (): void => {
    if (ended) say(ended);
    ended = undefined;
  };
  return {
    cell({ cell, cells, begins, seconds }) {
      if (seconds !== undefined) {
        bar.update(cell, "", cells);
        ended = `${name}, cell ${cell}/${cells}, ${seconds.toFixed(1)} s: ${begins.trim().slice(0, 60)}`;
        return;
      }
      bar.update(cell - 1, begins.trim(), cells);
      flush();
    },
    end() {
      flush();
      bar.end("");
    },
  };
}

function describe(path: string, cells: number, { cell, line, source, message, details }: CellFailure): string {
  const where = line === undefined ? "it begins" : `line ${line}`;
  const lines = [`${path}: cell ${cell} of ${cells} failed: ${message}`, `  ${where}: ${source}`];
  if (details && details !== message) lines.push(...details.split("\n").map((text) => `  | ${text}`));
  return lines.join("\n");
}
