/** The providers of onnxruntime that programs run on. */
import type { InferenceSession } from "onnxruntime-node";
import { cudaInstalled } from "./cuda.ts";
import { fuse } from "./fuse.ts";
import type { Graph } from "./graph.ts";
import { plainProducts } from "./rewrites.ts";
import { simplify } from "./simplify.ts";
import { CPU, type Target, WEBGPU } from "./targets.ts";

export type ProviderName = "cpu" | "webgpu" | "cuda";

export interface Provider {
  readonly name: ProviderName;
  readonly target: Target;
  /** Tensors can stay in the provider's own memory from run to run. */
  readonly ownMemory: boolean;
  /** Whether its files are here. Default: they are inside onnxruntime-node. */
  installed?(): boolean;
}

export const PROVIDERS: Readonly<Record<ProviderName, Provider>> = {
  cpu: { name: "cpu", target: CPU, ownMemory: false },
  webgpu: { name: "webgpu", target: WEBGPU, ownMemory: true },
  // onnxruntime-node binds memory of WebGPU alone: with CUDA, parameters travel at every run.
  cuda: { name: "cuda", target: CPU, ownMemory: false, installed: cudaInstalled },
};

/** A traced graph as the target runs it best. */
export function prepare(graph: Graph, target: Target): Graph {
  const fused = fuse(simplify(graph), target);
  return target.fusedProducts ? fused : simplify(plainProducts(fused));
}

// How long an idle thread keeps its core before it sleeps. onnxruntime's own default, about a millisecond and more, slows two
// processes on one machine several times over; 50 us cost nothing that can be measured when there is one.
const SPIN_MICROSECONDS = "50";

/** Options of every session on a provider; with `profile`, of one whose profile goes to a file that begins so. */
export function sessionOptions(provider: Provider, threads: number, profile?: string): InferenceSession.SessionOptions {
  return {
    ...(profile !== undefined && { enableProfiling: true, profileFilePrefix: profile }),
    executionProviders: [provider.name],
    intraOpNumThreads: threads,
    graphOptimizationLevel: "all",
    extra: { session: { intra_op: { spin_duration_us: SPIN_MICROSECONDS } } },
    logSeverityLevel: 3, // errors; its warnings are of constants that its own folding left over
  };
}
