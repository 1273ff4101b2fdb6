/** Runs tasks in processes of their own: the kit's side in Node, a peer's in Python. */
import { join } from "node:path";
import { writeAtomic } from "../core/files.ts";
import { packageRoot } from "../core/place.ts";
import { run } from "../core/programs.ts";
import type { OutcomeOf, Task } from "./tasks.ts";

/** Runs one task in a new process and gives what it found, and when it was started. */
export type Runner = <T extends Task>(task: T) => Promise<OutcomeOf<T> & { readonly started: number }>;

/** A program and the arguments that stand before the task's file. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** The kit, through the command line that runs: `bench --task FILE`. */
export function kitCommand(): CommandLine {
  return [process.execPath, process.argv[1] as string, "bench", "--task"];
}

/** PyTorch, transformers and sentence-transformers. */
export function pythonCommand(python: string): CommandLine {
  return [python, join(packageRoot(), "lib", "bench", "peers.py")];
}

export function kitRunner(folder: string): Runner {
  const [program, ...args] = kitCommand();
  return (task) => runTask(program, args, task, folder);
}

export function pythonRunner(python: string, folder: string): Runner {
  const [program, ...args] = pythonCommand(python);
  return (task) => runTask(program, args, task, folder);
}

/** The environment of a task's process. */
export function taskEnvironment(threads: number): NodeJS.ProcessEnv {
  const n = String(threads);
  return { ...process.env, OMP_NUM_THREADS: n, MKL_NUM_THREADS: n, RAYON_NUM_THREADS: n, HF_HUB_OFFLINE: "1" };
}

async function runTask<T extends Task>(
  program: string,
  args: readonly string[],
  task: T,
  folder: string,
): Promise<OutcomeOf<T> & { started: number }> {
  const file = join(folder, "task.json");
  await writeAtomic(file, JSON.stringify(task));
  const started = Date.now();
  const { code, stdout, stderr } = await run(program, [...args, file], taskEnvironment(task.threads));
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (code !== 0 || !line.startsWith("{")) {
    const said = stderr.trim().split("\n").slice(-3).join(" | ");
    throw new Error(`${task.kind} in ${program} ended with ${code === 0 ? "no result" : `code ${code}`}: ${said}`);
  }
  return { ...(JSON.parse(line) as OutcomeOf<T>), started };
}
