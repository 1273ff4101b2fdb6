/** Gradients as they come from a program, and rows of which several belong to one index added up. */
import type { FloatTensor } from "../core/tensor.ts";
import { float32 } from "../core/tensor.ts";
import { isSparse, type SparseRows } from "../executor/gradients.ts";

export type Gradient = FloatTensor | SparseRows;

/** Gradients by parameter name; a parameter that the loss does not depend on is absent. */
export type Gradients = Readonly<Record<string, Gradient>>;

/** The numbers that a gradient is stored in. */
export function numbersOf(gradient: Gradient): Float32Array {
  return isSparse(gradient) ? gradient.rows.data : gradient.data;
}

/**
 * Rows [R, ...] with repeated ids as rows with different ids, in the order of their first occurrence.
 * Each sum is made as `densify` makes it, so that both give the same bits.
 */
export function mergeRows({ rows, ids }: SparseRows): SparseRows {
  const width = ids.length ? rows.data.length / ids.length : 0;
  const places = new Map<number, number>();
  for (const id of ids) if (!places.has(id)) places.set(id, places.size);
  const sums = new Float32Array(places.size * width);
  const { data } = rows;
  for (let r = 0; r < ids.length; r++) {
    const to = (places.get(ids[r]!) as number) * width;
    for (let j = 0, from = r * width; j < width; j++) sums[to + j]! += data[from + j]!;
  }
  return { rows: float32(sums, [places.size, ...rows.shape.slice(1)]), ids: Int32Array.from(places.keys()) };
}
