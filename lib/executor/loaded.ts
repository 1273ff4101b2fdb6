/** Loaded inputs: tensors that a program keeps from run to run, as arrays of the host or copies in a provider's memory. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import type { DType, HostTensor, Tensors } from "../core/tensor.ts";
import { encodeOnnx } from "./onnx.ts";
import { type Provider, sessionOptions } from "./providers.ts";
import { fromOrt, loadOrt, type Ort, toOrt } from "./session.ts";

export type Shapes = Readonly<Record<string, Pick<HostTensor, "dtype" | "shape">>>;

/** Tensors of kind T by name. */
export interface Loaded<T> {
  load(inputs: Tensors): Promise<void>;
  /** Shapes of all that is loaded. */
  readonly shapes: Shapes;
  get(name: string): T | undefined;
  /** Takes over a tensor that replaces the one of that name. */
  replace(name: string, tensor: T): void;
  read(names: readonly string[]): Promise<Tensors>;
  dispose(): Promise<void>;
}

/** Arrays of the host, which stay those of the caller until an output replaces them; `shapes` are the tensors themselves. */
export function hostLoaded(): Loaded<HostTensor> & { readonly shapes: Tensors } {
  const held = new Map<string, HostTensor>();
  return {
    async load(inputs) {
      for (const [name, tensor] of Object.entries(inputs)) held.set(name, tensor);
    },
    get shapes() {
      return Object.fromEntries(held);
    },
    get: (name) => held.get(name),
    replace: (name, tensor) => void held.set(name, tensor),
    read: async (names) => Object.fromEntries(names.map((name) => [name, known(held, name)])),
    dispose: async () => held.clear(),
  };
}

/** Copies in the memory of a GPU. */
export function deviceLoaded(provider: Provider): Loaded<OrtTensor> {
  const held = new Map<string, OrtTensor>();
  const copiers = new Map<string, Promise<InferenceSession>>();

  /**
   * Moves one tensor through a session that does nothing else, with the output where it is wanted: a tensor of the
   * GPU cannot be read otherwise (its own getData ends the process).
   */
  const copy = async (tensor: OrtTensor, to: "cpu" | "gpu-buffer"): Promise<OrtTensor> => {
    const key = `${to} ${tensor.type} ${tensor.dims.length}`;
    const made = copiers.get(key) ?? copier(await loadOrt(), provider, tensor, to);
    copiers.set(key, made);
    const { y } = await (await made).run({ x: tensor });
    return y as OrtTensor;
  };
  const put = (name: string, tensor: OrtTensor): void => {
    held.get(name)?.dispose();
    held.set(name, tensor);
  };
  return {
    async load(inputs) {
      const ort = await loadOrt();
      for (const [name, tensor] of Object.entries(inputs)) put(name, await copy(toOrt(ort, tensor), "gpu-buffer"));
    },
    get shapes() {
      return Object.fromEntries([...held].map(([name, t]) => [name, { dtype: t.type as DType, shape: t.dims }]));
    },
    get: (name) => held.get(name),
    replace: put,
    async read(names) {
      const found: Record<string, HostTensor> = {};
      for (const name of names) found[name] = fromOrt(await copy(known(held, name), "cpu"));
      return found;
    },
    async dispose() {
      for (const tensor of held.values()) tensor.dispose();
      held.clear();
      for (const made of copiers.values()) await (await made).release();
      copiers.clear();
    },
  };
}

function known<T>(held: ReadonlyMap<string, T>, name: string): T {
  const tensor = held.get(name);
  if (!tensor) throw new Error(`no input '${name}' was loaded; there are ${[...held.keys()].join(", ") || "none"}`);
  return tensor;
}

function copier(ort: Ort, provider: Provider, { type, dims }: OrtTensor, to: string): Promise<InferenceSession> {
  const port = { dtype: type as DType, shape: dims.map((_, i) => `D${i}`) };
  const bytes = encodeOnnx({
    inputs: [{ name: "x", ...port }],
    outputs: [{ name: "y", ...port }],
    nodes: [{ op: "Identity", inputs: ["x"], output: "y" }],
    initializers: [],
  });
  const options = { ...sessionOptions(provider, 1), preferredOutputLocation: { y: to as "cpu" | "gpu-buffer" } };
  return ort.InferenceSession.create(bytes, options);
}
