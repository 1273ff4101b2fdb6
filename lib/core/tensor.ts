/** Tensors outside any library: typed array, shape and dtype, as they cross from one part of the kit to another. */

export type DType = "float32" | "int32" | "bool";

/** Numbers on the host. `bool` holds 0 and 1 in bytes. */
export type HostTensor =
  | { readonly dtype: "float32"; readonly shape: readonly number[]; readonly data: Float32Array }
  | { readonly dtype: "int32"; readonly shape: readonly number[]; readonly data: Int32Array }
  | { readonly dtype: "bool"; readonly shape: readonly number[]; readonly data: Uint8Array };

/** A float32 host tensor: parameters, embeddings, gradients. */
export type FloatTensor = Extract<HostTensor, { dtype: "float32" }>;

/** Tensors by name: parameters as in the published checkpoint, a batch's inputs, a program's outputs. */
export type Tensors = Readonly<Record<string, HostTensor>>;

/** Parameters by their checkpoint name. */
export type Params = Readonly<Record<string, FloatTensor>>;

/** Number of elements of a shape; 1 for a scalar's []. */
export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

export function float32(data: Float32Array | readonly number[], shape: readonly number[]): FloatTensor {
  const array = data instanceof Float32Array ? data : Float32Array.from(data);
  return { dtype: "float32", shape, data: checked(array, shape) };
}

export function int32(
  data: Int32Array | readonly number[],
  shape: readonly number[],
): Extract<HostTensor, { dtype: "int32" }> {
  const array = data instanceof Int32Array ? data : Int32Array.from(data);
  return { dtype: "int32", shape, data: checked(array, shape) };
}

/** `float32[2,3]`, for messages. */
export function describeTensor(t: { readonly dtype: string; readonly shape: readonly (number | string)[] }): string {
  return `${t.dtype}[${t.shape.join(",")}]`;
}

function checked<T extends { length: number }>(data: T, shape: readonly number[]): T {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`a tensor of shape [${shape.join(",")}] needs ${sizeOf(shape)} numbers, got ${data.length}`);
  }
  return data;
}

/** The given rows along the first axis. */
export function takeRows({ data, shape }: FloatTensor, rows: readonly number[]): FloatTensor {
  const [count, ...rest] = shape as [number, ...number[]];
  const width = data.length / count;
  const out = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) out.set(data.subarray(row * width, (row + 1) * width), i * width);
  return float32(out, [rows.length, ...rest]);
}
