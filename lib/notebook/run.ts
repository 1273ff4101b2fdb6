/** Runs a notebook from its first cell to its last in a kernel of its own. */
import { homedir } from "node:os";
import { dirname, resolve } from "node:path";
import { FRESH, projectRoot, QUICK } from "../kit/experiment.ts";
import type { Failure } from "./failure.ts";
import { type CodeCell, type Notebook, type Output, readNotebook, runCells } from "./format.ts";
import { type Kernel, startKernel } from "./kernel.ts";
import { KERNEL_SPECS, type Launch } from "./kernels.ts";
import { overwritten } from "./outputs.ts";
import { outputWithoutPlaces, type Place, placesOf } from "./places.ts";
import { codeHash, type RunStamp } from "./stale.ts";

export interface RunOptions {
  /** Seconds a cell may take. Default 600. */
  timeout?: number;
  /** Sets BERT_FEW_SHOT_QUICK=1 for the kernel. Default false. */
  quick?: boolean;
  /** Sets BERT_FEW_SHOT_FRESH=1 for the kernel. Default false. */
  fresh?: boolean;
  /** Ends the kernel; the run then fails with the signal's reason. */
  signal?: AbortSignal;
  /** Called when a cell begins, and when it ended, with its number from 1 and the number of cells. */
  onCell?: (event: CellEvent) => void;
}

export interface CellEvent {
  readonly cell: number;
  readonly cells: number;
  /** The first line of its code. */
  readonly begins: string;
  /** How long it took; undefined when it begins. */
  readonly seconds?: number;
}

export interface CellFailure extends Failure {
  /** The cell's number, from 1. */
  readonly cell: number;
  /** The line that the error names, else the cell's first. */
  readonly source: string;
}

export interface NotebookRun {
  /** The notebook with the outputs of this run; those of cells after a failure are empty. */
  readonly notebook: Notebook;
  readonly cells: number;
  readonly seconds: number;
  readonly failure?: CellFailure;
}

/**
 * Runs the notebook's code cells in order, in the notebook's folder, and stops at the first that fails. Nothing is
 * written. Throws an InputError for what is no notebook, an Error when the kernel does not start.
 */
export async function runNotebook(path: string, launch: Launch, options: RunOptions = {}): Promise<NotebookRun> {
  const { timeout = 600, quick = false, fresh = false, signal, onCell } = options;
  const began = performance.now();
  const notebook = cleared(await readNotebook(path));
  const cells = runCells(notebook);
  const folder = dirname(resolve(path));
  const kernel = await startKernel(launch, {
    cwd: folder,
    env: kernelEnvironment(quick, fresh),
    ...(signal && { signal }),
  });
  let failure: CellFailure | undefined;
  try {
    for (const [i, cell] of cells.entries()) {
      const event = { cell: i + 1, cells: cells.length, begins: firstLine(cell.source) };
      onCell?.(event);
      const start = performance.now();
      const run = await kernel.execute(cell.source, timeout);
      signal?.throwIfAborted();
      cell.execution_count = i + 1;
      cell.outputs = run.outputs;
      onCell?.({ ...event, seconds: (performance.now() - start) / 1000 });
      if (!run.failure) continue;
      const named = cell.source.split("\n")[(run.failure.line ?? 0) - 1];
      failure = { ...run.failure, cell: i + 1, source: (named ?? event.begins).trim() };
      break;
    }
  } finally {
    await kernel.stop();
  }
  finish(cells, placesOf(projectRoot(folder), homedir()));
  stamp(notebook, kernel, { codeHash: codeHash(notebook), kernel: launch.name, quick });
  const seconds = (performance.now() - began) / 1000;
  return { notebook, cells: cells.length, seconds, ...(failure && { failure }) };
}

/** The notebook without outputs, counts and times of earlier runs. */
function cleared(notebook: Notebook): Notebook {
  for (const cell of notebook.cells) {
    if (cell.cell_type !== "code") continue;
    cell.execution_count = null;
    cell.outputs = [];
    delete cell.metadata.execution; // times that JupyterLab may write
  }
  return notebook;
}

/** Ends what is done only when all cells have run, as a cell may change the displays of those before it. */
function finish(cells: readonly CodeCell[], places: readonly Place[]): void {
  for (const cell of cells) {
    cell.outputs = cell.outputs.flatMap((output): Output[] => {
      const clean = outputWithoutPlaces(output, places);
      if (clean.output_type === "stream") {
        const text = overwritten(clean.text);
        return text.trim() ? [{ ...clean, text }] : []; // progress that was wiped leaves nothing
      }
      if (clean.output_type === "execute_result") return [{ ...clean, execution_count: cell.execution_count }];
      return [clean];
    });
  }
}

function stamp(notebook: Notebook, kernel: Kernel, run: RunStamp): void {
  const { version: _, ...language } = kernel.language; // another version must not change the file
  notebook.metadata = {
    ...notebook.metadata,
    kernelspec: KERNEL_SPECS[run.kernel as keyof typeof KERNEL_SPECS],
    language_info: language,
    bert_few_shot: run,
  };
}

/** This process's environment without colors in outputs, and with or without the wishes for a quick and a fresh run. */
function kernelEnvironment(quick: boolean, fresh: boolean): NodeJS.ProcessEnv {
  const { FORCE_COLOR: _, [QUICK]: __, [FRESH]: ___, ...env } = process.env;
  return { ...env, NO_COLOR: "1", ...(quick && { [QUICK]: "1" }), ...(fresh && { [FRESH]: "1" }) };
}

function firstLine(source: string): string {
  return source.split("\n").find((line) => line.trim() !== "") ?? "";
}
