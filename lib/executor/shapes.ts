/** Shape and dtype of every kernel's result, from its inputs and attributes: one rule a kernel, one row here. */
import * as tf from "@tensorflow/tfjs";
import type { DType } from "../core/tensor.ts";

/** What is known of a tensor while tracing. */
export interface Aval {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

export type RawAttrs = Readonly<Record<string, unknown>>;
type Rule = (inputs: readonly Aval[], attrs: RawAttrs) => Aval;

const first: Rule = ([x]) => x as Aval;
const binary: Rule = ([a, b]) => ({ shape: broadcast(a as Aval, b as Aval), dtype: (a as Aval).dtype });
const compare: Rule = ([a, b]) => ({ shape: broadcast(a as Aval, b as Aval), dtype: "bool" });

const FLOAT_UNARY = [
  ..."Ceil Cos Elu Erf Exp Expm1 Floor LeakyRelu Log Log1p Reciprocal Rsqrt Sigmoid Sin Softmax".split(" "),
  ..."Softplus Sqrt Tan Tanh".split(" "),
];
const UNARY = "Abs ClipByValue Neg Relu Relu6 Round Sign Square Step".split(" ");
const FLOAT_BINARY = ["RealDiv", "Prelu", "EluGrad"];
const BINARY = "Add Sub Multiply Maximum Minimum Pow SquaredDifference FloorDiv Mod".split(" ");
const COMPARE = "Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr".split(" ");

/** Rules by kernel name. */
export const SHAPE_RULES: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ...FLOAT_UNARY.map((op): [string, Rule] => [op, only(["float32"], op, first)]),
  ...UNARY.map((op): [string, Rule] => [op, only(["float32", "int32"], op, first)]),
  ...FLOAT_BINARY.map((op): [string, Rule] => [op, only(["float32"], op, binary)]),
  ...BINARY.map((op): [string, Rule] => [op, only(["float32", "int32"], op, binary)]),
  ...COMPARE.map((op): [string, Rule] => [op, compare]),
  ["LogicalNot", first],
  ["Reverse", first],
  ["Cumsum", ([x]) => ({ ...(x as Aval), dtype: tf.upcastType((x as Aval).dtype, "int32") as DType })],
  ["Cast", ([x], { dtype }) => ({ shape: (x as Aval).shape, dtype: dtypeOf(dtype as string) })],
  ["Select", ([, t, e]) => ({ ...(t as Aval), dtype: tf.upcastType((t as Aval).dtype, (e as Aval).dtype) as DType })],
  ["Reshape", ([x], { shape }) => reshaped(x as Aval, shape as number[])],
  ["ExpandDims", ([x], { dim }) => expanded(x as Aval, dim as number)],
  [
    "Transpose",
    ([x], { perm }) => ({ ...(x as Aval), shape: (perm as number[]).map((p) => (x as Aval).shape[p] as number) }),
  ],
  ["Slice", ([x], { size }) => ({ ...(x as Aval), shape: size as number[] })],
  [
    "Tile",
    ([x], { reps }) => ({
      ...(x as Aval),
      shape: (x as Aval).shape.map((d, i) => d * ((reps as number[])[i] as number)),
    }),
  ],
  [
    "PadV2",
    ([x], { paddings }) => ({
      ...(x as Aval),
      shape: (x as Aval).shape.map((d, i) => d + sum((paddings as number[][])[i] as number[])),
    }),
  ],
  ["Concat", (xs, { axis }) => concatenated(xs, axis as number)],
  ["Pack", (xs, { axis }) => packed(xs, axis as number)],
  ["Sum", ([x], { axis, keepDims }) => reduced(x as Aval, axis, keepDims)],
  ["Mean", ([x], { axis, keepDims }) => ({ ...reduced(x as Aval, axis, keepDims), dtype: "float32" })],
  ["Prod", ([x], { axis, keepDims }) => reduced(x as Aval, axis, keepDims)],
  ["Min", ([x], { axis, keepDims }) => reduced(x as Aval, axis, keepDims)],
  ["Max", ([x], { axis, keepDims }) => reduced(x as Aval, axis, keepDims)],
  ["ArgMax", ([x], { axis }) => ({ shape: reduced(x as Aval, axis, false).shape, dtype: "int32" })],
  ["ArgMin", ([x], { axis }) => ({ shape: reduced(x as Aval, axis, false).shape, dtype: "int32" })],
  [
    "BatchMatMul",
    ([a, b], { transposeA, transposeB }) => multiplied(a as Aval, b as Aval, Boolean(transposeA), Boolean(transposeB)),
  ],
  ["GatherV2", ([x, indices], { axis, batchDims }) => gathered(x as Aval, indices as Aval, axis, batchDims)],
  [
    "UnsortedSegmentSum",
    ([x, ids], { numSegments }) => {
      if (ids?.shape.length !== 1)
        throw new TypeError(`compile: segment ids of shape [${ids?.shape}]: wanted one axis`);
      return { ...(x as Aval), shape: [numSegments as number, ...(x as Aval).shape.slice(1)] };
    },
  ],
  [
    "OneHot",
    ([x], { depth, dtype }) => ({
      shape: [...(x as Aval).shape, depth as number],
      dtype: dtypeOf((dtype as string) ?? "float32"),
    }),
  ],
]);

