/** The kit's side of the GPU bench: training steps of several sizes in this process, by the stepper that users get. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../core/errors.ts";
import type { Tensors } from "../core/tensor.ts";
import { compiledExecutor, type Precision } from "../executor/compiled.ts";
import { openDevice } from "../executor/device.ts";
import type { Executor } from "../executor/types.ts";
import { adamWSettings } from "../train/optimizer.ts";
import { createStepper } from "../train/stepper.ts";
import { readProfile } from "./gpu-profile.ts";
import { openModel, stepObjective } from "./kit-side.ts";
import type { Point, PointOutcome, PointsTask } from "./tasks.ts";

// The scalars that a step takes besides the batch, and the norm that it gives besides the loss function's.
const SCALARS_UP = 5;
const SCALARS_DOWN = 1;

/** Does the points in turn. One that fails is said, and the next one is begun. */
export async function* pointsSide(task: PointsTask): AsyncGenerator<PointOutcome> {
  for (const [point, settings] of task.points.entries()) {
    try {
      yield { point, ...(await onePoint(task, settings, point)) };
    } catch (error) {
      yield { point, losses: [], ms: [], fault: messageOf(error) };
    }
  }
}

async function onePoint(task: PointsTask, point: Point, place: number): Promise<Omit<PointOutcome, "point">> {
  const prefix = task.profile && join(task.profile, `point-${place}`);
  if (task.profile) await mkdir(task.profile, { recursive: true });
  const executor = await executorOf(task, point.precision as Precision, prefix);
  const model = await openModel(task); // anew: steps on the host change its arrays
  const objective = stepObjective(model, point);
  const stepper = createStepper(objective, executor, adamWSettings());
  const found: { losses: number[]; ms: number[]; up: number; down: number } = { losses: [], ms: [], up: 0, down: 0 };
  try {
    for (const step of point.episodes.keys()) {
      const start = performance.now();
      const batch = await objective.batch(step);
      const { scalars, fault } = await stepper.step(batch, { lr: task.lr, clip: 1 });
      if (fault !== undefined) throw new Error(`step ${found.ms.length + 1}: ${fault}`);
      found.ms.push(performance.now() - start);
      found.losses.push(scalars.loss);
      found.up = bytesOf(batch) + 4 * SCALARS_UP;
      found.down = 4 * (Object.keys(scalars).length + SCALARS_DOWN);
    }
  } finally {
    await stepper.dispose(); // which also writes the profile
  }
  const { losses, ms, up, down } = found;
  const kernelMs = prefix === undefined ? undefined : await readProfile(prefix);
  return {
    ...{ losses, ms },
    ...(executor.ownMemory && { up, down }),
    ...(kernelMs !== undefined && { kernelMs }),
  };
}

async function executorOf(
  { device, threads }: PointsTask,
  precision: Precision,
  profile: string | undefined,
): Promise<Executor> {
  if (profile !== undefined && (device === "webgpu" || device === "cuda"))
    return compiledExecutor({ provider: device, threads, precision, profile });
  return (await openDevice(device, { threads, precision })).executor;
}

function bytesOf(batch: Tensors): number {
  return Object.values(batch).reduce((sum, { data }) => sum + data.byteLength, 0);
}
