/** What is seen of a traced function without running it: what simplifying removes, and where a step's arithmetic is. */

import { lower, splitSparse } from "../executor/lower.ts";
import { simplify } from "../executor/simplify.ts";
import { countNodes, graphWork, KINDS, matmulOperations, type Sizes, sizesOf } from "../executor/summary.ts";
import { trace } from "../executor/trace.ts";
import { bars } from "../plots/bars.ts";
import type { Figure } from "../plots/figure.ts";
import type { Row } from "../results/table.ts";
import type { Traceable } from "./graphs.ts";

/** Nodes of each function as traced, after simplifying, and in the ONNX file: one row a function. */
export function stageCounts(functions: Readonly<Record<string, Traceable>>): Row[] {
  return Object.entries(functions).map(([name, { fn, specs, options }]): Row => {
    const traced = trace(fn, specs);
    const simplified = simplify(traced);
    const { nodes, bytes } = lower(splitSparse(simplified, options.sparse ?? []));
    return {
      ...{ function: name, traced: traced.nodes.length, simplified: simplified.nodes.length },
      ...{ ONNX: nodes, "ONNX file (kB)": Math.round(bytes.length / 1000) },
    };
  });
}

/** Kernels of which simplifying removes nodes, the most removed first: how many there were, and how many are left. */
export function removedNodes({ fn, specs }: Traceable): Row[] {
  const traced = trace(fn, specs);
  const [before, after] = [countNodes(traced), countNodes(simplify(traced))];
  const rows = [...before].map(([op, nodes]) => ({ op, traced: nodes, simplified: after.get(op) ?? 0 }));
  return rows
    .map((row) => ({ ...row, removed: row.traced - row.simplified }))
    .filter((row) => row.removed > 0)
    .sort((a, b) => b.removed - a.removed);
}

/** Nodes and multiply-adds of a function by what they do, for its inputs number `i`, and the shares of both. */
export function stepWork(source: Traceable, i = 0): Row[] {
  const { work, sizes } = workOf(source, i);
  const nodes = work.reduce((sum, w) => sum + w.nodes, 0);
  const operations = work.reduce((sum, w) => sum + w.operations, 0);
  const rows = KINDS.map((kind): Row => {
    const own = work.filter((w) => w.kind === kind);
    const [n, ops] = [own.reduce((sum, w) => sum + w.nodes, 0), own.reduce((sum, w) => sum + w.operations, 0)];
    return {
      ...{ kind, nodes: n, "nodes (%)": percent(n / nodes) },
      ...{ "operations (millions)": millions(ops), "operations (%)": percent(ops / operations) },
    };
  });
  const of = Object.entries(sizes).map(([name, size]) => `${name} ${size}`);
  const all = { nodes, "nodes (%)": 100, "operations (millions)": millions(operations), "operations (%)": 100 };
  return [...rows, { kind: `all, for ${of.join(", ")}`, ...all }];
}

/** The shares of `stepWork` as bars. */
export function workBars(source: Traceable, { i = 0, title }: { i?: number; title?: string } = {}): Figure {
  const { work } = workOf(source, i);
  const share = (kind: string, field: "nodes" | "operations"): number =>
    work.reduce((sum, w) => sum + (w.kind === kind ? w[field] : 0), 0) / work.reduce((sum, w) => sum + w[field], 0);
  const items = KINDS.flatMap((kind) =>
    (["nodes", "operations"] as const).map((name) => ({ group: kind, name, mean: share(kind, name) })),
  );
  return bars(items, { y: "share (%)", ...(title !== undefined && { title }) });
}

/** Multiplications and additions of a function's matrix products, for its inputs number `i`: exact. */
export function matmulsOf(source: Traceable, i = 0): number {
  return matmulOperations(simplify(trace(source.fn, source.specs)), sizesOf(source.options.symbols, source.inputs(i)));
}

function workOf({ fn, specs, options, inputs }: Traceable, i: number) {
  const sizes: Sizes = sizesOf(options.symbols, inputs(i));
  return { sizes, work: graphWork(simplify(trace(fn, specs)), sizes) };
}

function percent(share: number): number {
  return Number((100 * share).toFixed(1));
}

function millions(operations: number): number {
  return Number((operations / 1e6).toFixed(1));
}
