/** One program for one set of shapes: traced, lowered and loaded into onnxruntime. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { DType, HostTensor, Tensors } from "../core/tensor.ts";
import type { HostSizes } from "./emitter.ts";
import { lower, splitSparse } from "./lower.ts";
import { type Provider, prepare, sessionOptions } from "./providers.ts";
import { evaluate } from "./symbols.ts";
import { type Spec, trace } from "./trace.ts";
import type { CompileOptions, GraphFunction } from "./types.ts";

export type Ort = typeof import("onnxruntime-node");

export interface Session {
  readonly ort: Ort;
  readonly session: InferenceSession;
  /** The inputs it wants, by name. */
  readonly inputs: readonly string[];
  /** Names of the outputs by their names in the model. */
  readonly outputs: ReadonlyMap<string, string>;
  /** The inputs that are sizes, worked out from the shapes of the others. */
  sizes(shapes: Readonly<Record<string, Pick<HostTensor, "shape">>>): Record<string, OrtTensor>;
}

/** onnxruntime, loaded at the first call. */
export async function loadOrt(): Promise<Ort> {
  return (await import("onnxruntime-node")) as Ort;
}

/** Compiles `fn` for inputs of these shapes. Outputs that are state stay in the provider's memory, where it has its own. */
export async function createSession(
  fn: GraphFunction,
  specs: Readonly<Record<string, Spec>>,
  provider: Provider,
  threads: number,
  { sparse = [], state = [], profile }: Pick<CompileOptions, "sparse" | "state"> & { profile?: string },
): Promise<Session> {
  if (provider.installed?.() === false) throw new Error("the provider is not installed");
  const graph = splitSparse(prepare(trace(fn, specs), provider.target), sparse);
  const { bytes, inputs, outputs, sizes } = lower(graph, provider.target);
  const ort = await loadOrt();
  const location = (key: string): "cpu" | "gpu-buffer" => (state.includes(key) ? "gpu-buffer" : "cpu");
  const session = await ort.InferenceSession.create(bytes, {
    ...sessionOptions(provider, threads, profile),
    // Plans of memory by shape would be kept for every batch size seen.
    enableMemPattern: Object.values(specs).every((s) => s.shape.every((d) => typeof d === "number")),
    ...(provider.ownMemory && {
      preferredOutputLocation: Object.fromEntries(outputs.map((o) => [o.name, location(o.key)])),
    }),
  });
  return {
    ...{ ort, session, inputs, outputs: new Map(outputs.map((o) => [o.name, o.key])) },
    sizes: (shapes) => sizeFeeds(ort, sizes, specs, shapes),
  };
}

/** The inputs that are sizes, for tensors of these shapes. */
export function sizeFeeds(
  ort: Ort,
  sizes: readonly HostSizes[],
  specs: Readonly<Record<string, Spec>>,
  shapes: Readonly<Record<string, Pick<HostTensor, "shape">>>,
): Record<string, OrtTensor> {
  if (!sizes.length) return {};
  const symbols = new Map<string, number>();
  for (const [name, { shape }] of Object.entries(specs)) {
    for (const [axis, dim] of shape.entries())
      if (typeof dim === "string") symbols.set(dim, shapes[name]?.shape[axis] as number);
  }
  return Object.fromEntries(sizes.map((s) => [s.name, sizeTensor(ort, s, symbols)]));
}

function sizeTensor(ort: Ort, { type, dims, scalar }: HostSizes, symbols: ReadonlyMap<string, number>): OrtTensor {
  const values = dims.map((d) => evaluate(d, symbols));
  const shape = scalar ? [] : [values.length];
  if (type === "int64") return new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape) as OrtTensor;
  if (type === "int32") return new ort.Tensor("int32", Int32Array.from(values), shape) as OrtTensor;
  return new ort.Tensor("float32", Float32Array.from(values), shape) as OrtTensor;
}

export function toOrt(ort: Ort, t: HostTensor): OrtTensor {
  return new ort.Tensor(t.dtype, t.data, t.shape) as OrtTensor;
}

export function fromOrt(t: OrtTensor): HostTensor {
  return { dtype: t.type as DType, shape: t.dims, data: t.data } as HostTensor;
}

/** Tensors of onnxruntime on the host, under the names of the graph. */
export function named(fetched: Readonly<Record<string, OrtTensor>>, outputs: Session["outputs"]): Tensors {
  return Object.fromEntries([...outputs].map(([name, key]) => [key, fromOrt(fetched[name] as OrtTensor)]));
}
