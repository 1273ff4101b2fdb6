/** Several operations as one that onnxruntime has a kernel for: fewer passes over memory, the same numbers but for rounding. */
import type { Graph, Node, Value } from "./graph.ts";
import { alive, sameShape } from "./simplify.ts";
import { CPU, type Target } from "./targets.ts";

/** What a rule sees of the graph around a node. */
interface Around {
  /** The node that computes a value; undefined for inputs and constants. */
  from(v: Value | undefined): Node | undefined;
  /** The nodes that read a value; an output of the graph counts as a reader that is none. */
  readers(v: Value): readonly (Node | undefined)[];
}

/** Nodes that take the place of others, with the same outputs. */
type Replaced = readonly (readonly [Node, Node])[];
type Rule = (node: Node, around: Around) => Replaced | undefined;

const RULES: readonly Rule[] = [normalised, layerNorm, gelu];
const PRODUCT_RULES: readonly Rule[] = [scaledOperand, scaledProduct];

/** Applies every rule once, in order, to the whole graph; those for scaled products where the target has such kernels. */
export function fuse(graph: Graph, { fusedProducts }: Pick<Target, "fusedProducts"> = CPU): Graph {
  return [...RULES, ...(fusedProducts ? PRODUCT_RULES : [])].reduce(apply, graph);
}

function apply(graph: Graph, rule: Rule): Graph {
  const producers = new Map<Value, Node>(graph.nodes.map((n) => [n.output, n]));
  const readers = new Map<Value, (Node | undefined)[]>();
  const reads = (v: Value, node?: Node): unknown => readers.set(v, [...(readers.get(v) ?? []), node]);
  for (const node of graph.nodes) for (const v of node.inputs) reads(v, node);
  for (const v of Object.values(graph.outputs)) reads(v);
  const around: Around = { from: (v) => v && producers.get(v), readers: (v) => readers.get(v) ?? [] };
  const replaced = new Map(graph.nodes.flatMap((node) => rule(node, around) ?? []));
  if (!replaced.size) return graph;
  const nodes = graph.nodes.map((n) => replaced.get(n) ?? n);
  return { ...graph, nodes: alive(nodes, Object.values(graph.outputs)) };
}

/** (x - mean) / sqrt(variance + epsilon) over the last axis, and 1 / sqrt(variance + epsilon) where that is read too. */
function normalised(node: Node, { from }: Around): Replaced | undefined {
  if (node.op !== "Multiply") return undefined;
  const [centred, scale] = node.inputs.map(from);
  const x = centredOf(centred, from);
  if (!x || scale?.op !== "Rsqrt") return undefined;
  const sum = from(scale.inputs[0]);
  const epsilon = uniform(sum?.inputs[1]);
  const variance = from(sum?.inputs[0]);
  const square = meanOf(variance, from);
  if (sum?.op !== "Add" || epsilon === undefined || square?.op !== "Square" || from(square.inputs[0]) !== centred)
    return undefined;
  const made = (op: string, output: Value): Node => ({ op, inputs: [x], attrs: { epsilon }, output });
  return [
    [node, made("Normalised", node.output)],
    [scale, made("InverseDeviation", scale.output)],
  ];
}

/** x, of the node that computes x - mean(x). */
function centredOf(node: Node | undefined, from: Around["from"]): Value | undefined {
  const [x, mean] = node?.inputs ?? [];
  const of = from(mean);
  return node?.op === "Sub" && x && isLastMean(of) && of.inputs[0] === x ? x : undefined;
}

/** The node whose mean over the last axis this one is. */
function meanOf(node: Node | undefined, from: Around["from"]): Node | undefined {
  return isLastMean(node) ? from(node.inputs[0]) : undefined;
}

function isLastMean(node: Node | undefined): node is Node {
  if (node?.op !== "Mean" || !node.attrs.keepDims) return false;
  const rank = (node.inputs[0] as Value).shape.length;
  const axes = [node.attrs.axis].flat();
  return axes.length === 1 && (axes[0] === -1 || axes[0] === rank - 1);
}

/** g h + b of a normalised h that nothing else reads, as in a forward pass. */
function layerNorm(node: Node, { from, readers }: Around): Replaced | undefined {
  const [scaled, b] = node.inputs;
  const product = from(scaled);
  const [h, g] = product?.inputs ?? [];
  const inner = from(h);
  if (node.op !== "Add" || product?.op !== "Multiply" || inner?.op !== "Normalised") return undefined;
  if (!b || !g || b.shape.length !== 1 || g.shape.length !== 1) return undefined;
  if (readers(product.output).length > 1 || readers(inner.output).length > 1) return undefined;
  if (!sameShape(node.output.shape, inner.output.shape)) return undefined; // g or b widens x
  return [
    [node, { op: "LayerNorm", inputs: [inner.inputs[0] as Value, g, b], attrs: inner.attrs, output: node.output }],
  ];
}

/** x (erf(x / sqrt 2) / 2 + 1/2) where nothing else reads the parts, as in a forward pass. */
function gelu(node: Node, { from, readers }: Around): Replaced | undefined {
  const [x, share] = node.inputs;
  const sum = from(share);
  const half = from(sum?.inputs[0]);
  const erf = from(half?.inputs[0]);
  const inner = from(erf?.inputs[0]);
  const ops = [node, sum, half, erf, inner].map((n) => n?.op);
  if (`${ops}` !== "Multiply,Add,Multiply,Erf,Multiply" || inner?.inputs[0] !== x) return undefined;
  const constants = [inner, half, sum].map((n) => uniform(n?.inputs[1]));
  if (`${constants.map((c) => c?.toFixed(6))}` !== `${Math.SQRT1_2.toFixed(6)},0.500000,0.500000`) return undefined;
  if ([sum, half, erf, inner].some((n) => readers((n as Node).output).length > 1)) return undefined;
  return [[node, { op: "Gelu", inputs: [x as Value], attrs: {}, output: node.output }]];
}

/** Products of stacks with c x, which all readers are: c x becomes x, and the products get the factor c. */
function scaledOperand(node: Node, { from, readers }: Around): Replaced | undefined {
  if (!isStackProduct(node)) return undefined;
  let factor = 1;
  const inputs = node.inputs.map((v) => {
    const scaling = from(v);
    const c = scaling?.op === "Multiply" ? uniform(scaling.inputs[1]) : undefined;
    if (c === undefined || !readers(v).every((n) => n && isStackProduct(n))) return v;
    factor *= c;
    return (scaling as Node).inputs[0] as Value;
  });
  return factor === 1
    ? undefined
    : [[node, { ...node, inputs, attrs: { ...node.attrs, alpha: alphaOf(node) * factor } }]];
}

/** c times a product of stacks that nothing else reads. */
function scaledProduct(node: Node, { from, readers }: Around): Replaced | undefined {
  const product = from(node.inputs[0]);
  const c = node.op === "Multiply" ? uniform(node.inputs[1]) : undefined;
  if (c === undefined || !product || !isStackProduct(product) || readers(product.output).length > 1) return undefined;
  return [[node, { ...product, attrs: { ...product.attrs, alpha: alphaOf(product) * c }, output: node.output }]];
}

function isStackProduct(node: Node): boolean {
  return node.op === "BatchMatMul" && node.output.shape.length > 2 && node.output.dtype === "float32";
}

function alphaOf(node: Node): number {
  return (node.attrs.alpha as number | undefined) ?? 1;
}

/** The number of a constant scalar; a constant with a shape may widen what it meets. */
function uniform(v: Value | undefined): number | undefined {
  return v?.constant?.kind === "uniform" && !v.shape.length ? v.constant.value : undefined;
}
