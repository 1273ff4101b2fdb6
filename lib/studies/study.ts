/** One reproducible experiment: its settings, tasks and report, and the folder of files that it leaves. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError, list } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import type { Executor } from "../executor/types.ts";
import type { Figure } from "../plots/figure.ts";
import { writeFigure } from "../plots/write.ts";
import { environment } from "../results/environment.ts";
import { type PivotTable, writeTable } from "../results/pivot.ts";
import { type Row, toCsv } from "../results/table.ts";
import { type NamedFigure, reportPage, reportText, type StudyReport } from "./report.ts";
import { fingerprint, runTasks, type Task, type TasksResult } from "./tasks.ts";

export interface Study {
  /** Its name, and that of its folder in results/. */
  readonly name: string;
  /** Everything that the rows depend on, as JSON: settings, hashes of data and weights, class lists. */
  readonly record: Readonly<Record<string, unknown>>;
  /** The tasks; what they leave for the report, such as trained models, goes to `folder`. */
  tasks(folder: string): readonly Task[];
  /** The study's rows from those of its tasks, where they must be seen together. Default: the same. */
  rows?(rows: readonly Row[]): readonly Row[];
  /** What is said and drawn of the rows. */
  report(rows: readonly Row[], folder: string): Promise<StudyReport>;
  /** Frees what the tasks shared. */
  dispose?(): Promise<void>;
}

export interface StudyOptions {
  /** Folder for finished tasks and what they leave; each settings have a folder of their own in it. Default runs/NAME. */
  runs?: string;
  /** Forgets what was done with these settings before. Default false. */
  fresh?: boolean;
  /** Stops after the running step; the same call goes on. */
  signal?: AbortSignal;
  /** No progress bar. Default false. */
  quiet?: boolean;
  /** Where the bar is drawn. Default process.stderr. */
  stream?: NodeJS.WriteStream;
}

export interface StudyResult extends TasksResult {
  /** The table of that name. Throws an InputError with the names there are, or when the study is not complete. */
  table(name: string): PivotTable;
  /** The figure of that name. Errors as `table`. */
  figure(name: string): Figure;
  /** Of a complete study. */
  readonly report?: StudyReport;
  /** The files that were written, of a complete study. */
  readonly files: readonly string[];
}

/**
 * Runs what is left of a study and writes config.json, rows.csv, table.md, index.html, run.json (times, environment),
 * tables/ and figures/ to `outDir`. Equal settings give equal files, run.json apart.
 */
export async function runStudy(
  study: Study,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const { runs = join("runs", study.name), fresh = false, signal, quiet = false, stream } = options;
  const folder = join(runs, fingerprint(study.record));
  if (fresh) await rm(folder, { recursive: true, force: true });
  try {
    const tasks = study.tasks(folder);
    const result = await runTasks(tasks, {
      folder,
      title: study.name,
      quiet,
      ...(signal && { signal }),
      ...(stream && { stream }),
    });
    if (!result.complete) return { ...result, ...shownBy(study.name), files: [] };
    const rows = study.rows?.(result.rows) ?? result.rows;
    const report = await study.report(rows, folder);
    const seconds = { whole: Object.values(result.seconds).reduce((a, b) => a + b, 0), ...result.seconds };
    const texts = {
      "index.html": await reportPage(report),
      "table.md": reportText(report),
      "rows.csv": toCsv(rows),
      "config.json": `${JSON.stringify(study.record, null, 2)}\n`,
      "run.json": `${JSON.stringify({ seconds, executor: executor.name, environment: environment() }, null, 2)}\n`,
    };
    for (const { name, table } of report.tables) await writeTable(join(outDir, "tables"), name, table);
    const files = await writeFigures(join(outDir, "figures"), report.figures);
    for (const [name, text] of Object.entries(texts)) await writeAtomic(join(outDir, name), text);
    const shown = shownBy(study.name, report);
    return {
      ...result,
      ...shown,
      rows,
      report,
      files: [...Object.keys(texts).map((name) => join(outDir, name)), ...files],
    };
  } finally {
    await study.dispose?.();
  }
}

function shownBy(study: string, report?: StudyReport): Pick<StudyResult, "table" | "figure"> {
  const find = <T extends { readonly name: string }>(
    items: readonly T[] | undefined,
    what: string,
    name: string,
  ): T => {
    if (!items)
      throw new InputError(`${study}: its ${what} '${name}' is not made, as the study was stopped; run it again`);
    const found = items.find((item) => item.name === name);
    if (found) return found;
    throw new InputError(`${study}: there is no ${what} '${name}'; there are ${list(items.map((item) => item.name))}`);
  };
  return {
    table: (name) => find(report?.tables, "table", name).table,
    figure: (name) => find(report?.figures, "figure", name).figure,
  };
}

/** The pictures in the folder are then those of this report alone. */
async function writeFigures(folder: string, figures: readonly NamedFigure[]): Promise<string[]> {
  await rm(folder, { recursive: true, force: true });
  const files: string[] = [];
  for (const { name, figure } of figures) files.push((await writeFigure(folder, name, figure)).png);
  return files;
}
