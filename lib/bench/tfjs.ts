/** tfjs backends as peers: which of them can do what here, and the reason by name where one cannot. */
import * as tf from "@tensorflow/tfjs";
import { messageOf } from "../core/errors.ts";
import type { TfjsBackend } from "./tasks.ts";

export interface TfjsPeer {
  readonly name: string;
  readonly backend: TfjsBackend;
  /** Why it cannot train, or encode; absent where it can. */
  readonly cannot: { readonly train?: string; readonly encode?: string };
}

const PACKAGES: Readonly<Record<TfjsBackend, readonly string[]>> = {
  tensorflow: ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"],
  wasm: ["@tensorflow/tfjs-backend-wasm"],
};
/** Kernels that a training step needs and a backend may lack: the gradient of a lookup sums rows by id. */
const TRAINING_KERNELS = ["UnsortedSegmentSum"];

/** Both peers; a backend that is not installed can do nothing. */
export async function tfjsPeers(): Promise<TfjsPeer[]> {
  const node: TfjsPeer = { name: "tfjs-node (TensorFlow)", backend: "tensorflow", cannot: await faults("tensorflow") };
  const wasm = await faults("wasm");
  return [node, { name: "tfjs wasm", backend: "wasm", cannot: wasm }];
}

/** Loads the package of a backend and makes it ready. */
export async function startTfjs(backend: TfjsBackend, threads: number): Promise<void> {
  const faults: string[] = [];
  for (const name of PACKAGES[backend]) {
    try {
      const module = (await import(name)) as { setThreadsCount?(n: number): void };
      module.setThreadsCount?.(threads);
      if (!tf.findBackendFactory(backend)) faults.push(`${name} is plain tfjs here (an override, for danfojs-node)`);
      else if (await tf.setBackend(backend)) return;
      else faults.push(`the backend ${backend} does not start`);
    } catch (error) {
      const absent = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
      faults.push(absent ? `${name} is not installed` : (messageOf(error).split("\n")[0] ?? ""));
    }
  }
  throw new Error(faults.join("; "));
}

async function faults(backend: TfjsBackend): Promise<TfjsPeer["cannot"]> {
  const before = tf.getBackend();
  try {
    await startTfjs(backend, 1);
    const missing = TRAINING_KERNELS.find((kernel) => !tf.getKernel(kernel, backend));
    return missing ? { train: `cannot train: kernel ${missing} is missing` } : {};
  } catch (error) {
    const encode = `cannot run: ${messageOf(error)}`;
    // Known without the package, and not changed by installing it.
    const train = backend === "wasm" ? `cannot train: kernel ${TRAINING_KERNELS[0]} is missing` : encode;
    return { train, encode };
  } finally {
    if (before) await tf.setBackend(before);
  }
}
