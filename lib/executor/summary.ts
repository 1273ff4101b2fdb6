/** What a graph costs: its nodes by kernel and by kind, and the arithmetic of its matrix products, exactly, for given sizes. */
import { InputError } from "../core/errors.ts";
import type { Tensors } from "../core/tensor.ts";
import type { Dim, Graph, Node } from "./graph.ts";
import { evaluate, factors } from "./symbols.ts";

/** Sizes of a graph's symbols: `{ P: 412, T: 23 }`. */
export type Sizes = Readonly<Record<string, number>>;

/** What a node does: multiplies matrices, works number by number, adds up along axes, or only moves numbers. */
export const KINDS = ["matrix products", "number by number", "sums along axes", "moves"] as const;
export type Kind = (typeof KINDS)[number];

/** A kernel's share in a graph. */
export interface OpWork {
  /** Name of the tfjs kernel. */
  readonly op: string;
  readonly kind: Kind;
  readonly nodes: number;
  /**
   * Multiplications and additions. Of matrix products [.., m, k] x [.., k, n] exactly 2 m k n for each of the stack. Of the
   * others an estimate from below, one for each number read or written, whichever are more; none where numbers only move.
   */
  readonly operations: number;
}

const SUMS = "Sum Mean Prod Min Max ArgMax ArgMin Cumsum UnsortedSegmentSum";
const MOVES = "Reshape ExpandDims Transpose Slice Tile PadV2 Concat Pack GatherV2 OneHot Reverse Cast";
const KIND_OF: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["BatchMatMul", "matrix products"],
  ...SUMS.split(" ").map((op): [string, Kind] => [op, "sums along axes"]),
  ...MOVES.split(" ").map((op): [string, Kind] => [op, "moves"]),
]);

/** What nodes of that kernel do. */
export function kindOf(op: string): Kind {
  return KIND_OF.get(op) ?? "number by number";
}

/** How many nodes each kernel has, in order of first appearance. */
export function countNodes(graph: Graph): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { op } of graph.nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return counts;
}

/** Nodes and operations of each kernel, most operations first. Throws an InputError where a symbol has no size. */
export function graphWork(graph: Graph, sizes: Sizes = {}): OpWork[] {
  const work = new Map<string, OpWork>();
  for (const node of graph.nodes) {
    const { op } = node;
    const known = work.get(op) ?? { op, kind: kindOf(op), nodes: 0, operations: 0 };
    work.set(op, { ...known, nodes: known.nodes + 1, operations: known.operations + operationsOf(node, sizes) });
  }
  return [...work.values()].sort((a, b) => b.operations - a.operations || b.nodes - a.nodes);
}

/** Multiplications and additions of all matrix products of a graph. Throws an InputError where a symbol has no size. */
export function matmulOperations(graph: Graph, sizes: Sizes = {}): number {
  const products = graph.nodes.filter((node) => kindOf(node.op) === "matrix products");
  return products.reduce((sum, node) => sum + operationsOf(node, sizes), 0);
}

/** The sizes that symbols stand for in these inputs; `symbols` as in CompileOptions. */
export function sizesOf(symbols: Readonly<Record<string, readonly Dim[]>>, inputs: Tensors): Sizes {
  const sizes: Record<string, number> = {};
  for (const [name, axes] of Object.entries(symbols)) {
    axes.forEach((axis, i) => {
      const size = inputs[name]?.shape[i];
      if (typeof axis === "string" && size !== undefined) sizes[axis] = size;
    });
  }
  return sizes;
}

function operationsOf(node: Node, sizes: Sizes): number {
  const { op, inputs, output, attrs } = node;
  const kind = kindOf(op);
  if (kind === "moves") return 0;
  const written = numbers(output.shape, op, sizes);
  if (kind === "matrix products") {
    const inner = inputs[0]?.shape.at(attrs.transposeA ? -2 : -1) as Dim;
    return 2 * written * numbers([inner], op, sizes);
  }
  return Math.max(written, ...inputs.map((v) => numbers(v.shape, op, sizes)));
}

/** Numbers in a value of that shape. */
function numbers(shape: readonly Dim[], op: string, sizes: Sizes): number {
  const known = new Map(Object.entries(sizes));
  return shape.reduce((product: number, dim) => {
    const unknown = factors(dim).symbols.find((symbol) => !known.has(symbol));
    if (unknown !== undefined) {
      const given = Object.keys(sizes).join(", ") || "none";
      throw new InputError(`work of a graph: ${op} has the symbolic size ${unknown}; sizes are given for ${given}`);
    }
    return product * evaluate(dim, known);
  }, 1);
}
