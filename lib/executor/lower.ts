/** From a graph to an ONNX model. */
import { Emitter } from "./emitter.ts";
import { type Graph, type Node, typeText, type Value } from "./graph.ts";
import { encodeOnnx, type OnnxNode, type OnnxPort } from "./onnx.ts";
import { ROWS } from "./rows.ts";
import { alive } from "./simplify.ts";

/** An ONNX model as bytes, and the names of its ports (unused inputs are left out). */
export interface Lowered {
  readonly bytes: Uint8Array;
  readonly inputs: readonly string[];
  /** `name` in the model, `key` in the graph: they differ where an input has that name too. */
  readonly outputs: readonly (OnnxPort & { readonly key: string })[];
  readonly nodes: number;
}

/** Lowers every node by its row in rows.ts; a kernel without one fails with its name, operands and result. */
export function lower(graph: Graph): Lowered {
  const inputNames = graph.inputs.map((v) => v.name);
  const e = new Emitter(graph.inputs, [...inputNames, ...Object.keys(graph.outputs)]);
  for (const node of graph.nodes) {
    const row = ROWS[node.op];
    if (!row) {
      const types = node.inputs.map(typeText).join(", ");
      throw new Error(`lower: no row for the kernel ${node.op}(${types}) -> ${typeText(node.output)}`);
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
  const bytes = encodeOnnx({ inputs: ports, outputs, nodes, initializers });
  return { bytes, inputs: ports.map((p) => p.name), outputs, nodes: nodes.length };
}

/** The nodes that some output needs, and all names that these read: rows need not use every operand. */
function needed(nodes: readonly OnnxNode[], outputs: readonly string[]): { nodes: OnnxNode[]; used: Set<string> } {
  const used = new Set(outputs);
  const kept = [...nodes].reverse().filter((node) => {
    if (!used.has(node.output)) return false;
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
 * a sum of several such sums by all their rows. Others stay dense.
 */
export function splitSparse(graph: Graph, sparse: readonly string[]): Graph {
  if (!sparse.length) return graph;
  const producers = new Map<Value, Node>(graph.nodes.map((n) => [n.output, n]));
  const outputs: Record<string, Value> = {};
  const extra: Node[] = [];
  for (const [name, value] of Object.entries(graph.outputs)) {
    const sums = sparse.includes(name) ? segmentSums(value, producers) : undefined;
    if (!sums) {
      outputs[name] = value;
      continue;
    }
    [ROWS_SUFFIX, IDS_SUFFIX].forEach((suffix, i) => {
      const parts = sums.map((n) => n.inputs[i] as Value);
      outputs[name + suffix] = parts.length === 1 ? (parts[0] as Value) : concat(parts, extra, `rows_${name}`);
    });
  }
  const nodes = alive([...graph.nodes, ...extra], Object.values(outputs));
  return { inputs: graph.inputs, nodes, outputs };
}

function segmentSums(value: Value, producers: ReadonlyMap<Value, Node>): Node[] | undefined {
  const node = producers.get(value);
  if (node?.op === "UnsortedSegmentSum") return [node];
  if (node?.op !== "Add") return undefined;
  const parts = node.inputs.map((v) => segmentSums(v, producers));
  return parts.every((p): p is Node[] => p !== undefined) ? parts.flat() : undefined;
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