/** The dtypes the kit knows; others (strings, complex numbers) are refused by name. */
export function dtypeOf(dtype: string): DType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new TypeError(`compile: dtype ${dtype} is not supported; wanted float32, int32 or bool`);
}

/**
 * Attributes in the one form the later stages read: a Slice has a begin and a size for every axis, the axis of
 * whatever has a single one is not negative, and those of a reduction are called axis.
 */
export function normalised(op: string, inputs: readonly Aval[], attrs: RawAttrs): RawAttrs {
  const shape = [...(inputs[0] as Aval).shape];
  if (op === "Slice") {
    const x = { shape } as tf.Tensor; // of which only the shape is read
    const [begin, size] = tf.slice_util.parseSliceParams(x, attrs.begin as number[], attrs.size as number[]);
    tf.slice_util.assertParamsValid(x, begin as number[], size as number[]);
    return { begin, size };
  }
  // Max alone among the reductions names its axes differently.
  if (op === "Max") return { axis: attrs.reductionIndices, keepDims: attrs.keepDims };
  if (op === "Pack") return { axis: axesOf(attrs.axis, shape.length + 1)[0] };
  if (op === "GatherV2") {
    const batchDims = (attrs.batchDims as number | undefined) ?? 0;
    const fromEnd = batchDims < 0 ? (inputs[1] as Aval).shape.length : 0;
    return { axis: axesOf(attrs.axis, shape.length)[0], batchDims: batchDims + fromEnd };
  }
  if (["ArgMax", "ArgMin", "Concat", "Cumsum"].includes(op)) {
    return { ...attrs, axis: axesOf(attrs.axis, shape.length)[0] };
  }
  return attrs;
}

/** Axes as non-negative numbers in order; none given means all. Throws for axes outside the rank. */
export function axesOf(axis: unknown, rank: number): number[] {
  return tf.util.parseAxisParam(axis as number[], new Array(rank).fill(1)).sort((a, b) => a - b);
}

/** What TensorFlow refuses or tfjs computes in an odd way (true + true as a bool of 2) has no rule. */
function only(dtypes: readonly DType[], op: string, rule: Rule): Rule {
  return (inputs, attrs) => {
    const odd = inputs.find((x) => !dtypes.includes(x.dtype));
    if (odd) throw new TypeError(`compile: ${op} of ${odd.dtype}[${odd.shape}]: cast it to ${dtypes.join(" or ")}`);
    return rule(inputs, attrs);
  };
}

function broadcast(a: Aval, b: Aval): number[] {
  return tf.broadcast_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
}

function reshaped(x: Aval, shape: readonly number[]): Aval {
  return { ...x, shape: tf.util.inferFromImplicitShape([...shape], tf.util.sizeFromShape([...x.shape])) };
}

function expanded(x: Aval, dim: number): Aval {
  const shape = [...x.shape];
  shape.splice(dim < 0 ? shape.length + dim + 1 : dim, 0, 1);
  return { ...x, shape };
}

function concatenated(xs: readonly Aval[], axis: number): Aval {
  const { shape, dtype } = alike(xs, "concat");
  tf.backend_util.assertParamsConsistent(
    xs.map((x) => [...x.shape]),
    axis,
  );
  return { dtype, shape: shape.map((d, i) => (i === axis ? sum(xs.map((x) => x.shape[axis] as number)) : d)) };
}

/** The first operand, when all have its dtype. */
function alike(xs: readonly Aval[], what: string): Aval {
  const dtypes = new Set(xs.map((x) => x.dtype));
  if (dtypes.size > 1) throw new TypeError(`compile: ${what} of ${[...dtypes].join(" and ")}: cast them to one dtype`);
  return xs[0] as Aval;
}

function packed(xs: readonly Aval[], axis: number): Aval {
  const first = alike(xs, "stack");
  for (const x of xs) tf.util.assertShapesMatch([...first.shape], [...x.shape], "stack of different shapes: ");
  const shape = [...first.shape];
  shape.splice(axis, 0, xs.length);
  return { ...first, shape };
}

function reduced(x: Aval, axis: unknown, keepDims: unknown): Aval {
  const axes = axesOf(axis, x.shape.length);
  const shape = x.shape.map((d, i) => (axes.includes(i) ? (keepDims ? 1 : -1) : d)).filter((d) => d !== -1);
  return { shape, dtype: x.dtype };
}

function multiplied(a: Aval, b: Aval, transposeA: boolean, transposeB: boolean): Aval {
  const [inner, other] = [a.shape.at(transposeA ? -2 : -1), b.shape.at(transposeB ? -1 : -2)];
  if (inner !== other) {
    const flags = `${transposeA ? " transposed" : ""} and [${b.shape}]${transposeB ? " transposed" : ""}`;
    throw new Error(`compile: matMul of [${a.shape}]${flags}: the inner sizes ${inner} and ${other} differ`);
  }
  const rows = a.shape.at(transposeA ? -1 : -2) as number;
  const columns = b.shape.at(transposeB ? -2 : -1) as number;
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return { shape: [...batch, rows, columns], dtype: a.dtype };
}

function gathered(x: Aval, indices: Aval, axis: unknown, batchDims: unknown): Aval {
  const [a, b] = [x as unknown as tf.Tensor, indices as unknown as tf.Tensor]; // of which only the shapes are read
  const info = tf.backend_util.segment_util.collectGatherOpShapeInfo(a, b, axis as number, batchDims as number);
  return { ...x, shape: info.outputShape };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
