/** tfjs backends as peers: which of them can do what here, and the reason by name where one cannot. */
import { createRequire } from "node:module";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { messageOf } from "../core/errors.ts";
import { packageRoot } from "../core/place.ts";
import { builtPackage, loadTensorFlow, PACKAGES } from "../executor/tensorflow.ts";
import type { TfjsBackend } from "./tasks.ts";

export interface TfjsPeer {
  readonly name: string;
  readonly backend: TfjsBackend;
  /** Why it cannot train, or encode; absent where it can. */
  readonly cannot: { readonly train?: string; readonly encode?: string };
}

/** Kernels that a training step needs and a backend may lack: the gradient of a lookup sums rows by id. */
const TRAINING_KERNELS = ["UnsortedSegmentSum"];

/** Both peers; a backend that is not installed can do nothing. */
export async function tfjsPeers(): Promise<TfjsPeer[]> {
  const node: TfjsPeer = { name: "tfjs-node (TensorFlow)", backend: "tensorflow", cannot: await faults("tensorflow") };
  const wasm = await faults("wasm");
  return [node, { name: "tfjs wasm", backend: "wasm", cannot: wasm }];
}

/** Loads the package of a backend and makes it ready. Throws an error that says why that does not work. */
export async function startTfjs(backend: TfjsBackend, threads: number): Promise<void> {
  if (backend === "tensorflow") {
    process.env.TF_NUM_INTRAOP_THREADS = String(threads); // it has no function for that, and reads this when it is loaded
    await loadTensorFlow();
  } else requireWasm().setThreadsCount(threads);
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} does not start`);
}

/** The package as npm has installed it, or else the command `tensorflow`. */
function requireWasm(): { setThreadsCount(n: number): void } {
  const require = createRequire(join(packageRoot(), "package.json"));
  const place = [PACKAGES.wasm, builtPackage("wasm")].find((name) => {
    try {
      return require.resolve(name);
    } catch {
      return false;
    }
  });
  if (!place) throw new Error(`${PACKAGES.wasm} is not installed; get it with \`npm run tensorflow -- --wasm\``);
  return require(place) as { setThreadsCount(n: number): void };
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
