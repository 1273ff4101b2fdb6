/** The graph between tfjs and ONNX: values, nodes named by tfjs kernels, and their text form. */
import { type DType, describeTensor } from "../core/tensor.ts";

/** A size: a number, or a product with symbols such as `P`, `2*B*T`. */
export type Dim = number | string;

/** Attributes of a tfjs kernel whose sizes may be symbols. */
export type Attr = Dim | boolean | undefined | null | readonly Attr[];

/** What a constant holds: one number everywhere, a symbolic size as a number, or the numbers themselves. */
export type Constant =
  | { readonly kind: "uniform"; readonly value: number }
  | { readonly kind: "size"; readonly dim: string }
  | { readonly kind: "array"; readonly data: Float32Array | Int32Array | Uint8Array };

export interface Value {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dim[];
  readonly constant?: Constant;
}

export interface Node {
  /** Name of the tfjs kernel. */
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly attrs: Readonly<Record<string, Attr>>;
  readonly output: Value;
}

export interface Graph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  /** Values by output name. */
  readonly outputs: Readonly<Record<string, Value>>;
}

/** The graph as text, one node a line: for people and for snapshot tests. Names are numbered anew. */
export function printGraph(graph: Graph): string {
  const names = new Map<Value, string>(graph.inputs.map((v) => [v, v.name]));
  const lines = [`inputs ${graph.inputs.map((v) => `${v.name}:${describeTensor(v)}`).join(" ")}`];
  const nameOf = (v: Value): string => names.get(v) ?? (v.constant ? constantText(v) : "?");
  graph.nodes.forEach((node, i) => {
    names.set(node.output, `v${i}`);
    const attrs = Object.entries(node.attrs).map(([k, a]) => ` ${k}=${exactText(a)}`);
    lines.push(
      `v${i}:${describeTensor(node.output)} = ${node.op} ${node.inputs.map(nameOf).join(" ")}${attrs.join("")}`,
    );
  });
  const outputs = Object.entries(graph.outputs).map(([name, v]) => `${name}=${nameOf(v)}`);
  return [...lines, `outputs ${outputs.join(" ")}`].join("\n");
}

/** JSON in which -0, infinities and NaN keep their names: equal texts are equal values. */
export function exactText(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    typeof v === "number" && (Object.is(v, -0) || !Number.isFinite(v)) ? (Object.is(v, -0) ? "-0" : `${v}`) : v,
  );
}

function constantText(v: Value): string {
  const c = v.constant as Constant;
  if (c.kind === "size") return `size(${c.dim})`;
  if (c.kind === "uniform")
    return v.shape.length ? `${c.value}:${describeTensor(v)}` : `${Number(c.value.toPrecision(7))}`;
  return `const:${describeTensor(v)}`;
}
