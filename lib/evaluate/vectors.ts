/** Sentence vectors [B, D] in double precision, checked, for the measures and pictures of a whole set of them. */
import { count, InputError } from "../core/errors.ts";
import { describeTensor, type FloatTensor } from "../core/tensor.ts";

/** B rows of D numbers, one row after the other. */
export interface Vectors {
  readonly rows: number;
  readonly width: number;
  readonly data: Float64Array;
}

/** Checks a tensor to be [B, D] with B at least `least`, D at least 2, and finite. `purpose` opens the messages. */
export function vectorsOf(tensor: FloatTensor, purpose: string, least: number): Vectors {
  const [rows, width] = tensor.shape;
  if (tensor.shape.length !== 2 || rows === undefined || width === undefined || width < 2)
    throw new InputError(`${purpose}: got ${describeTensor(tensor)}; wanted vectors [B, D], D at least 2`);
  if (rows < least) throw new InputError(`${purpose}: got ${count(rows, "vector")}; wanted at least ${least}`);
  const wrong = tensor.data.findIndex((x) => !Number.isFinite(x));
  if (wrong >= 0)
    throw new InputError(`${purpose}: vector ${Math.floor(wrong / width)} holds ${tensor.data[wrong]}, not a number`);
  return { rows, width, data: Float64Array.from(tensor.data) };
}

/** Row `i`, without a copy. */
export function rowOf({ data, width }: Vectors, i: number): Float64Array {
  return data.subarray(i * width, (i + 1) * width);
}

/** x / |x| for every row; a zero vector stays zero. */
export function unitRows(vectors: Vectors): Vectors {
  const data = vectors.data.slice();
  const out = { ...vectors, data };
  for (let i = 0; i < vectors.rows; i++) {
    const row = rowOf(out, i);
    const length = Math.sqrt(squaredLength(row));
    if (length > 0) for (let j = 0; j < row.length; j++) row[j] = row[j]! / length;
  }
  return out;
}

export function squaredLength(x: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += x[j]! * x[j]!;
  return sum;
}

/** Sum of the rows, or of those whose numbers are in `which`. */
export function sumOfRows(vectors: Vectors, which?: readonly number[]): Float64Array {
  const sum = new Float64Array(vectors.width);
  const add = (i: number): void => {
    const row = rowOf(vectors, i);
    for (let j = 0; j < row.length; j++) sum[j] = sum[j]! + row[j]!;
  };
  if (which) which.forEach(add);
  else for (let i = 0; i < vectors.rows; i++) add(i);
  return sum;
}

/** The rows less `mean`. */
export function centred(vectors: Vectors, mean: Float64Array): Vectors {
  return { ...vectors, data: vectors.data.map((x, i) => x - mean[i % vectors.width]!) };
}
