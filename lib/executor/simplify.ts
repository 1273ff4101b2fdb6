/** Makes a traced graph smaller without changing what it computes: rewrites, then equal nodes merged, dead ones dropped. */
import { describeTensor } from "../core/tensor.ts";
import { type Constant, type Dim, exactText, type Graph, type Node, type Value } from "./graph.ts";

/** Returns a value that may stand for the node's output, or undefined when the rule does not apply. */
type Rule = (node: Node, producer: (v: Value) => Node | undefined) => Value | Node | undefined;

const RULES: readonly Rule[] = [dropNoOp, mergeReshapes, mergeTransposes, dropNeutral, shrinkOperands, shrinkChoice];

/** Applies all rules until nothing changes. */
export function simplify(graph: Graph): Graph {
  let now = graph;
  for (let pass = 0; pass < 8; pass++) {
    const next = onePass(now);
    const same = next.nodes.length === now.nodes.length && next.nodes.every((n, i) => n === now.nodes[i]);
    now = next;
    if (same) break;
  }
  return now;
}

function onePass(graph: Graph): Graph {
  const replaced = new Map<Value, Value>();
  const producers = new Map<Value, Node>();
  const seen = new Map<string, Value>();
  const ids = new Map<Value, number>();
  const final = (v: Value): Value => {
    const r = replaced.get(v);
    return r ? final(r) : v;
  };
  const idOf = (v: Value): string => {
    const c = v.constant;
    if (c && c.kind !== "array") return `${exactText(c)}${describeTensor(v)}`;
    if (!ids.has(v)) ids.set(v, ids.size);
    return `#${ids.get(v)}`;
  };
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const inputs = original.inputs.map(final);
    let node: Node = inputs.every((v, i) => v === original.inputs[i]) ? original : { ...original, inputs };
    let value: Value | undefined;
    for (const rule of RULES) {
      const result = rule(node, (v) => producers.get(v));
      if (!result) continue;
      if ("op" in result) node = result;
      else {
        value = result;
        break;
      }
    }
    const key = `${node.op}(${node.inputs.map(idOf)})${exactText(node.attrs)}${describeTensor(node.output)}`;
    value ??= seen.get(key);
    if (value) {
      replaced.set(original.output, value);
      continue;
    }
    seen.set(key, node.output);
    producers.set(node.output, node);
    nodes.push(node);
  }
  const outputs = Object.fromEntries(Object.entries(graph.outputs).map(([k, v]) => [k, final(v)]));
  return { inputs: graph.inputs, nodes: alive(nodes, Object.values(outputs)), outputs };
}

/** The nodes that some output needs, in order. */
export function alive(nodes: readonly Node[], outputs: readonly Value[]): Node[] {
  const needed = new Set(outputs);
  const kept: Node[] = [];
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = nodes[i] as Node;
    if (!needed.has(node.output)) continue;
    for (const v of node.inputs) needed.add(v);
    kept.push(node);
  }
  return kept.reverse();
}

export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}

/** Casts to the own dtype, reshapes to the own shape, transpositions that move nothing, slices and tiles of all. */
function dropNoOp(node: Node): Value | undefined {
  const [x] = node.inputs;
  if (!x) return undefined;
  switch (node.op) {
    case "Cast":
      return x.dtype === node.output.dtype ? x : undefined;
    case "Reshape":
    case "ExpandDims":
    case "Slice":
    case "Tile":
    case "PadV2":
      return sameShape(x.shape, node.output.shape) ? x : undefined;
    case "Transpose":
      return (node.attrs.perm as number[]).every((p, i) => p === i) ? x : undefined;
    case "Concat":
      return node.inputs.length === 1 ? x : undefined;
    default:
      return undefined;
  }
}

function mergeReshapes(node: Node, producer: (v: Value) => Node | undefined): Node | undefined {
  if (node.op !== "Reshape" && node.op !== "ExpandDims") return undefined;
  const before = producer(node.inputs[0] as Value);
  const source = before && (before.op === "Reshape" || before.op === "ExpandDims") ? before.inputs : node.inputs;
  if (source === node.inputs && node.op === "Reshape" && !Object.keys(node.attrs).length) return undefined;
  return { op: "Reshape", inputs: source, attrs: {}, output: node.output };
}

