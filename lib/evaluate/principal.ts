/** Principal components of a set of vectors, through the eigenvectors of its smaller square matrix (ml-pca). */
import { centred, rowOf, squaredLength, sumOfRows, type Vectors } from "./vectors.ts";

export interface Principal {
  /** [D] */
  readonly mean: Float64Array;
  /** Variances (n - 1) along the components, largest first: min(B, D) of them, those below rounding exactly 0. */
  readonly variances: Float64Array;
  /** The first `count` components: unit vectors [D], all zero where the variance is 0. */
  axes(count: number): Float64Array[];
}

/**
 * Principal component analysis of the centred vectors X. The eigenvectors are those of X'X / (B - 1) [D, D] or, with
 * fewer vectors than dimensions, of XX' / (B - 1) [B, B], which has the same non-zero eigenvalues and is the faster for it.
 * Signs: the entry of the largest magnitude of each component is positive, the first one of equals (scikit-learn's rule).
 */
export async function principal(vectors: Vectors): Promise<Principal> {
  const { rows, width } = vectors;
  const mean = sumOfRows(vectors).map((s) => s / rows);
  const x = centred(vectors, mean);
  const wide = rows <= width;
  const square = wide ? between(x) : covariance(x);
  const size = Math.min(rows, width);
  const trace = square.reduce((sum, row, i) => sum + row[i]!, 0);
  if (!(trace > 0)) {
    return {
      mean,
      variances: new Float64Array(size),
      axes: (n) => Array.from({ length: n }, () => new Float64Array(width)),
    };
  }
  const { PCA } = await import("ml-pca");
  const pca = new PCA(square, { isCovarianceMatrix: true });
  const values = pca.getEigenvalues();
  const least = values[0]! * Math.max(rows, width) * Number.EPSILON;
  const variances = Float64Array.from(values, (v) => (v > least ? v : 0));
  return {
    mean,
    variances,
    axes: (n) =>
      Array.from({ length: n }, (_, c) => {
        if (!variances[c]) return new Float64Array(width);
        const vector = Float64Array.from(pca.getEigenvectors().getColumn(c));
        return signed(wide ? combined(x, vector) : vector);
      }),
  };
}

/** XX' / (B - 1). */
function between(x: Vectors): number[][] {
  const out = Array.from({ length: x.rows }, () => new Array<number>(x.rows).fill(0));
  for (let i = 0; i < x.rows; i++) {
    const a = rowOf(x, i);
    for (let j = 0; j <= i; j++) {
      const b = rowOf(x, j);
      let sum = 0;
      for (let k = 0; k < x.width; k++) sum += a[k]! * b[k]!;
      out[i]![j] = out[j]![i] = sum / (x.rows - 1);
    }
  }
  return out;
}

/** X'X / (B - 1). */
function covariance(x: Vectors): number[][] {
  const d = x.width;
  const sums = new Float64Array(d * d);
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i);
    for (let j = 0; j < d; j++) {
      const value = row[j]!;
      for (let k = 0; k <= j; k++) sums[j * d + k] = sums[j * d + k]! + value * row[k]!;
    }
  }
  const at = (j: number, k: number): number => sums[Math.max(j, k) * d + Math.min(j, k)]! / (x.rows - 1);
  return Array.from({ length: d }, (_, j) => Array.from({ length: d }, (__, k) => at(j, k)));
}

/** X'u, scaled to length 1: a component from an eigenvector of XX'. */
function combined(x: Vectors, u: Float64Array): Float64Array {
  const out = new Float64Array(x.width);
  for (let i = 0; i < x.rows; i++) {
    const row = rowOf(x, i);
    for (let j = 0; j < out.length; j++) out[j] = out[j]! + u[i]! * row[j]!;
  }
  const length = Math.sqrt(squaredLength(out));
  return out.map((v) => v / length);
}

function signed(axis: Float64Array): Float64Array {
  let at = 0;
  for (let j = 1; j < axis.length; j++) if (Math.abs(axis[j]!) > Math.abs(axis[at]!)) at = j;
  return axis[at]! < 0 ? axis.map((v) => -v) : axis;
}
