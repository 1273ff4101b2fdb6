/** The bench: takes its parts or growth curves in turn, keeps every measurement at once, and writes tables and figures. */
import { loadavg } from "node:os";
import { join } from "node:path";
import { writeFigure } from "../plots/write.ts";
import { environment } from "../results/environment.ts";
import { CURVES, type CurveName, curveFigure, runCurve } from "./growth.ts";
import { type PartName, runPart } from "./parts.ts";
import { kitRunner, pythonRunner } from "./processes.ts";
import type { Python } from "./python.ts";
import { type BenchResult, openKept, writeResults } from "./results.ts";
import type { Bench, Sizes } from "./rounds.ts";
import { encoderOf, type ModelKey, setsOf } from "./subjects.ts";
import type { Measurement } from "./summary.ts";
import { tfjsPeers } from "./tfjs.ts";

export interface BenchOptions {
  /** Parts to measure, or curves. */
  readonly parts?: readonly PartName[];
  readonly curves?: readonly CurveName[];
  /** The evaluation and the curves are made for the first one alone. */
  readonly models: readonly ModelKey[];
  /** The curves are made for the first one alone. */
  readonly data: readonly string[];
  readonly sizes: Sizes;
  readonly quick: boolean;
  readonly threads: number;
  readonly python?: Python;
  /** Folder for the results. */
  readonly out: string;
  /** Folder for random weights and task files. */
  readonly work: string;
  readonly say: (line: string) => void;
}

/** Runs the bench; it throws Void where a peer has done other work. What was measured until then is in rows.jsonl. */
export async function runBench(options: BenchOptions): Promise<BenchResult> {
  const { models, data, threads, python, out, work, say, sizes, quick } = options;
  const began = new Date();
  const load = loadavg()[0] as number;
  const { measured, notes, note, append } = await openKept(out, work, say);
  if (load > threads / 2)
    note(`the machine was busy at the start (load average ${load.toFixed(1)}): times are not to be relied on`);
  if (!python)
    note("peers in Python were not measured: `npm run bench -- --peers` installs them, --python PATH names one");
  const bench: Bench = {
    ...{ kit: kitRunner(work), threads, sizes, note, say, tfjs: await tfjsPeers() },
    ...(python && { python: pythonRunner(python.path, work) }),
    async record(m) {
      measured.push(m);
      await append(m);
    },
  };
  const writeAll = (): Promise<BenchResult> =>
    write(out, measured, [...notes], {
      began: began.toISOString(),
      ended: new Date().toISOString(),
      loadAverage: load,
      environment: environment(),
      python: python?.versions ?? null,
      options: { models, data, threads, sizes, parts: options.parts ?? [], curves: options.curves ?? [], quick },
    });
  const sets = await setsOf(data, note);
  let result = await writeAll();
  for (const [i, key] of models.entries()) {
    const encoder = await encoderOf(key, work, note);
    for (const [j, set] of sets.entries()) {
      for (const part of options.parts ?? []) {
        // Evaluations are long, and start-up does not depend on the data.
        if ((part === "evaluate" && i > 0) || (part === "start-up" && j > 0)) continue;
        await runPart(part, bench, encoder, set);
        result = await writeAll();
      }
      for (const curve of i + j === 0 ? (options.curves ?? []) : []) {
        await runCurve(curve, bench, encoder, set, { work, quick });
        result = await writeAll();
      }
    }
  }
  return result;
}

/** Writes the results, and a figure for each curve. */
async function write(
  out: string,
  measured: readonly Measurement[],
  notes: readonly string[],
  run: Readonly<Record<string, unknown>>,
): Promise<BenchResult> {
  const result = await writeResults(out, measured, { run, notes });
  for (const curve of CURVES) {
    const figure = curveFigure(curve, result.lines);
    if (figure) await writeFigure(join(out, "figures"), curve, figure);
  }
  return result;
}
