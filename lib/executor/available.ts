/** Which executors work here, found out by running a small program on each, and why the others do not. */
import * as tf from "@tensorflow/tfjs";
import { messageOf } from "../core/errors.ts";
import { float32 } from "../core/tensor.ts";
import { compiledExecutor } from "./compiled.ts";
import { cudaFaults } from "./cuda.ts";
import { eagerExecutor } from "./eager.ts";
import type { ProviderName } from "./providers.ts";
import { loadTensorFlow } from "./tensorflow.ts";
import type { Executor } from "./types.ts";

export interface Availability {
  readonly name: string;
  readonly works: boolean;
  /** What was tried, or why it does not work. */
  readonly detail: string;
}

/** Tries every executor the kit knows. */
export async function availableExecutors(): Promise<Availability[]> {
  const found: Availability[] = [];
  for (const provider of ["cpu", "webgpu", "cuda"] as const)
    found.push(await attempt(compiledExecutor({ provider }), (error) => reasonOf(provider, error)));
  found.push(await attempt(eagerExecutor("cpu")));
  found.push(await attemptTensorFlow());
  return found;
}

/** Runs a small product; throws where it does not come out right. */
export async function tryProduct(executor: Executor): Promise<void> {
  const program = executor.program(({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true) }));
  const { y } = await program.run({ x: float32([1, 2, 3, 4, 5, 6], [2, 3]) });
  await program.dispose();
  const values = [...(y?.data ?? [])].join(" ");
  if (values !== "14 32 32 77") throw new Error(`a 2 x 3 product gave ${values}, wanted 14 32 32 77`);
}

/** Why a provider of onnxruntime failed, in the user's terms. */
export function reasonOf(provider: ProviderName, error: unknown): string {
  const said = messageOf(error);
  if (provider === "cuda") return cudaFaults().join("; ") || said;
  if (provider !== "webgpu" || !said.includes("WebGPU adapter")) return said;
  return "no GPU was found: on Linux it takes the GPU's Vulkan driver and the loader libvulkan.so.1 (Debian: libvulkan1)";
}

async function attempt(executor: Executor, reason: (error: unknown) => string = messageOf): Promise<Availability> {
  try {
    await tryProduct(executor);
    return { name: executor.name, works: true, detail: "a small product came out right" };
  } catch (error) {
    return { name: executor.name, works: false, detail: reason(error) };
  }
}

/** TensorFlow's native half is optional: where it is not there, the reasons are reported and nothing else. */
async function attemptTensorFlow(): Promise<Availability> {
  const executor = eagerExecutor("tensorflow");
  try {
    const { name, built, version, gpu } = await loadTensorFlow();
    const { works, detail } = await attempt(executor);
    const what = `TensorFlow ${version} on ${gpu ? "a GPU" : "the CPU"}, ${name}${built ? " built by the kit" : ""}`;
    return { name: executor.name, works, detail: `${detail} (${what})` };
  } catch (error) {
    return { name: executor.name, works: false, detail: messageOf(error) };
  }
}
