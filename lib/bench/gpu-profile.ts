/** Kernel times from onnxruntime's profile of a session on WebGPU. */
import { readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readJson } from "../core/files.ts";
import { spread } from "./summary.ts";

interface Event {
  readonly cat?: string;
  readonly name?: string;
  /** Microseconds. */
  readonly dur?: number;
}

/**
 * What the kernels of each run of a session took on the GPU, in ms; none where the GPU timed none. Events of the category
 * "Api" are kernels in the order they ran, as many in every run, timed by the GPU itself; those of "Node" are what the
 * CPU took to send them off, and are not counted.
 */
export function kernelTimes(events: readonly Event[]): number[] {
  const kernels = events.filter((e) => e.cat === "Api").map((e) => (e.dur ?? 0) / 1000);
  const runs = events.filter((e) => e.cat === "Session" && e.name === "model_run").length;
  const sum = (ms: readonly number[]): number => ms.reduce((a, b) => a + b, 0);
  if (!runs || !kernels.length) return [];
  const each = kernels.length / runs;
  if (!Number.isInteger(each)) return new Array<number>(runs).fill(sum(kernels) / runs);
  return Array.from({ length: runs }, (_, run) => sum(kernels.slice(run * each, (run + 1) * each)));
}

/** The median over the runs of all profiles whose paths begin so; undefined where the GPU timed none. */
export async function readProfile(prefix: string): Promise<number | undefined> {
  const folder = dirname(prefix);
  const times: number[] = [];
  for (const file of (await readdir(folder)).filter((name) => name.startsWith(`${basename(prefix)}-`)))
    times.push(...kernelTimes((await readJson(join(folder, file), "a profile of onnxruntime")) as Event[]));
  return times.length ? spread(times).median : undefined;
}
