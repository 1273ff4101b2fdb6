/** A tfjs backend that records kernels instead of computing: the tracer. */
import * as tf from "@tensorflow/tfjs";
import { type DType, sizeOf } from "../core/tensor.ts";
import type { Constant } from "./graph.ts";
import { namedTensors } from "./outputs.ts";
import { type Aval, axesOf, dtypeOf, normalised, type RawAttrs, SHAPE_RULES } from "./shapes.ts";

/** A value as one trace sees it: sizes are numbers, markers among them. */
export interface RawValue extends Aval {
  readonly input?: string;
  readonly constant?: Constant;
}

export interface RawNode {
  readonly op: string;
  readonly inputs: readonly RawValue[];
  readonly attrs: RawAttrs;
  readonly output: RawValue;
}

// Without an underscore: tfjs splits its registry's keys at one.
const NAME = "fewshottrace";

class TraceBackend extends tf.KernelBackend {
  nodes: RawNode[] = [];
  #values = new Map<object, RawValue>();
  #foreign = new Map<object, RawValue[]>();
  #refs = new Map<object, number>();

  input(name: string, shape: number[], dtype: DType): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.info({ input: name, shape, dtype }));
  }
  lookup(t: tf.TensorInfo): RawValue {
    return this.#values.get(t.dataId) ?? this.#captured(t);
  }
  /** A tensor made outside: its numbers, as they are now, are a constant. It stays with its own backend. */
  #captured(t: tf.TensorInfo): RawValue {
    const known = this.#foreign.get(t.dataId)?.find((v) => `${v.shape}${v.dtype}` === `${t.shape}${t.dtype}`);
    if (known) return known;
    const home = tf.engine().state.tensorInfo.get(t.dataId)?.backend;
    if (!home || home === this) {
      throw new Error(
        "trace: a tensor was used that is gone: made in an earlier trace (pass it as an input), or in the forward part " +
          "of a custom gradient and not given to its save()",
      );
    }
    const dtype = dtypeOf(t.dtype);
    const data = home.readSync(t.dataId) as Float32Array;
    const value: RawValue = { shape: t.shape, dtype, constant: constantOf(data, dtype) };
    // One data id may stand for several shapes and dtypes.
    this.#foreign.set(t.dataId, [...(this.#foreign.get(t.dataId) ?? []), value]);
    return value;
  }
  info(value: RawValue): tf.TensorInfo {
    const dataId = {};
    this.#values.set(dataId, value);
    this.#refs.set(dataId, 1);
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }
  record(op: string, inputs: readonly RawValue[], attrs: RawAttrs): tf.TensorInfo {
    const rule = SHAPE_RULES.get(op) as NonNullable<ReturnType<typeof SHAPE_RULES.get>>;
    const { shape, dtype } = rule(inputs, attrs);
    const value: RawValue = { shape, dtype };
    this.nodes.push({ op, inputs, attrs, output: value });
    return this.info(value);
  }
  clear(): void {
    this.nodes = [];
    this.#values.clear();
    this.#foreign.clear();
    this.#refs.clear();
  }
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const type = dtypeOf(dtype);
    const data = values as Float32Array;
    return this.info({ shape, dtype: type, constant: constantOf(data, type) }).dataId;
  }
  override readSync(dataId: object): tf.BackendValues {
    const value = this.#values.get(dataId);
    if (value?.constant?.kind === "array") return value.constant.data;
    if (value?.constant?.kind === "uniform") {
      return tf.util.getTypedArrayFromDType(value.dtype, sizeOf(value.shape)).fill(value.constant.value);
    }
    throw new Error(
      "compile: a tensor's value was read while tracing (dataSync, arraySync, print, a JavaScript condition); " +
        "nothing is computed yet: use tensor operations, or pass what decides as an input",
    );
  }
  override async read(dataId: object): Promise<tf.BackendValues> {
    return this.readSync(dataId);
  }
  override refCount(dataId: object): number {
    return this.#refs.get(dataId) ?? 0;
  }
  override incRef(dataId: object): void {
    this.#refs.set(dataId, this.refCount(dataId) + 1);
  }
  decRef(dataId: object): void {
    this.#refs.set(dataId, this.refCount(dataId) - 1);
  }
  override disposeData(dataId: object, force = false): boolean {
    this.decRef(dataId);
    if (!force && this.refCount(dataId) > 0) return false;
    this.#values.delete(dataId);
    this.#refs.delete(dataId);
    return true;
  }
  override numDataIds(): number {
    return this.#values.size;
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }
  override floatPrecision(): 16 | 32 {
    return 32;
  }
  override epsilon(): number {
    return 1e-7;
  }
  override timerAvailable(): boolean {
    return false;
  }
  override dispose(): void {
    this.clear();
  }
}

function constantOf(values: ArrayLike<number>, dtype: DType): Constant {
  const head = values[0];
  if (head !== undefined) {
    let i = 1;
    while (i < values.length && Object.is(values[i], head)) i++;
    if (i === values.length) return { kind: "uniform", value: Number(head) };
  }
  if (dtype === "float32") return { kind: "array", data: Float32Array.from(values) };
  return { kind: "array", data: dtype === "int32" ? Int32Array.from(values) : Uint8Array.from(values) };
}

type Inputs = Readonly<Record<string, tf.TensorInfo>>;
type Kernel = (backend: TraceBackend, inputs: Inputs, attrs: RawAttrs) => tf.TensorInfo | tf.TensorInfo[];

