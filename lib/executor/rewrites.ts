/** Rewrites of a graph that other programs are to run: they keep what it computes, given what the caller promises. */
import type { Graph, Node, Value } from "./graph.ts";
import { alive, sameShape } from "./simplify.ts";

/**
 * Leaves out gathers of rows by the input `name`, as it is or reshaped, which the caller promises to hold 0, 1, 2, ...
 * for every row: they change nothing. The input itself goes too; throws where something else reads it.
 */
export function withoutGathers(graph: Graph, name: string): Graph {
  const index = graph.inputs.find((v) => v.name === name);
  if (!index) throw new Error(`withoutGathers: no input '${name}'`);
  const counts = new Set<Value>([index]);
  const replaced = new Map<Value, Value>();
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map((v) => replaced.get(v) ?? v) };
    const [x, by] = node.inputs;
    const { op, attrs, output } = node;
    if ((op === "Reshape" || op === "ExpandDims") && counts.has(x as Value)) counts.add(output);
    const whole = op === "GatherV2" && !attrs.axis && !attrs.batchDims && counts.has(by as Value);
    if (whole && sameShape((x as Value).shape, output.shape)) replaced.set(output, x as Value);
    else nodes.push(node);
  }
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([k, v]) => [k, replaced.get(v) ?? v]));
  const kept = alive(nodes, Object.values(outputs));
  const reader = kept.find((n) => !counts.has(n.output) && n.inputs.some((v) => counts.has(v)))?.op;
  const output = Object.keys(outputs).find((key) => counts.has(outputs[key] as Value));
  if (reader ?? output)
    throw new Error(`withoutGathers: ${reader ?? `output ${output}`} reads '${name}' otherwise than to take all rows`);
  return { inputs: graph.inputs.filter((v) => v !== index), nodes: kept, outputs };
}

/** Products of stacks of matrices with transposed ones become transpositions and plain products, which all of ONNX has. */
export function plainProducts(graph: Graph): Graph {
  const nodes = graph.nodes.flatMap((node): Node[] => {
    const { transposeA, transposeB } = node.attrs;
    const stacks = node.inputs.some((v) => v.shape.length > 2);
    if (node.op !== "BatchMatMul" || !stacks || !(transposeA || transposeB)) return [node];
    const turned: Node[] = [];
    const inputs = node.inputs.map((v, i) => {
      if (!(i === 0 ? transposeA : transposeB)) return v;
      const perm = lastTwoSwapped(v.shape.map((_, axis) => axis));
      const output: Value = { name: `${v.name}^T`, dtype: v.dtype, shape: lastTwoSwapped(v.shape) };
      turned.push({ op: "Transpose", inputs: [v], attrs: { perm }, output });
      return output;
    });
    return [...turned, { ...node, inputs, attrs: { ...node.attrs, transposeA: false, transposeB: false } }];
  });
  return { ...graph, nodes };
}

function lastTwoSwapped<T>(items: readonly T[]): T[] {
  return [...items.slice(0, -2), ...items.slice(-2).reverse()];
}
