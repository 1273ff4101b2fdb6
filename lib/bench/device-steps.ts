/** Training steps of 50 to 800 sentences on a GPU: the kit there and on the CPU, and PyTorch with CUDA in three precisions. */
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import type { IntentSet } from "../data/types.ts";
import type { DeviceBench } from "./device.ts";
import { EPISODES } from "./growth.ts";
import { flopsOf, stepProducts } from "./matmul.ts";
import type { CommandLine } from "./processes.ts";
import { differs, LOSS_TOLERANCE, sameLosses } from "./same-work.ts";
import { type Encoder, episodesOf, intentLength, LR, syntheticEpisodes } from "./subjects.ts";
import { KIT, type Measurement, spread } from "./summary.ts";
import type { BenchDevice, DevicePrecision, Point, PointOutcome } from "./tasks.ts";

/** An encoder with the episodes of each size. */
export interface Subject {
  readonly encoder: Encoder;
  readonly points: readonly DrawnPoint[];
}

export interface DrawnPoint extends Omit<Point, "precision"> {
  /** Sentences in a step. */
  readonly x: number;
  readonly data: string;
}

/** Largest relative difference of losses from the kit's, by what a side's products are taken in. */
export const TOLERANCES: Readonly<Record<DevicePrecision, number>> = {
  ...{ float32: LOSS_TOLERANCE, tf32: 0.02, mixed: 0.02, bf16: 0.1 },
};
/**
 * Steps whose losses are compared: later ones also differ by how small differences have grown. With other numbers than
 * float32 that is so from the second step on, since AdamW's first update has the gradients' signs alone.
 */
export const COMPARED: Readonly<Record<DevicePrecision, number>> = { float32: 3, tf32: 1, mixed: 1, bf16: 1 };

const SMALL = [[3, 1, 1]] as const;
// Enough to have one step with everything in place; a profile of more only grows.
const PROFILED = 4;

/** Episodes of each size: of the set, or of random tokens where the set is too small for them. */
export function drawPoints(encoder: Encoder, set: IntentSet, bench: DeviceBench): DrawnPoint[] {
  return (bench.quick ? SMALL : EPISODES).map(([nWay, nShot, nQuery]) => {
    const ways = { nWay, nShot, nQuery };
    const x = nWay * (nShot + nQuery);
    try {
      return { x, data: set.name, ...episodesOf(set, encoder, ways, bench.sizes.steps) };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      bench.note(`${x} sentences: ${messageOf(error)}; random tokens instead, 11 a sentence in the mean`);
      return { x, data: "random tokens", ...syntheticEpisodes(encoder, ways, intentLength, bench.sizes.steps) };
    }
  });
}

interface Side {
  readonly name: string;
  readonly precision: DevicePrecision;
  /** How many of the sizes it takes. Default: all. */
  readonly sizes?: number;
}

/** A process and the sides that it runs one after the other. */
interface Runs {
  readonly command: CommandLine;
  readonly device: BenchDevice;
  readonly sides: readonly Side[];
}

/** Runs every side once. A side that fails, or does other work, is noted and left out. */
export async function stepsPart(bench: DeviceBench, subject: Subject, round: number): Promise<void> {
  const { encoder, points } = subject;
  const ours = new Map<number, PointOutcome>();
  for (const { command, device, sides } of runsOf(bench)) {
    const asked = sides.flatMap((side) => points.slice(0, side.sizes).map((point, place) => ({ side, point, place })));
    const task = {
      ...({ kind: "points", encoder: encoder.folder, threads: bench.threads, lr: LR, device } as const),
      points: asked.map(({ side, point }) => ({ ...point, precision: side.precision })),
    };
    const { lines, fault } = await bench.ask<PointOutcome>(command, task);
    for (const outcome of lines) {
      const { side, point, place } = asked[outcome.point] as (typeof asked)[number];
      if (outcome.fault !== undefined) {
        bench.note(`${side.name} (step, ${encoder.name}, ${point.x} sentences): ${outcome.fault}`);
        continue;
      }
      if (side.name === KIT) ours.set(place, outcome);
      const other = side.name === KIT ? undefined : otherWork(ours.get(place), outcome, side);
      if (other !== undefined) bench.isVoid(`${encoder.name}, ${point.x} sentences: ${other}`);
      const about = { part: "step", model: encoder.name, data: point.data, x: point.x, side: side.name, round };
      for (const figure of figuresOf(outcome, point, encoder, side.name, bench.sizes.warm))
        await bench.record({ ...about, ...figure }, other !== undefined);
    }
    if (fault !== undefined) bench.note(`${sides.map((s) => s.name).join(", ")} (step, ${encoder.name}): ${fault}`);
    if (sides[0]?.name === KIT && round === 1 && bench.device === "webgpu") await kernels(bench, subject, ours);
  }
}

