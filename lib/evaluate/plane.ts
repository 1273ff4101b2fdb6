/** The plane of the first two principal components: made from one set of vectors, laid under any other. */
import { InputError } from "../core/errors.ts";
import { type FloatTensor, float32 } from "../core/tensor.ts";
import { principal } from "./principal.ts";
import { rowOf, unitRows, vectorsOf } from "./vectors.ts";

/** Plain numbers, so that it can be kept beside a figure. */
export interface PrincipalPlane {
  /** [D] */
  readonly mean: readonly number[];
  /** Two unit vectors [D] at right angles; zero where the vectors have no such spread. */
  readonly axes: readonly [readonly number[], readonly number[]];
  /** Shares of the variance of the vectors it was made from, in [0, 1]. */
  readonly explained: readonly [number, number];
  /** Whether vectors are scaled to length 1 before they are laid on it. */
  readonly unitLength: boolean;
}

export interface PlaneOptions {
  /** Scale vectors to length 1 first, so that only their angles count. Default false. */
  unitLength?: boolean;
}

/**
 * The first two principal components of vectors [B, D], B at least 3. Each axis points so that its entry of the largest
 * magnitude is positive: the same vectors give the same picture, not its mirror image, everywhere.
 */
export async function principalPlane(vectors: FloatTensor, options: PlaneOptions = {}): Promise<PrincipalPlane> {
  const { unitLength = false } = options;
  const given = vectorsOf(vectors, "pca", 3);
  const { mean, variances, axes } = await principal(unitLength ? unitRows(given) : given);
  const [first, second] = axes(2) as [Float64Array, Float64Array];
  const total = variances.reduce((a, b) => a + b, 0);
  const share = (i: number): number => (total > 0 ? variances[i]! / total : 0);
  return { mean: [...mean], axes: [[...first], [...second]], explained: [share(0), share(1)], unitLength };
}

/** Lays vectors [B, D] on a plane made from the same or from other ones: (x - mean) . axis, as points [B, 2]. */
export function ontoPlane(plane: PrincipalPlane, vectors: FloatTensor): FloatTensor {
  const given = vectorsOf(vectors, "pca", 1);
  if (given.width !== plane.mean.length)
    throw new InputError(`pca: vectors of ${given.width} numbers on a plane of ${plane.mean.length}; wanted the same`);
  const x = plane.unitLength ? unitRows(given) : given;
  const points = new Float32Array(2 * x.rows);
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i);
    plane.axes.forEach((axis, a) => {
      points[2 * i + a] = row.reduce((sum, v, j) => sum + (v - plane.mean[j]!) * axis[j]!, 0);
    });
  }
  return float32(points, [x.rows, 2]);
}
