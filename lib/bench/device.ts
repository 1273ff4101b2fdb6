/** The GPU bench: parity, training steps and encoding on a device, beside PyTorch with CUDA on the same GPU. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import { readJson } from "../core/files.ts";
import { packageRoot } from "../core/place.ts";
import { openDevice } from "../executor/device.ts";
import { environment } from "../results/environment.ts";
import { encodePart, parityPart } from "./device-parts.ts";
import { COMPARED, drawPoints, type Subject, stepsPart, TOLERANCES } from "./device-steps.ts";
import { gpuName } from "./gpu-name.ts";
import { type Answers, runLines } from "./lines.ts";
import { type CommandLine, kitCommand, pythonCommand } from "./processes.ts";
import { openCudaPython, type Python } from "./python.ts";
import { type BenchResult, openKept, writeResults } from "./results.ts";
import type { Sizes } from "./rounds.ts";
import { Void } from "./same-work.ts";
import { type ModelKey, publishedEncoder, setsOf } from "./subjects.ts";
import { type Measurement, spreadText } from "./summary.ts";
import type { BenchDevice, EncodeTask, PointsTask } from "./tasks.ts";

export const DEVICE_PARTS = ["parity", "step", "encode"] as const;
export type DevicePart = (typeof DEVICE_PARTS)[number];

export interface DeviceBenchOptions {
  readonly device: BenchDevice;
  readonly parts: readonly DevicePart[];
  readonly models: readonly ModelKey[];
  /** The set by name or path; the embedded intents stand in where it is not here. */
  readonly data: string;
  readonly sizes: Sizes;
  readonly quick: boolean;
  readonly threads: number;
  /** A Python whose PyTorch may have CUDA. Default: no peers. */
  readonly python?: string;
  /** No process is begun after so many seconds, and none may take more than a third of them. Default: no limit. */
  readonly seconds?: number;
  readonly out: string;
  readonly work: string;
  readonly say: (line: string) => void;
}

/** What the parts share. */
export interface DeviceBench
  extends Pick<DeviceBenchOptions, "device" | "sizes" | "quick" | "threads" | "work" | "say"> {
  readonly kit: CommandLine;
  /** Absent without CUDA there. */
  readonly python?: CommandLine;
  /** Runs a task in a process of its own, in what is left of the time. */
  ask<T>(side: CommandLine, task: PointsTask | EncodeTask): Promise<Answers<T>>;
  /** Keeps a measurement, on the disk at once; one of other work is kept out of the table. */
  record(m: Measurement, isVoid?: boolean): Promise<void>;
  note(text: string): void;
  /** Notes that a side's work or losses are others: the bench goes on, and fails at its end. */
  isVoid(reason: string): void;
}

/**
 * Runs the bench. Throws an InputError where the device does not work, and Void at its end where losses or vectors
 * differ; everything is written by then.
 */
export async function runDeviceBench(options: DeviceBenchOptions): Promise<BenchResult> {
  const { device, parts, models, out, work, say, sizes, seconds } = options;
  const began = Date.now();
  await openDevice(device);
  const { measured, notes, note, append } = await openKept(out, work, say);
  const voids: string[] = [];
  const times = parts.some((part) => part !== "parity");
  const python = times ? await cudaPython(options, note) : undefined;
  const bench: DeviceBench = {
    ...{ device, sizes, quick: options.quick, threads: options.threads, work, say, note, kit: kitCommand() },
    ...(python && { python: pythonCommand(python.path) }),
    ask(side, task) {
      if (seconds === undefined) return runLines(side, task, { folder: work });
      const left = seconds - (Date.now() - began) / 1000;
      if (left <= 0) return Promise.resolve({ lines: [], fault: "not begun, the time was over" });
      return runLines(side, task, { folder: work, seconds: Math.min(left, seconds / 3) });
    },
    async record(m, isVoid = false) {
      if (!isVoid) measured.push(m);
      await append({ ...m, ...(isVoid && { void: true }) });
      const where = [m.part, m.model, m.data, m.x, m.figure].filter((v) => v !== undefined).join(", ");
      say(`${where}: ${m.side} ${spreadText({ median: m.value, least: m.value, most: m.value, n: 1 })} ${m.unit}`);
    },
    isVoid(reason) {
      voids.push(reason);
      note(`void: ${reason}`);
    },
  };
  const gpu = gpuName(device);
  const run = {
    began: new Date(began).toISOString(),
    ...{ gpu, device, environment: environment(), packed: await packedRecord(), python: python?.versions ?? null },
    options: { parts, models, data: options.data, sizes, quick: options.quick, threads: options.threads, seconds },
  };
  const more = ["", `GPU: ${gpu}. The kit's device is ${device}, in float32 where nothing else is said.`, ...reading()];
  const write = (): Promise<BenchResult> =>
    writeResults(out, measured, { run: { ...run, ended: new Date().toISOString() }, notes: [...notes], more });

  if (parts.includes("parity")) await parityPart(bench);
  const [set] = times ? await setsOf([options.data], note) : [];
  const subjects = new Map<ModelKey, Subject & { batchSize?: number }>();
  for (let round = 1; set && round <= sizes.rounds; round++) {
    for (const key of models) {
      if (!subjects.has(key)) {
        const encoder = await publishedEncoder(key, work, note);
        subjects.set(key, { encoder, points: parts.includes("step") ? drawPoints(encoder, set, bench) : [] });
      }
      const subject = subjects.get(key) as Subject & { batchSize?: number };
      if (parts.includes("step")) await stepsPart(bench, subject, round);
      await write();
      if (parts.includes("encode")) await encodePart(bench, subject.encoder, set, round, subject);
      await write();
    }
  }
  const result = await write();
  if (voids.length) throw new Void(`this bench is void: ${voids.join("; ")}`);
  return result;
}

/** How the figures of the GPU bench are to be read, below the table. */
function reading(): string[] {
  const { float32, tf32, mixed, bf16 } = TOLERANCES;
  return [
    "`kernels on the GPU` is what a step's kernels take by the GPU's own clock, from a profile in a process of its own; the rest",
    "of the step is transfers, dispatch and waiting. The batch goes up within a step's time on every side. Before times, losses were",
    `compared with the kit's, as relative differences: of the first ${COMPARED.float32} steps at most ${float32} in float32; of the first one ${tf32} with`,
    `TF32, ${mixed} with float16 products, ${bf16} with bf16.`,
  ];
}

async function cudaPython(
  { python, device }: DeviceBenchOptions,
  note: (text: string) => void,
): Promise<Python | undefined> {
  if (python === undefined) {
    if (device !== "cpu") note("PyTorch with CUDA was not measured: --python PATH names a Python that has it");
    return undefined;
  }
  try {
    return await openCudaPython(python);
  } catch (error) {
    note(`PyTorch with CUDA was not measured: ${messageOf(error)}`);
    return undefined;
  }
}

/** What `gpu-kit` packed this from; null where it is no such copy. */
async function packedRecord(): Promise<unknown> {
  const file = join(packageRoot(), PACKED);
  return existsSync(file) ? readJson(file, "the record of gpu-kit") : null;
}

/** The record that `gpu-kit` leaves in the package's folder. */
export const PACKED = "gpu-kit.json";