function runsOf({ device, kit, python }: DeviceBench): Runs[] {
  const runs: Runs[] = [{ command: kit, device, sides: [{ name: KIT, precision: "float32" }] }];
  if (python) {
    const sides: Side[] = [
      { name: "PyTorch CUDA", precision: "float32" },
      { name: "PyTorch CUDA, TF32", precision: "tf32" },
      { name: "PyTorch CUDA, bf16", precision: "bf16" },
    ];
    runs.push({ command: python, device: "cuda", sides }); // in one process: it takes long to start
  }
  if (device === "webgpu" || device === "cuda")
    runs.push({ command: kit, device, sides: [{ name: `${KIT}, float16 products`, precision: "mixed" }] });
  if (device !== "cpu")
    runs.push({ command: kit, device: "cpu", sides: [{ name: `${KIT}, cpu`, precision: "float32", sizes: 1 }] });
  return runs;
}

/** What differs from the kit's work; undefined where nothing does, or the kit has no figures. */
function otherWork(ours: PointOutcome | undefined, theirs: PointOutcome, side: Side): string | undefined {
  if (!ours) return undefined;
  const [a, b] = [ours, theirs].map((o) => o.losses.slice(0, COMPARED[side.precision])) as [number[], number[]];
  return differs(() => sameLosses(a, b, side.name, TOLERANCES[side.precision]));
}

type Figure = Pick<Measurement, "figure" | "unit" | "value">;

function figuresOf(outcome: PointOutcome, point: DrawnPoint, encoder: Encoder, side: string, warm: number): Figure[] {
  const step = spread(outcome.ms.slice(warm)).median;
  const time: Figure = { figure: "time of a step", unit: "ms", value: step };
  if (side !== KIT) return [time];
  const { up, down } = outcome;
  const tokens = spread(point.episodes.map((e) => e.ids.reduce((sum, s) => sum + s.length, 0))).median;
  const flops = flopsOf(stepProducts(encoder.config, Math.round(tokens)));
  return [
    time,
    { figure: "rate of dense products", unit: "GFLOP/s", value: flops / (step / 1000) / 1e9 },
    ...(up !== undefined ? [{ figure: "up to the GPU in a step", unit: "KB", value: up / 1000 }] : []),
    ...(down !== undefined ? [{ figure: "down in a step", unit: "KB", value: down / 1000 }] : []),
  ];
}

/** A step's kernels by the GPU's own clock, from profiles of a process of its own, and what is left of the step without it. */
async function kernels(
  bench: DeviceBench,
  { encoder, points }: Subject,
  ours: ReadonlyMap<number, PointOutcome>,
): Promise<void> {
  const few = points.map((p) => ({ ...p, episodes: p.episodes.slice(0, PROFILED), precision: "float32" as const }));
  const { lines, fault } = await bench.ask<PointOutcome>(bench.kit, {
    ...{ kind: "points", encoder: encoder.folder, threads: bench.threads, lr: LR, device: bench.device, points: few },
    profile: join(bench.work, "profiles"),
  });
  const [first] = lines;
  const reason =
    fault ?? first?.fault ?? (first && first.kernelMs === undefined ? "the adapter times none" : undefined);
  if (reason !== undefined) bench.note(`kernels on the GPU (${encoder.name}): ${reason}`);
  for (const { point: place, kernelMs } of lines) {
    const [point, outcome] = [points[place] as DrawnPoint, ours.get(place)];
    if (kernelMs === undefined || !outcome) continue;
    const step = spread(outcome.ms.slice(bench.sizes.warm)).median;
    const about = { part: "step", model: encoder.name, data: point.data, x: point.x, side: KIT, round: 1, unit: "ms" };
    await bench.record({ ...about, figure: "kernels on the GPU", value: kernelMs });
    await bench.record({ ...about, figure: "transfers, dispatch and waiting", value: Math.max(0, step - kernelMs) });
  }
}
