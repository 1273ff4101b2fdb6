/** Rows of the kernels that move, pick, repeat and gather up elements. */
import { cast, type Emitter, type Row } from "./emitter.ts";
import type { Dim, Value } from "./graph.ts";
import { ELEMENT } from "./onnx.ts";
import { axesOf } from "./shapes.ts";
import { sameShape } from "./simplify.ts";

export const reshape: Row = (e, { output }, [x]) => {
  // A 0 means "as before" to ONNX, unless told otherwise.
  if (output.shape.includes(0)) return e.add("Reshape", [x as string, e.shape(output.shape)], { allowzero: 1 });
  return e.add("Reshape", [x as string, e.reshapeTarget(output.shape)]);
};

export const slice: Row = (e, { inputs, attrs }, [x]) => {
  const begin = attrs.begin as Dim[];
  const size = attrs.size as Dim[];
  // Axes taken whole are left out: their end may be a symbol.
  const axes = begin.map((_, i) => i).filter((i) => begin[i] !== 0 || size[i] !== (inputs[0] as Value).shape[i]);
  if (!axes.length) return x as string;
  const ends = axes.map((i): Dim => {
    const [b, s] = [begin[i] as Dim, size[i] as Dim];
    if (typeof b === "number" && typeof s === "number") return b + s;
    if (b === 0) return s;
    throw new Error(`lower: Slice from ${b} of size ${s}: the end is a sum with a symbolic size`);
  });
  const begins = axes.map((i) => begin[i] as Dim);
  return e.add("Slice", [x as string, e.shape(begins), e.shape(ends), e.ints(axes)]);
};

export const reverse: Row = (e, { attrs, inputs }, [x]) => {
  const axes = axesOf(attrs.dims, (inputs[0] as Value).shape.length);
  const fill = (n: number): string => e.ints(axes.map(() => n));
  return axes.length
    ? e.add("Slice", [x as string, fill(-1), fill(-(2 ** 31)), e.ints(axes), fill(-1)])
    : (x as string);
};

export const pad: Row = (e, { attrs, output }, [x]) => {
  const paddings = attrs.paddings as Dim[][];
  const amounts = [...paddings.map((p) => p[0] as Dim), ...paddings.map((p) => p[1] as Dim)];
  return e.add("Pad", [x as string, e.shape(amounts), e.scalar(output.dtype, attrs.constantValue as number)]);
};

export const tile: Row = (e, { attrs, inputs, output }, [x]) => {
  const value = inputs[0] as Value;
  // A tile of ones is a broadcast, which needs no copy before its use.
  const widens = value.shape.every((d, i) => d === 1 || d === output.shape[i]);
  if (widens && !sameShape(value.shape, output.shape)) return e.add("Expand", [x as string, e.shape(output.shape)]);
  return e.add("Tile", [x as string, e.shape(attrs.reps as Dim[])]);
};

export const pack: Row = (e, { attrs }, names) => {
  const axis = attrs.axis as number;
  const at = e.ints([axis]);
  return e.add(
    "Concat",
    names.map((n) => e.add("Unsqueeze", [n, at])),
    { axis },
  );
};

/** Batched gathers pick along an axis within each row of the batch: GatherND, when that axis follows the batch's. */
export const gather: Row = (e, { attrs, inputs }, [x, indices]) => {
  const axis = attrs.axis as number;
  const batch = (attrs.batchDims as number | undefined) ?? 0;
  if (!batch) return e.add("Gather", [x as string, indices as string], { axis });
  if (axis !== batch)
    throw new Error(`lower: GatherV2 with batchDims ${batch} and axis ${axis}: only equal ones are supported`);
  const long = e.add("Cast", [indices as string], { to: ELEMENT.int64 });
  const last = e.add("Unsqueeze", [long, e.ints([(inputs[1] as Value).shape.length])]);
  return e.add("GatherND", [x as string, last], { batch_dims: batch });
};

/** 0 .. n-1. */
export function range(e: Emitter, n: Dim, type: "int32" | "float32" = "int32"): string {
  if (typeof n === "string") return e.add("Range", [e.scalar(type, 0), e.sizeScalar(n, type), e.scalar(type, 1)]);
  return e.cached(`range ${n} ${type}`, () =>
    e.initializer(
      type,
      [n],
      Int32Array.from({ length: n }, (_, i) => i),
    ),
  );
}

/** indices == 0 .. depth-1, as a bool tensor [..., depth]. */
function membership(e: Emitter, indices: string, rank: number, depth: Dim): string {
  return e.add("Equal", [e.add("Unsqueeze", [indices, e.ints([rank])]), range(e, depth)]);
}

export const oneHot: Row = (e, { inputs, attrs, output }, [indices]) => {
  const hit = membership(e, indices as string, (inputs[0] as Value).shape.length, attrs.depth as Dim);
  const dtype = output.dtype === "bool" ? "int32" : output.dtype; // onnxruntime has no Where of bool
  const [on, off] = [attrs.onValue, attrs.offValue].map((v) => e.scalar(dtype, v as number));
  return cast(e, e.add("Where", [hit, on as string, off as string]), dtype, output.dtype);
};

// Segments from which on a product with the one-hot matrix is more work than one with the rows' own.
const LARGE_TABLE = 1024;

/**
 * Sums rows by segment as a product with the one-hot matrix: [numSegments, R] x [R, ...]. onnxruntime's ScatterND with
 * reduction "add" would be the direct way, but is racy on the CPU where indices repeat. Embedding tables, for which
 * this would be slow, leave the graph as rows (CompileOptions.sparse), or are scattered where the target can.
 */
export const segmentSum: Row = (e, { inputs, attrs, output }, [x, ids]) => {
  const { shape } = inputs[0] as Value;
  if (output.dtype !== "float32")
    throw new Error(`lower: UnsortedSegmentSum of ${output.dtype}: only float32 is supported`);
  const segments = attrs.numSegments as Dim;
  const flat = shape.length === 2 ? (x as string) : e.add("Reshape", [x as string, e.ints([0, -1])]);
  const large = e.target.scatters && typeof segments === "number" && segments >= LARGE_TABLE && shape.length === 2;
  if (large) return scatter(e, flat, ids as string, shape, output);
  const hit = e.add("Cast", [membership(e, ids as string, 1, segments)], { to: ELEMENT.float32 });
  const sums = e.add("Gemm", [hit, flat], { transA: 1 });
  return shape.length === 2 ? sums : e.add("Reshape", [sums, e.reshapeTarget(output.shape)]);
};

/** Rows that share an index become their sum, all of them, so that it does not matter which is written last. */
function scatter(e: Emitter, rows: string, ids: string, shape: readonly Dim[], output: Value): string {
  const column = e.add("Unsqueeze", [ids, e.ints([1])]);
  const alike = e.add("Equal", [column, e.add("Unsqueeze", [ids, e.ints([0])])]);
  const sums = e.add("Gemm", [e.add("Cast", [alike], { to: ELEMENT.float32 }), rows]);
  const zeros = e.add("Expand", [e.scalar("float32", 0), e.shape(output.shape)]);
  return e.add("ScatterElements", [zeros, e.add("Expand", [column, e.shape(shape)]), sums], { axis: 0 });
}
