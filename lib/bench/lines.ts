/** Runs a task in a process of its own and takes its answers line by line, so that a crash or a limit costs only the rest. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { writeAtomic } from "../core/files.ts";
import { type CommandLine, taskEnvironment } from "./processes.ts";
import type { EncodeTask, PointsTask } from "./tasks.ts";

export interface Answers<T> {
  readonly lines: readonly T[];
  /** Why the process did not come to its end. */
  readonly fault?: string;
}

export interface LinesOptions {
  /** Folder for the task's file. */
  readonly folder: string;
  /** After so many seconds the process is ended. Default: never. */
  readonly seconds?: number;
}

/** Each line of stdout that is a JSON object is an answer. */
export async function runLines<T>(
  [program, ...args]: CommandLine,
  task: PointsTask | EncodeTask,
  { folder, seconds }: LinesOptions,
): Promise<Answers<T>> {
  const file = join(folder, "task.json");
  await writeAtomic(file, JSON.stringify(task));
  return new Promise((resolve) => {
    const child = spawn(program, [...args, file], {
      env: taskEnvironment(task.threads),
      stdio: ["ignore", "pipe", "pipe"],
      ...(seconds !== undefined && { timeout: Math.ceil(seconds * 1000), killSignal: "SIGKILL" }),
    });
    const lines: T[] = [];
    let said = "";
    createInterface({ input: child.stdout }).on("line", (line) => {
      const answer = parsed(line);
      if (answer) lines.push(answer as T);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.on("error", (error) => resolve({ lines, fault: error.message }));
    child.on("close", (code, signal) => {
      const last = said.trim().split("\n").slice(-2).join(" | ");
      if (code === 0) resolve({ lines });
      else if (signal === "SIGKILL" && seconds !== undefined)
        resolve({ lines, fault: `ended after ${Math.round(seconds)} s, its share of the time` });
      else resolve({ lines, fault: `ended with ${code === null ? signal : `code ${code}`}${last && `: ${last}`}` });
    });
  });
}

/** Python writes NaN, which is no JSON: such a line is no answer. */
function parsed(line: string): unknown {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
