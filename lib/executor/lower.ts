/** From a graph to an ONNX model. */
import { describeTensor } from "../core/tensor.ts";
import { Emitter, type HostSizes } from "./emitter.ts";
import type { Graph, Node, Value } from "./graph.ts";
import { encodeOnnx, type OnnxNode, type OnnxPort } from "./onnx.ts";
import { ROWS } from "./rows.ts";
import { FUSED_ROWS } from "./rows-fused.ts";
import { alive, sameShape } from "./simplify.ts";
import { CPU, type Target } from "./targets.ts";

/** An ONNX model as bytes, and the names of its ports (unused inputs are left out). */
export interface Lowered {
  readonly bytes: Uint8Array;
  readonly inputs: readonly string[];
  /** Inputs that are sizes; none where the target has these read off by the graph. */
  readonly sizes: readonly HostSizes[];
  /** `name` in the model, `key` in the graph: they differ where an input has that name too. */
  readonly outputs: readonly (OnnxPort & { readonly key: string })[];
  readonly nodes: number;
}

/** Lowers every node by its row in rows.ts or rows-fused.ts; a kernel without one fails with its name, operands and result. */
export function lower(graph: Graph, target: Target = CPU): Lowered {
  const inputNames = graph.inputs.map((v) => v.name);
  const e = new Emitter(graph.inputs, [...inputNames, ...Object.keys(graph.outputs)], target);
  for (const node of graph.nodes) {
    const row = ROWS[node.op] ?? FUSED_ROWS[node.op];
    if (!row) {
      const types = node.inputs.map(describeTensor).join(", ");
      throw new Error(`lower: no row for the kernel ${node.op}(${types}) -> ${describeTensor(node.output)}`);
    }
    e.bind(
      node.output,
      row(
        e,
        node,
        node.inputs.map((v) => e.name(v)),
      ),
    );
  }
  const outputs = Object.entries(graph.outputs).map(([key, v]) => {
    const name = inputNames.includes(key) ? e.fresh(key) : key;
    e.nodes.push({ op: "Identity", inputs: [e.name(v)], output: name });
    return { key, name, dtype: v.dtype, shape: v.shape };
  });
  const { nodes, used } = needed(
    e.nodes,
    outputs.map((o) => o.name),
  );
  const inputs = graph.inputs.filter((v) => used.has(v.name));
  const ports = inputs.map((v) => ({ name: v.name, dtype: v.dtype, shape: v.shape }));
  const initializers = e.initializers.filter((i) => used.has(i.name));
  const sizes = e.sizes.filter((s) => used.has(s.name));
  const sizePorts = sizes.map(
    (s): OnnxPort => ({ name: s.name, dtype: s.type, shape: s.scalar ? [] : [s.dims.length] }),
  );
  const bytes = encodeOnnx({ inputs: [...ports, ...sizePorts], outputs, nodes, initializers });
  return { bytes, inputs: ports.map((p) => p.name), sizes, outputs, nodes: nodes.length };
}

/** The nodes that some output needs, and all names that these read: rows need not use every operand. */
function needed(nodes: readonly OnnxNode[], outputs: readonly string[]): { nodes: OnnxNode[]; used: Set<string> } {
  const used = new Set(outputs);
  const kept = [...nodes].reverse().filter((node) => {
    if (![node.output, ...(node.also ?? [])].some((name) => used.has(name))) return false;
    for (const name of node.inputs) used.add(name);
    return true;
  });
  return { nodes: kept.reverse(), used };
}

/** Suffixes of the two outputs that stand for a sparse one. */
export const ROWS_SUFFIX = "#rows";
export const IDS_SUFFIX = "#ids";

/**
 * Outputs named in `sparse` that are sums of rows by index are replaced by `NAME#rows` [R, ...] and `NAME#ids` [R];
 * a sum of several such sums by all their rows. Where dense terms are added to them, as to the gradient of a table that
 * is also multiplied with, NAME stays for those. Others stay dense.
 */
export function splitSparse(graph: Graph, sparse: readonly string[]): Graph {
  if (!sparse.length) return graph;
  const producers = new Map<Value, Node>(graph.nodes.map((n) => [n.output, n]));
  const outputs: Record<string, Value> = {};
  const extra: Node[] = [];
  for (const [name, value] of Object.entries(graph.outputs)) {
    const { sums, dense } = sparse.includes(name) ? terms(value, producers) : { sums: [], dense: [value] };
    if (dense.length) outputs[name] = sums.length ? total(dense, extra) : value;
    if (!sums.length) continue;
    [ROWS_SUFFIX, IDS_SUFFIX].forEach((suffix, i) => {
      const parts = sums.map((n) => n.inputs[i] as Value);
      outputs[name + suffix] = parts.length === 1 ? (parts[0] as Value) : concat(parts, extra, `rows_${name}`);
    });
  }
  const nodes = alive([...graph.nodes, ...extra], Object.values(outputs));
  return { inputs: graph.inputs, nodes, outputs };
}

/** The terms of a sum: those that are sums of rows, and the others. */
function terms(value: Value, producers: ReadonlyMap<Value, Node>): { sums: Node[]; dense: Value[] } {
  const node = producers.get(value);
  if (node?.op === "UnsortedSegmentSum") return { sums: [node], dense: [] };
  const flat = node?.op === "Add" && node.inputs.every((v) => sameShape(v.shape, value.shape));
  if (!node || !flat) return { sums: [], dense: [value] };
  const parts = node.inputs.map((v) => terms(v, producers));
  return { sums: parts.flatMap((p) => p.sums), dense: parts.flatMap((p) => p.dense) };
}

function total(values: readonly Value[], nodes: Node[]): Value {
  return values.reduce((a, b) => {
    const output: Value = { name: `${a.name}+`, dtype: a.dtype, shape: a.shape };
    nodes.push({ op: "Add", inputs: [a, b], attrs: {}, output });
    return output;
  });
}

/** All rows one after the other; `size` names how many these are where some part's number is symbolic. */
function concat(parts: readonly Value[], nodes: Node[], size: string): Value {
  const first = parts[0] as Value;
  const sizes = parts.map((p) => p.shape[0]);
  // A sum is no product of symbols; nothing downstream reads it, but equal names would mean equal sizes.
  const rows = sizes.every((s) => typeof s === "number") ? (sizes as number[]).reduce((a, b) => a + b) : size;
  const output: Value = { name: `${first.name}+`, dtype: first.dtype, shape: [rows, ...first.shape.slice(1)] };
  nodes.push({ op: "Concat", inputs: parts, attrs: { axis: 0 }, output });
  return output;
}
