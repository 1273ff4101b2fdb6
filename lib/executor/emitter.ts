/** Collects ONNX nodes while a graph is lowered: fresh names, shared constants, symbolic shapes as tensors. */
import type { DType } from "../core/tensor.ts";
import { sizeOf } from "../core/tensor.ts";
import type { Dim, Node, Value } from "./graph.ts";
import { ELEMENT, type ElementType, type OnnxInitializer, type OnnxNode } from "./onnx.ts";
import { factors } from "./symbols.ts";
import { CPU, type Target } from "./targets.ts";

/** How a kernel becomes ONNX: adds nodes for it and returns the name of the one that has its result. */
export type Row = (e: Emitter, node: Node, names: readonly string[]) => string;

/** A size, or several, that the host works out before a run: an input of the model beside those of the graph. */
export interface HostSizes {
  readonly name: string;
  readonly type: "int64" | DType;
  readonly dims: readonly Dim[];
  /** A single number of no axes instead of a vector. */
  readonly scalar: boolean;
}

export class Emitter {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  readonly sizes: HostSizes[] = [];
  readonly #names = new Map<Value, string>();
  readonly #shared = new Map<string, string>();
  readonly #symbols: ReadonlyMap<string, { input: string; axis: number }>;
  readonly #taken: ReadonlySet<string>;
  #count = 0;

  /** `ports` are the names of the inputs and outputs, which no other value may have. */
  constructor(
    inputs: readonly Value[],
    ports: readonly string[],
    readonly target: Target = CPU,
  ) {
    this.#taken = new Set(ports);
    const symbols = new Map<string, { input: string; axis: number }>();
    for (const v of inputs) {
      this.#names.set(v, v.name);
      v.shape.forEach((d, axis) => {
        if (typeof d === "string" && !symbols.has(d)) symbols.set(d, { input: v.name, axis });
      });
    }
    this.#symbols = symbols;
  }

  /** Adds a node and returns the name of its output. */
  add(op: string, inputs: readonly string[], attrs: OnnxNode["attrs"] = {}, domain = ""): string {
    const output = this.fresh(op);
    this.nodes.push({ op, inputs, output, attrs, domain });
    return output;
  }

  /** Adds a node of several outputs and returns the name of the first; number i of the others is NAME.i. */
  addAll(op: string, inputs: readonly string[], attrs: OnnxNode["attrs"] = {}, outputs: number): string {
    const output = this.fresh(op);
    const also = Array.from({ length: outputs - 1 }, (_, i) => `${output}.${i + 1}`);
    this.nodes.push({ op, inputs, output, also, attrs });
    return output;
  }

  /** A name that nothing else has. */
  fresh(stem: string): string {
    for (;;) {
      const name = `${stem}_${this.#count++}`;
      if (!this.#taken.has(name)) return name;
    }
  }

  /** Gives a value the name under which later nodes find it. */
  bind(value: Value, name: string): void {
    this.#names.set(value, name);
  }

  /** The name of a value; constants become initializers, or an Expand where their shape is symbolic. */
  name(value: Value): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const name = this.#constant(value);
    this.#names.set(value, name);
    return name;
  }

