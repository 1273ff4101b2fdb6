/** The nearest neighbours of every vector of a set: exact, by comparing all pairs. */
import { InputError } from "../core/errors.ts";
import { rowOf, type Vectors } from "./vectors.ts";

/** For each of B vectors its k nearest others, nearest first. */
export interface Neighbours {
  readonly k: number;
  /** [B, k] */
  readonly indices: Int32Array;
  /** Euclidean distances [B, k]. */
  readonly distances: Float64Array;
}

/**
 * The k nearest others of each vector by Euclidean distance; of equally near ones the first. Takes B^2 * D / 2
 * multiplications. For cosine give it vectors of length 1: |u - v|^2 = 2 - 2 cos(u, v), the same order.
 */
export function nearestNeighbours(vectors: Vectors, k: number): Neighbours {
  const { rows } = vectors;
  if (!(Number.isInteger(k) && k >= 1 && k < rows))
    throw new InputError(`nearest neighbours: ${k} of ${rows} vectors; wanted a whole number from 1 to ${rows - 1}`);
  const indices = new Int32Array(rows * k).fill(-1);
  const distances = new Float64Array(rows * k).fill(Number.POSITIVE_INFINITY);
  // Others come in rising order for every vector, so that an equally near one stays behind the earlier.
  const offer = (i: number, other: number, distance: number): void => {
    const first = i * k;
    let at = first + k - 1;
    if (!(distance < distances[at]!)) return;
    for (; at > first && distance < distances[at - 1]!; at--) {
      distances[at] = distances[at - 1]!;
      indices[at] = indices[at - 1]!;
    }
    distances[at] = distance;
    indices[at] = other;
  };
  for (let i = 0; i < rows; i++) {
    const a = rowOf(vectors, i);
    for (let j = i + 1; j < rows; j++) {
      const squared = squaredDistance(a, rowOf(vectors, j));
      offer(i, j, squared);
      offer(j, i, squared);
    }
  }
  return { k, indices, distances: distances.map(Math.sqrt) };
}

/** |a - b|^2, from the differences themselves, which keeps the digits of close vectors. */
export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) {
    const difference = a[j]! - b[j]!;
    sum += difference * difference;
  }
  return sum;
}
