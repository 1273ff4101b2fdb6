/** Where programs run, by one name: opens the executor of a device, or the fastest that works. */
import * as tf from "@tensorflow/tfjs";
import { InputError, list, messageOf } from "../core/errors.ts";
import { float32 } from "../core/tensor.ts";
import { reasonOf, tryProduct } from "./available.ts";
import { compiledExecutor, type Precision } from "./compiled.ts";
import { eagerExecutor } from "./eager.ts";
import { PROVIDERS, type ProviderName } from "./providers.ts";
import { loadTensorFlow, tensorflowExecutor } from "./tensorflow.ts";
import type { Executor } from "./types.ts";

/**
 * `cpu`, `webgpu` and `cuda`: compiled, on onnxruntime's providers. `tensorflow`: operation by operation on TensorFlow, on
 * a GPU where it has one. `eager`: on tfjs in JavaScript, slow. `auto`: the fastest of those on onnxruntime and TensorFlow.
 */
export const DEVICES = ["cpu", "webgpu", "cuda", "tensorflow", "eager", "auto"] as const;
export type Device = (typeof DEVICES)[number];

/** The environment variable that names the device where a call does not. */
export const DEVICE = "FEWSHOT_DEVICE";

/** Where a call runs. */
export interface Where {
  /** An executor, for calls that share one. Default: that of `device`. */
  executor?: Executor;
  /** A device by name. Default: $FEWSHOT_DEVICE, else "cpu". */
  device?: Device;
}

export interface DeviceOptions {
  /** Threads of one operation on the CPU. Default: the cores this process may use. */
  threads?: number;
  /** As CompiledOptions.precision. Default "float32". */
  precision?: Precision;
}

export interface Opened {
  readonly executor: Executor;
  readonly device: Exclude<Device, "auto">;
  /** What was tried, and what decided. */
  readonly why: string;
}

/** The device that the environment names, or the CPU. */
export function defaultDevice(): Device {
  const name = process.env[DEVICE] || "cpu";
  if (!(DEVICES as readonly string[]).includes(name))
    throw new InputError(`$${DEVICE} is '${name}', wanted one of ${list([...DEVICES])}`);
  return name as Device;
}

/** The executor of a call; `fallback` is that of the run which it is about. */
export async function executorOf(
  { executor, device }: { readonly [K in keyof Where]: Where[K] | undefined },
  fallback?: Executor,
): Promise<Executor> {
  if (executor) return executor;
  if (device === undefined && fallback) return fallback;
  return (await openDevice(device ?? defaultDevice())).executor;
}

/** Opens a device and runs a small product on it. Throws an InputError that says why it does not work here. */
export async function openDevice(device: Device, options: DeviceOptions = {}): Promise<Opened> {
  if (device === "auto") return fastest(options);
  try {
    const executor = await executorNamed(device, options);
    if (device !== "cpu") await tryProduct(executor); // the CPU is there
    return { executor, device, why: "as it was asked for" };
  } catch (error) {
    const reason = device in PROVIDERS ? reasonOf(device as ProviderName, error) : messageOf(error);
    throw new InputError(`device ${device}: ${reason}; \`doctor\` lists what works here`);
  }
}

async function executorNamed(device: Exclude<Device, "auto">, options: DeviceOptions): Promise<Executor> {
  const { precision } = options;
  // onnxruntime's CPU has no such kernels, and takes the casts away.
  if (precision === "mixed" && device !== "webgpu" && device !== "cuda")
    throw new Error("it has no mixed precision; webgpu and cuda may have");
  const compiled = device !== "eager" && device !== "tensorflow";
  if (compiled) return compiledExecutor({ provider: device, ...options });
  return device === "eager" ? eagerExecutor() : tensorflowExecutor();
}

/** Of those that work, the one that multiplies fastest: a GPU may be a program that plays one. */
async function fastest(options: DeviceOptions): Promise<Opened> {
  const works: { opened: Opened; ms: number }[] = [];
  const faults: string[] = [];
  for (const device of ["cpu", "webgpu", "cuda", "tensorflow"] as const) {
    try {
      // On its CPU, TensorFlow has nothing to win over onnxruntime, and takes seconds to load.
      if (device === "tensorflow" && !(await loadTensorFlow()).gpu) throw new Error("has no GPU");
      const opened = await openDevice(device, options);
      works.push({ opened, ms: await milliseconds(opened.executor) });
    } catch (error) {
      if (device === "cpu") throw error;
      faults.push(device);
    }
  }
  works.sort((a, b) => a.ms - b.ms);
  const [best] = works as [(typeof works)[number]];
  const times = works.map(({ opened, ms }) => `${opened.device} ${ms.toFixed(1)} ms`).join(", ");
  const others = faults.length ? `; ${list(faults)} cannot be used, \`doctor\` says why` : "";
  return { ...best.opened, why: `the fastest at eight products of 512 x 512: ${times}${others}` };
}

const SIZE = 512;

/** What eight products take, the best of three after a first run; what is loaded is not counted. */
async function milliseconds(executor: Executor): Promise<number> {
  const program = executor.program(({ x }) => {
    let y = x as tf.Tensor2D;
    for (let i = 0; i < 8; i++) y = tf.matMul(y, x as tf.Tensor2D);
    return { y: tf.sum(y) };
  });
  try {
    await program.load({ x: float32(new Float32Array(SIZE * SIZE).fill(1 / SIZE), [SIZE, SIZE]) });
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 4; run++) {
      const start = performance.now();
      await program.run({});
      if (run) best = Math.min(best, performance.now() - start);
    }
    return best;
  } finally {
    await program.dispose();
  }
}