/** Kernels that leave no node of their own: aliases and constants. */
const SPECIAL: Readonly<Record<string, Kernel>> = {
  // A data id of its own: tfjs would free that of a tensor from outside in the backend where it lives.
  Identity: (backend, { x }) => backend.info(backend.lookup(x as tf.TensorInfo)),
  ZerosLike: (backend, { x }) => backend.info(uniform(x as tf.TensorInfo, 0)),
  OnesLike: (backend, { x }) => backend.info(uniform(x as tf.TensorInfo, 1)),
  Fill: (backend, _, { shape, value, dtype }) =>
    backend.info(uniform({ shape: shape as number[], dtype: (dtype as string) ?? "float32" }, Number(value))),
  Range: (backend, _, attrs) => {
    const { start, stop, step } = attrs as Record<string, number>;
    const by = (stop as number) < (start as number) && step === 1 ? -1 : (step as number); // tfjs counts down unasked
    const count = Math.max(0, Math.ceil(((stop as number) - (start as number)) / by));
    const out = Array.from({ length: count }, (_, i) => (start as number) + i * by);
    const dtype = dtypeOf((attrs.dtype as string) ?? "float32");
    return backend.info({ shape: [out.length], dtype, constant: constantOf(out, dtype) });
  },
  Unpack: (backend, { value }, { axis }) => parts(backend, value as tf.TensorInfo, axis as number, null),
  SplitV: (backend, { x }, { numOrSizeSplits, axis }) => {
    const at = axesOf(axis, (x as tf.TensorInfo).shape.length)[0] as number;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number[] | number, at);
    return parts(backend, x as tf.TensorInfo, at, sizes);
  },
};

function uniform(like: { shape: readonly number[]; dtype: string }, value: number): RawValue {
  return { shape: like.shape, dtype: dtypeOf(like.dtype), constant: { kind: "uniform", value } };
}

/** Splits into slices; `sizes` null means slices of one whose axis is then dropped. */
function parts(backend: TraceBackend, x: tf.TensorInfo, axis: number, sizes: number[] | null): tf.TensorInfo[] {
  const value = backend.lookup(x);
  const at = axesOf(axis, x.shape.length)[0] as number;
  let from = 0;
  return (sizes ?? Array.from({ length: x.shape[at] as number }, () => 1)).map((n) => {
    const begin = x.shape.map((_, i) => (i === at ? from : 0));
    const size = x.shape.map((d, i) => (i === at ? n : d));
    from += n;
    const part = backend.record("Slice", [value], { begin, size });
    const shape = x.shape.filter((_, i) => i !== at);
    return sizes ? part : backend.record("Reshape", [backend.lookup(part)], { shape });
  });
}

let backend: TraceBackend | undefined;

/** Registers the backend and its kernels with tfjs at first use. */
function tracer(): TraceBackend {
  if (backend) return backend;
  const created = new TraceBackend();
  tf.registerBackend(NAME, () => created, 0);
  const add = (kernelName: string, kernel: Kernel): void =>
    tf.registerKernel({
      kernelName,
      backendName: NAME,
      kernelFunc: ({ inputs, attrs }) => kernel(created, inputs as Inputs, (attrs ?? {}) as RawAttrs),
    });
  for (const op of SHAPE_RULES.keys()) {
    add(op, (b, inputs, attrs) => {
      const values = Object.values(inputs).map((t) => b.lookup(t));
      return b.record(op, values, normalised(op, values, attrs));
    });
  }
  for (const [op, kernel] of Object.entries(SPECIAL)) add(op, kernel);
  backend = created;
  return created;
}

export interface RawTrace {
  readonly inputs: ReadonlyMap<string, RawValue>;
  readonly nodes: readonly RawNode[];
  readonly outputs: ReadonlyMap<string, RawValue>;
}

/** Runs `fn` on stand-ins of the given shapes and returns what it would compute. tfjs' own backend is put back. */
export function record(
  fn: (inputs: Record<string, tf.Tensor>) => Readonly<Record<string, tf.Tensor>>,
  specs: ReadonlyMap<string, Aval>,
): RawTrace {
  void tf.engine().backend; // tfjs chooses its own backend at first use: let it, so that it can be put back
  const before = tf.getBackend();
  if (before === NAME) throw new Error("compile: called while another function is being traced; compile it outside");
  const b = tracer();
  tf.engine().startScope("trace");
  void tf.setBackend(NAME); // takes effect at once: the backend's factory is synchronous
  try {
    const tensors = Object.fromEntries([...specs].map(([name, s]) => [name, b.input(name, [...s.shape], s.dtype)]));
    const inputs = new Map(Object.entries(tensors).map(([name, t]) => [name, b.lookup(t)]));
    const outputs = new Map(Object.entries(namedTensors(fn(tensors))).map(([name, t]) => [name, b.lookup(t)]));
    return { inputs, nodes: b.nodes, outputs };
  } catch (error) {
    throw explain(error, b);
  } finally {
    tf.engine().endScope();
    b.clear();
    void tf.setBackend(before);
  }
}

/** tfjs names the backend, not the operation's shapes, when a kernel is missing: say what can be done. */
function explain(error: unknown, b: TraceBackend): unknown {
  const missing = /Kernel '(\w+)' not registered/.exec(error instanceof Error ? error.message : "")?.[1];
  if (!missing) return error;
  const last = b.nodes.at(-1);
  const place = last ? ` (after ${last.op} -> ${last.output.dtype}[${last.output.shape.join(",")}])` : "";
  const known = [...SHAPE_RULES.keys(), ...Object.keys(SPECIAL)].sort().join(", ");
  return new Error(`compile: the tfjs kernel ${missing} cannot be compiled${place}; supported: ${known}`, {
    cause: error,
  });
}
