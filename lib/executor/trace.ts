/** From a tfjs function to a graph: one trace for fixed sizes, two that must agree for symbolic ones. */
import type { DType } from "../core/tensor.ts";
import { type RawTrace, type RawValue, record } from "./backend.ts";
import type { Attr, Constant, Dim, Graph, Node, Value } from "./graph.ts";
import type { RawAttrs } from "./shapes.ts";
import { chooseMarkers, type Markers, mergeSizes } from "./symbols.ts";
import type { GraphFunction } from "./types.ts";

/** Shape, with symbols, and dtype of an input. */
export interface Spec {
  readonly shape: readonly Dim[];
  readonly dtype: DType;
}

/**
 * Traces `fn` on stand-ins for its inputs; nothing is computed. Throws when the function reads a value, uses a kernel
 * without a rule, returns something else than tensors, or does something that depends on the size of a symbol.
 */
export function trace(fn: GraphFunction, specs: Readonly<Record<string, Spec>>): Graph {
  const symbols = [
    ...new Set(Object.values(specs).flatMap((s) => s.shape.filter((d): d is string => typeof d === "string"))),
  ].sort();
  const fixed = Object.values(specs).flatMap((s) => s.shape.filter((d): d is number => typeof d === "number"));
  const [one, two] = chooseMarkers(symbols, fixed);
  const a = record(fn, concrete(specs, one));
  return merge(a, symbols.length ? record(fn, concrete(specs, two)) : a, one, two);
}

function concrete(specs: Readonly<Record<string, Spec>>, markers: Markers) {
  return new Map(
    Object.entries(specs).map(([name, { shape, dtype }]) => [
      name,
      { dtype, shape: shape.map((d) => (typeof d === "number" ? d : (markers.get(d) as number))) },
    ]),
  );
}

/** Walks both traces side by side; where they differ, the difference must be a product of symbols. */
function merge(a: RawTrace, b: RawTrace, markersA: Markers, markersB: Markers): Graph {
  const size = (x: number, y: number, where: () => string): Dim => {
    const dim = mergeSizes(x, y, markersA, markersB);
    if (dim !== undefined) return dim;
    const sizes = [...markersA].map(([s, p]) => `${s}=${p}`).join(", ");
    throw new Error(
      `compile: ${where()} has ${x} for ${sizes}, which is no product of a number and symbolic sizes; ` +
        "what depends on a size otherwise must be an input",
    );
  };
  const values = new Map<RawValue, Value>();
  let count = 0;
  const value = (x: RawValue, y: RawValue, where: string): Value => {
    const known = values.get(x);
    if (known) return known;
    const shape = x.shape.map((d, i) => size(d, y.shape[i] as number, () => `the shape of ${where}`));
    const constant = x.constant && mergeConstant(x.constant, y.constant, where, size);
    const merged: Value = { name: x.input ?? `t${count++}`, dtype: x.dtype, shape, ...(constant && { constant }) };
    values.set(x, merged);
    return merged;
  };

  const inputs = [...a.inputs].map(([name, x]) => value(x, b.inputs.get(name) as RawValue, `input '${name}'`));
  if (a.nodes.length !== b.nodes.length) throw new Error(differs(`${a.nodes.length} and ${b.nodes.length} operations`));
  const nodes = a.nodes.map((n, i): Node => {
    const m = b.nodes[i] as typeof n;
    const where = `operation ${i + 1} of ${a.nodes.length}, ${n.op}`;
    if (n.op !== m.op || n.inputs.length !== m.inputs.length) throw new Error(differs(`${n.op} and ${m.op}`));
    const operands = n.inputs.map((x, j) => value(x, m.inputs[j] as RawValue, `${where}, operand ${j + 1}`));
    return {
      op: n.op,
      inputs: operands,
      attrs: attributes(n.attrs, m.attrs, where, size),
      output: value(n.output, m.output, where),
    };
  });
  const outputs = Object.fromEntries(
    [...a.outputs].map(([name, x]) => [name, value(x, b.outputs.get(name) as RawValue, `output '${name}'`)]),
  );
  return { inputs, nodes, outputs };
}

type MergeSize = (x: number, y: number, where: () => string) => Dim;

function mergeConstant(a: Constant, b: Constant | undefined, where: string, size: MergeSize): Constant {
  if (a.kind === "uniform" && b?.kind === "uniform") {
    if (Object.is(a.value, b.value)) return a;
    const dim = size(a.value, b.value, () => `a number in ${where}`);
    return { kind: "size", dim: dim as string };
  }
  if (a.kind === "array" && b?.kind === "array" && a.data.length === b.data.length) {
    const other = b.data;
    if (a.data.every((v, i) => Object.is(v, other[i]))) return a;
  }
  throw new Error(differs(`constants in ${where}`));
}

function attributes(a: RawAttrs, b: RawAttrs, where: string, size: MergeSize): Readonly<Record<string, Attr>> {
  const walk = (x: unknown, y: unknown, name: string): Attr => {
    if (Array.isArray(x) && Array.isArray(y)) return x.map((v, i) => walk(v, y[i], name));
    if (typeof x === "number" && typeof y === "number") return size(x, y, () => `${name} of ${where}`);
    return x as Attr;
  };
  return Object.fromEntries(Object.entries(a).map(([name, x]) => [name, walk(x, b[name], name)]));
}

function differs(what: string): string {
  return `compile: the function does different work for different symbolic sizes (${what}); let it not branch on a size`;
}
