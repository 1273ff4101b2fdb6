/** What a picture keeps of the vectors it shows: who is whose neighbour, and which pairs are far apart. */
import { InputError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { nearestNeighbours, squaredDistance } from "./neighbours.ts";
import { rowOf, unitRows, type Vectors, vectorsOf } from "./vectors.ts";

export interface PreservedOptions {
  /** Neighbours of each vector that are looked at, at most B - 1. Default 10. */
  neighbours?: number;
  /** Scale the vectors, not the points, to length 1 first, as `project` does. Default false. */
  unitLength?: boolean;
}

export interface Preserved {
  /**
   * Share of the k nearest others of a vector that are also among the k nearest of its point, averaged over vectors
   * (Chen and Buja 2009, "Local multidimensional scaling"). In [0, 1]; points at random keep k / (B - 1).
   */
  readonly neighbours: number;
  /** Spearman's rank correlation between the distances of all pairs of vectors and those of their points. In [-1, 1]. */
  readonly distances: number;
}

/** Compares vectors [B, D] with their points [B, 2]. Throws an InputError where sizes do not match, or B is below 3. */
export function preserved(vectors: FloatTensor, points: FloatTensor, options: PreservedOptions = {}): Preserved {
  const { neighbours = 10, unitLength = false } = options;
  const given = vectorsOf(vectors, "what a picture keeps", 3);
  const high = unitLength ? unitRows(given) : given;
  const low = vectorsOf(points, "what a picture keeps", 3);
  if (high.rows !== low.rows)
    throw new InputError(`what a picture keeps: got ${low.rows} points for ${high.rows} vectors; wanted one for each`);
  return { neighbours: sharedNeighbours(high, low, neighbours), distances: spearman(distances(high), distances(low)) };
}

function sharedNeighbours(high: Vectors, low: Vectors, k: number): number {
  const [a, b] = [nearestNeighbours(high, k).indices, nearestNeighbours(low, k).indices];
  let shared = 0;
  for (let i = 0; i < high.rows; i++) {
    const near = new Set(a.subarray(i * k, (i + 1) * k));
    for (const j of b.subarray(i * k, (i + 1) * k)) if (near.has(j)) shared++;
  }
  return shared / (high.rows * k);
}

/** Squared, of all pairs: ranks are the same. */
function distances(x: Vectors): Float64Array {
  const out = new Float64Array((x.rows * (x.rows - 1)) / 2);
  let at = 0;
  for (let i = 0; i < x.rows; i++) for (let j = 0; j < i; j++) out[at++] = squaredDistance(rowOf(x, i), rowOf(x, j));
  return out;
}

/** Pearson's correlation of the ranks, equal values sharing the mean of theirs; NaN where all values are equal. */
function spearman(a: Float64Array, b: Float64Array): number {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  let [xy, xx, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - mean, y[i]! - mean];
    xy += dx * dy;
    xx += dx * dx;
    yy += dy * dy;
  }
  return xy / Math.sqrt(xx * yy);
}

function ranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const out = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to + 1 < order.length && values[order[to + 1]!] === values[order[from]!]) to++;
    for (let k = from; k <= to; k++) out[order[k]!] = (from + to) / 2;
    from = to + 1;
  }
  return out;
}