function mergeTransposes(node: Node, producer: (v: Value) => Node | undefined): Node | undefined {
  if (node.op !== "Transpose") return undefined;
  const before = producer(node.inputs[0] as Value);
  if (before?.op !== "Transpose") return undefined;
  const first = before.attrs.perm as number[];
  const perm = (node.attrs.perm as number[]).map((p) => first[p] as number);
  return { ...node, inputs: before.inputs, attrs: { perm } };
}

function isUniform(v: Value, value: number): boolean {
  return v.constant?.kind === "uniform" && v.constant.value === value;
}

/** x * 1, x / 1, x + 0, x - 0 where the constant does not widen x. */
function dropNeutral(node: Node): Value | undefined {
  const [a, b] = node.inputs;
  if (!a || !b) return undefined;
  const keeps = (v: Value): Value | undefined =>
    sameShape(v.shape, node.output.shape) && v.dtype === node.output.dtype ? v : undefined;
  if (node.op === "Multiply") return isUniform(b, 1) ? keeps(a) : isUniform(a, 1) ? keeps(b) : undefined;
  if (node.op === "Add") return isUniform(b, 0) ? keeps(a) : isUniform(a, 0) ? keeps(b) : undefined;
  if (node.op === "RealDiv") return isUniform(b, 1) ? keeps(a) : undefined;
  if (node.op === "Sub") return isUniform(b, 0) ? keeps(a) : undefined;
  return undefined;
}

const ELEMENTWISE = new Set(
  "Add Sub Multiply RealDiv Maximum Minimum Pow SquaredDifference Equal NotEqual Greater GreaterEqual Less LessEqual".split(
    " ",
  ),
);

/**
 * Operands that were only widened to the result's shape are taken as they were: a uniform array becomes a scalar, and
 * x * ones(shape), which is how tfjs spreads the gradient of a sum, becomes x where the other operand has that shape.
 */
function shrinkOperands(node: Node, producer: (v: Value) => Node | undefined): Node | undefined {
  if (!ELEMENTWISE.has(node.op) || node.inputs.length !== 2) return undefined;
  const inputs = node.inputs.map((v, i) => {
    const other = node.inputs[1 - i] as Value;
    const small = narrow(v, producer(v));
    return small && widensTo(small.shape, other.shape, node.output.shape) ? small : v;
  });
  // Only one side may shrink at a time: each was checked against the other one as it stood.
  const [a, b] = inputs as [Value, Value];
  if (a !== node.inputs[0]) return { ...node, inputs: [a, node.inputs[1] as Value] };
  return b !== node.inputs[1] ? { ...node, inputs: [node.inputs[0] as Value, b] } : undefined;
}

/** The same for a choice: tfjs repeats a condition, or a number to choose, for every element. */
function shrinkChoice(node: Node, producer: (v: Value) => Node | undefined): Node | undefined {
  if (node.op !== "Select") return undefined;
  for (const [i, v] of node.inputs.entries()) {
    const small = narrow(v, producer(v));
    // One operand at a time: the others, as they stand, must have the result's shape.
    const others = node.inputs.filter((_, j) => j !== i);
    if (small && others.some((o) => widensTo(small.shape, o.shape, node.output.shape)))
      return { ...node, inputs: node.inputs.map((o, j) => (j === i ? small : o)) };
  }
  return undefined;
}

/** The value that `v` is a widened copy of. */
function narrow(v: Value, producer: Node | undefined): Value | undefined {
  const c = v.constant;
  if (c && c.kind !== "array" && v.shape.length) return scalar(v, c);
  const source = producer?.op === "Tile" ? (producer.inputs[0] as Value) : undefined;
  if (source && widensTo(source.shape, v.shape, v.shape)) return source;
  if (producer?.op !== "Multiply") return undefined;
  const [a, b] = producer.inputs as [Value, Value];
  return isUniform(b, 1) ? a : isUniform(a, 1) ? b : undefined;
}

function scalar(v: Value, constant: Constant): Value {
  return { name: `${v.name}s`, dtype: v.dtype, shape: [], constant };
}

/** Whether a and b, broadcast, have exactly the wanted shape. */
function widensTo(a: readonly Dim[], b: readonly Dim[], wanted: readonly Dim[]): boolean {
  return wanted.every((d, i) => {
    const x = a[a.length - wanted.length + i] ?? 1;
    const y = b[b.length - wanted.length + i] ?? 1;
    return x === 1 ? y === d : x === d && (y === 1 || y === d);
  });
}
