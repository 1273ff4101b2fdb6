/** Whether a notebook's outputs belong to its code: a hash of the code is stored when it runs. */
import { createHash } from "node:crypto";
import { type Notebook, runCells } from "./format.ts";

/** What is stored in `metadata.bert_few_shot` when a notebook runs. */
export interface RunStamp {
  /** `codeHash` of the notebook that ran. */
  readonly codeHash: string;
  readonly kernel: string;
  /** Whether it ran with --quick. */
  readonly quick: boolean;
}

/** SHA-256, in hex, of the sources of all code cells in order; prose and outputs do not change it. */
export function codeHash(notebook: Notebook): string {
  const sources = runCells(notebook).map((cell) => cell.source);
  return createHash("sha256").update(JSON.stringify(sources)).digest("hex");
}

/** The stamp that the last run left in the notebook. */
export function runStamp(notebook: Notebook): RunStamp | undefined {
  const stamp = notebook.metadata.bert_few_shot as Partial<RunStamp> | undefined;
  if (typeof stamp?.codeHash !== "string" || typeof stamp.kernel !== "string") return undefined;
  return { codeHash: stamp.codeHash, kernel: stamp.kernel, quick: stamp.quick === true };
}

/** Why the notebook's outputs are not those of its code, as a sentence; undefined where they are. */
export function staleness(notebook: Notebook): string | undefined {
  const stamp = runStamp(notebook);
  if (!stamp) return "it was never run by `npm run notebooks`";
  if (stamp.codeHash !== codeHash(notebook)) return "its code changed after its outputs were made";
  // Cells run by hand afterwards, or cleared, leave other counts than those of a run from the first to the last.
  const odd = runCells(notebook).findIndex((cell, i) => cell.execution_count !== i + 1);
  if (odd >= 0) return `cell ${odd + 1} was cleared or run by hand after the last whole run`;
  return undefined;
}
