/** Runs tasks in processes of their own: the kit's side in Node, a peer's in Python. */
import { join } from "node:path";
import { writeAtomic } from "../core/files.ts";
import { packageRoot } from "../core/place.ts";
import { run } from "../core/programs.ts";
import type { OutcomeOf, Task } from "./tasks.ts";

/** Runs one task in a new process and gives what it found, and when it was started. */
export type Runner = <T extends Task>(task: T) => Promise<OutcomeOf<T> & { readonly started: number }>;

/** The kit, through the command line that runs: `bench --task FILE`. */
export function kitRunner(folder: string): Runner {
  return (task) => runTask(process.execPath, [process.argv[1] as string, "bench", "--task"], task, folder);
}

/** PyTorch, transformers and sentence-transformers. */
export function pythonRunner(python: string, folder: string): Runner {
  return (task) => runTask(python, [join(packageRoot(), "lib", "bench", "peers.py")], task, folder);
}

async function runTask<T extends Task>(
  program: string,
  args: readonly string[],
  task: T,
  folder: string,
): Promise<OutcomeOf<T> & { started: number }> {
  const file = join(folder, "task.json");
  await writeAtomic(file, JSON.stringify(task));
  const threads = String(task.threads);
  const env = { ...process.env, OMP_NUM_THREADS: threads, MKL_NUM_THREADS: threads, RAYON_NUM_THREADS: threads };
  const started = Date.now();
  const { code, stdout, stderr } = await run(program, [...args, file], { ...env, HF_HUB_OFFLINE: "1" });
  const line = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (code !== 0 || !line.startsWith("{")) {
    const said = stderr.trim().split("\n").slice(-3).join(" | ");
    throw new Error(`${task.kind} in ${program} ended with ${code === 0 ? "no result" : `code ${code}`}: ${said}`);
  }
  return { ...(JSON.parse(line) as OutcomeOf<T>), started };
}
