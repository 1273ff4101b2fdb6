/** What a bench leaves: a table, rows, and what it ran on. */
import { appendFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "../core/files.ts";
import { toCsv } from "../results/table.ts";
import { type Compared, compare, comparedRows, comparedTable, type Measurement } from "./summary.ts";

export interface BenchResult {
  readonly lines: readonly Compared[];
  readonly table: string;
  readonly notes: readonly string[];
}

/** What a bench keeps while it runs. */
export interface Kept {
  readonly measured: Measurement[];
  /** Sentences for the table, each once. */
  readonly notes: ReadonlySet<string>;
  note(text: string): void;
  /** Adds a line to rows.jsonl, on the disk at once. */
  append(row: object): Promise<void>;
}

/** Makes the folders of a bench, for results and for task files, and begins its rows.jsonl anew. */
export async function openKept(out: string, work: string, say: (line: string) => void): Promise<Kept> {
  await mkdir(out, { recursive: true });
  await mkdir(work, { recursive: true });
  const log = join(out, "rows.jsonl");
  await writeAtomic(log, "");
  const notes = new Set<string>();
  return {
    ...{ measured: [], notes },
    note(text) {
      if (!notes.has(text)) say(`note: ${text}`);
      notes.add(text);
    },
    append: (row) => appendFile(log, `${JSON.stringify(row)}\n`),
  };
}

/** How the table is to be read. */
const ROUNDS = [
  "Each value is the median of the rounds with the least and the most; a round runs every side once, in a process of its own,",
  "with the same threads, weights and inputs. `kit / peer` is the median of the rounds' ratios: below 1 the kit is faster or",
  "smaller, and for rates above 1. A step is forward, backward, clipping and AdamW on all parameters in float32, without dropout.",
];

/** Writes table.md, rows.csv and run.json. `more` are lines below the table. */
export async function writeResults(
  out: string,
  measured: readonly Measurement[],
  {
    run,
    notes,
    more = [],
  }: { run: Readonly<Record<string, unknown>>; notes: readonly string[]; more?: readonly string[] },
): Promise<BenchResult> {
  const lines = compare(measured);
  const table = comparedTable(lines);
  const text = [...ROUNDS, ...more, ...(notes.length ? ["", ...notes.map((n) => `- ${n}`)] : [])].join("\n");
  await writeAtomic(join(out, "table.md"), `${table}\n${text}\n`);
  await writeAtomic(join(out, "rows.csv"), toCsv(comparedRows(lines)));
  await writeAtomic(join(out, "run.json"), `${JSON.stringify({ ...run, notes }, null, 2)}\n`);
  return { lines, table, notes };
}
