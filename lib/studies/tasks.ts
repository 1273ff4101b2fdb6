/** The tasks of a study, one after the other: finished ones are kept on disk and not done again; one bar shows the whole. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readJson, writeAtomic } from "../core/files.ts";
import { type Progress, progress } from "../core/progress.ts";
import type { Row } from "../results/table.ts";

export interface Task {
  /** Its name, once in the study: `en prototypical trained`. */
  readonly name: string;
  /** Its part of the work, in the unit of the other tasks' weights. */
  readonly weight: number;
  /** Does it and gives its rows; `report` is told the share that is done, in [0, 1], and a few words. */
  run(report: (share: number, note?: string) => void): Promise<readonly Row[]>;
}

export interface TasksOptions {
  /** Folder for tasks.json. */
  folder: string;
  /** Title of the bar. */
  title: string;
  /** Nothing is written to the screen. Default false. */
  quiet?: boolean;
  /** Ends the study: the running task is asked by its own means, and none is begun after it. */
  signal?: AbortSignal;
  /** Where the bar is drawn. Default process.stderr. */
  stream?: NodeJS.WriteStream;
}

export interface TasksResult {
  /** False where the signal came before the end. */
  readonly complete: boolean;
  /** Rows of the finished tasks, in the order of the tasks. */
  readonly rows: readonly Row[];
  /** Seconds by task, those of earlier runs included. */
  readonly seconds: Readonly<Record<string, number>>;
}

interface Done {
  readonly rows: readonly Row[];
  readonly seconds: number;
}

/** A folder's name for everything that a study's results depend on: 12 hexadecimal digits of the JSON's sha256. */
export function fingerprint(identity: unknown): string {
  return createHash("sha256").update(JSON.stringify(identity)).digest("hex").slice(0, 12);
}

/** A task that ends early, without rows, because its signal was given. */
export class Stopped extends Error {
  override name = "Stopped";
}

/** Runs the tasks that `folder` has no rows of yet. Errors of a task end the study; rows so far are on disk. */
export async function runTasks(tasks: readonly Task[], options: TasksOptions): Promise<TasksResult> {
  const { folder, title, quiet = false, signal, stream } = options;
  const file = join(folder, "tasks.json");
  const done = new Map(
    existsSync(file) ? Object.entries((await readJson(file, "finished tasks")) as Record<string, Done>) : [],
  );
  const total = tasks.reduce((sum, t) => sum + t.weight, 0);
  let weight = tasks.reduce((sum, t) => sum + (done.has(t.name) ? t.weight : 0), 0);
  const bar: Progress = progress(title, {
    total: 100,
    unit: "%",
    start: percent(weight, total),
    quiet,
    ...(stream && { stream }),
  });
  const left = tasks.filter((t) => !done.has(t.name));
  if (left.length < tasks.length) bar.log(`${tasks.length - left.length} of ${tasks.length} tasks were done before`);
  try {
    for (const task of left) {
      if (signal?.aborted) break;
      const began = performance.now();
      const found = await task.run((share, note) =>
        bar.update(percent(weight + share * task.weight, total), note ? `${task.name}: ${note}` : task.name),
      );
      const rows = JSON.parse(JSON.stringify(found)) as Row[]; // as a resumed study reads them: fields without a value are gone
      done.set(task.name, { rows, seconds: (performance.now() - began) / 1000 });
      await writeAtomic(file, `${JSON.stringify(Object.fromEntries(done), null, 1)}\n`);
      weight += task.weight;
      bar.update(percent(weight, total), task.name);
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    bar.end("");
  }
  const finished = tasks.flatMap((t) => [[t.name, done.get(t.name)] as const]).filter(([, d]) => d !== undefined);
  return {
    complete: finished.length === tasks.length,
    rows: finished.flatMap(([, d]) => (d as Done).rows),
    seconds: Object.fromEntries(finished.map(([name, d]) => [name, (d as Done).seconds])),
  };
}

function percent(weight: number, total: number): number {
  return total > 0 ? Math.round((1000 * weight) / total) / 10 : 100;
}