  #constant(value: Value): string {
    const c = value.constant;
    if (!c) throw new Error(`lower: ${value.name} is used before it is computed`);
    if (c.kind === "array") return this.initializer(value.dtype, value.shape as number[], c.data);
    const one = c.kind === "uniform" ? this.scalar(value.dtype, c.value) : this.sizeScalar(c.dim, value.dtype);
    if (!value.shape.length) return one;
    const small = value.shape.every((d) => typeof d === "number") && sizeOf(value.shape as number[]) <= 1024;
    if (small && c.kind === "uniform") {
      const n = sizeOf(value.shape as number[]);
      return this.initializer(value.dtype, value.shape as number[], new Float64Array(n).fill(c.value));
    }
    return this.add("Expand", [one, this.shape(value.shape)]);
  }

  /** A size as a scalar of the given type. */
  sizeScalar(dim: string, dtype: DType): string {
    return this.cached(`size ${dim} ${dtype}`, () => {
      if (!this.target.sizesInGraph) return this.#fromHost([dim], dtype, true);
      const flat = this.add("Cast", [this.size(dim)], { to: ELEMENT[dtype] });
      return this.add("Squeeze", [flat, this.ints([0])]);
    });
  }

  /** A tensor of given numbers. */
  initializer(type: ElementType, shape: readonly number[], numbers: ArrayLike<number>): string {
    const name = this.fresh("constant");
    this.initializers.push({ name, type, shape, bytes: bytesOf(type, numbers) });
    return name;
  }

  /** A constant scalar, one for all its uses. */
  scalar(type: ElementType, value: number): string {
    return this.cached(`scalar ${type} ${Object.is(value, -0) ? "-0" : value}`, () =>
      this.initializer(type, [], [value]),
    );
  }

  /** A constant vector of int64: axes, sizes, permutations. */
  ints(values: readonly number[]): string {
    return this.cached(`ints ${values}`, () => this.initializer("int64", [values.length], values));
  }

  /** A shape as an int64 vector; symbols are read off the inputs at run time. */
  shape(dims: readonly Dim[]): string {
    if (dims.every((d) => typeof d === "number")) return this.ints(dims as number[]);
    return this.cached(`shape ${dims}`, () => {
      if (!this.target.sizesInGraph) return this.#fromHost(dims, "int64", false);
      const parts = dims.map((d) => (typeof d === "number" ? this.ints([d]) : this.size(d)));
      return parts.length === 1 ? (parts[0] as string) : this.add("Concat", parts, { axis: 0 });
    });
  }

  /** The target of a Reshape: -1 does for a single symbolic size, which needs no reading. */
  reshapeTarget(dims: readonly Dim[]): string {
    const symbolic = dims.filter((d) => typeof d === "string").length;
    if (symbolic !== 1) return this.shape(dims);
    return this.ints(dims.map((d) => (typeof d === "number" ? d : -1)));
  }

  /** A size as an int64 vector of one element. */
  size(dim: Dim): string {
    if (typeof dim === "number") return this.ints([dim]);
    if (!this.target.sizesInGraph) return this.shape([dim]);
    return this.cached(`size ${dim}`, () => {
      const { coefficient, symbols } = factors(dim);
      const parts = symbols.map((s) => {
        const at = this.#symbols.get(s);
        if (!at) throw new Error(`lower: no input has the size ${s}`);
        return this.cached(`symbol ${s}`, () => this.add("Shape", [at.input], { start: at.axis, end: at.axis + 1 }));
      });
      if (coefficient !== 1) parts.push(this.ints([coefficient]));
      return parts.reduce((a, b) => this.add("Mul", [a, b]));
    });
  }

  #fromHost(dims: readonly Dim[], type: HostSizes["type"], scalar: boolean): string {
    const name = this.fresh("sizes");
    this.sizes.push({ name, type, dims, scalar });
    return name;
  }

  cached(key: string, make: () => string): string {
    const known = this.#shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#shared.set(key, made);
    return made;
  }
}

/** The value as another dtype. */
export function cast(e: Emitter, name: string, from: DType, to: DType): string {
  return from === to ? name : e.add("Cast", [name], { to: ELEMENT[to] });
}

function bytesOf(type: ElementType, numbers: ArrayLike<number>): Uint8Array {
  const array =
    type === "int64"
      ? BigInt64Array.from(Array.from(numbers, (n) => BigInt(n)))
      : type === "float32"
        ? Float32Array.from(numbers)
        : type === "int32"
          ? Int32Array.from(numbers)
          : Uint8Array.from(numbers, (n) => (n ? 1 : 0));
  return new Uint8Array(array.buffer);
}
