/** How each tfjs kernel becomes ONNX: one row a kernel. A row gets its operands' names and returns its result's. */
import { cast, type Emitter, type Row } from "./emitter.ts";
import type { Dim, Value } from "./graph.ts";
import { ELEMENT, FLOAT16 } from "./onnx.ts";
import { gather, oneHot, pack, pad, range, reshape, reverse, segmentSum, slice, tile } from "./rows-moving.ts";
import { axesOf } from "./shapes.ts";
import { sameShape } from "./simplify.ts";

const same =
  (op: string): Row =>
  (e, _, names) =>
    e.add(op, names);

/** Kernels that ONNX has too, with the same operands and no attributes. */
const SAME: Readonly<Record<string, string>> = {
  Abs: "Abs",
  Ceil: "Ceil",
  Cos: "Cos",
  Elu: "Elu",
  Erf: "Erf",
  Exp: "Exp",
  Floor: "Floor",
  Log: "Log",
  LogicalNot: "Not",
  Neg: "Neg",
  Reciprocal: "Reciprocal",
  Relu: "Relu",
  Sigmoid: "Sigmoid",
  Sign: "Sign",
  Sin: "Sin",
  Softplus: "Softplus",
  Sqrt: "Sqrt",
  Tan: "Tan",
  Tanh: "Tanh",
  Add: "Add",
  Sub: "Sub",
  RealDiv: "Div",
  Maximum: "Max",
  Minimum: "Min",
  Pow: "Pow",
  Equal: "Equal",
  LogicalAnd: "And",
  LogicalOr: "Or",
};

/** ONNX has an order of numbers only, so truth values become 0 and 1. */
const order =
  (op: string): Row =>
  (e, { inputs }, names) => {
    const { dtype } = inputs[0] as Value;
    return e.add(
      op,
      names.map((n) => cast(e, n, dtype, dtype === "bool" ? "int32" : dtype)),
    );
  };

const reduce =
  (op: string): Row =>
  (e, { inputs, attrs, output }, [x]) => {
    const value = inputs[0] as Value;
    const axes = axesOf(attrs.axis, value.shape.length);
    const operand = cast(e, x as string, value.dtype, output.dtype); // a mean of integers is a float
    // No axes at all would mean every axis to ONNX.
    return axes.length ? e.add(op, [operand, e.ints(axes)], { keepdims: attrs.keepDims ? 1 : 0 }) : operand;
  };

const arg =
  (end: "Max" | "Min"): Row =>
  (e, { attrs, inputs }, [x]) => {
    const { dtype, shape } = inputs[0] as Value;
    const axis = attrs.axis as number;
    const operand = cast(e, x as string, dtype, dtype === "bool" ? "int32" : dtype);
    if (e.target.int64)
      return e.add("Cast", [e.add(`Arg${end}`, [operand], { axis, keepdims: 0 })], { to: ELEMENT.int32 });
    // The first place, counted in floats, of a number that equals the largest; all others count as a place behind the last.
    const extreme = e.add(`Reduce${end}`, [operand, e.ints([axis])], { keepdims: 1 });
    const size = shape[axis] as Dim;
    const places = e.add("Reshape", [range(e, size, "float32"), e.shape(shape.map((_, i) => (i === axis ? size : 1)))]);
    const none = e.scalar("float32", 2 ** 24);
    const found = e.add("Where", [e.add("Equal", [operand, extreme]), places, none]);
    return e.add("Cast", [e.add("ReduceMin", [found, e.ints([axis])], { keepdims: 0 })], { to: ELEMENT.int32 });
  };

/** x times 1 that widens x is an Expand; anything else a multiplication. */
const multiply: Row = (e, { inputs, output }, names) => {
  const [a, b] = inputs as [Value, Value];
  if (b.constant?.kind === "uniform" && b.constant.value === 1)
    return e.add("Expand", [names[0] as string, e.shape(output.shape)]);
  if (a.constant?.kind === "uniform" && a.constant.value === 1)
    return e.add("Expand", [names[1] as string, e.shape(output.shape)]);
  return e.add("Mul", names);
};

/** Matrices of two axes go to Gemm, stacks of them to MatMul, or to onnxruntime's FusedMatMul when one is transposed. */
const matMul: Row = (e, node, names) => {
  const { inputs, output } = node;
  const dense = output.dtype === "float32" && inputs.every((v) => v.shape.length === 2);
  if (!e.target.halfProducts || !dense) return product(e, node, names);
  const halves = names.map((n) => e.cached(`half ${n}`, () => e.add("Cast", [n], { to: FLOAT16 })));
  return e.add("Cast", [product(e, node, halves)], { to: ELEMENT.float32 });
};

const product: Row = (e, { inputs, attrs, output }, names) => {
  const transA = attrs.transposeA ? 1 : 0;
  const transB = attrs.transposeB ? 1 : 0;
  if (typeof attrs.alpha === "number") {
    return e.add("FusedMatMul", names, { transA, transB, alpha: { float: attrs.alpha } }, "com.microsoft");
  }
  if (!transA && !transB) return e.add("MatMul", names);
  if (output.dtype !== "float32") {
    const turned = names.map((n, i) => ([transA, transB][i] ? lastTwoSwapped(e, n, inputs[i] as Value) : n));
    return e.add("MatMul", turned);
  }
  if (inputs.every((v) => v.shape.length === 2)) return e.add("Gemm", names, { transA, transB });
  return e.add("FusedMatMul", names, { transA, transB }, "com.microsoft");
};

function lastTwoSwapped(e: Emitter, name: string, { shape }: Value): string {
  const perm = shape.map((_, i) => i);
  perm.push(...perm.splice(-2).reverse());
  return e.add("Transpose", [name], { perm });
}

/** ONNX cuts quotients of integers towards zero, but its remainder has the divisor's sign: (a - a mod b) / b. */
const floorDiv: Row = (e, { output }, names) => {
  if (output.dtype === "float32") return e.add("Floor", [e.add("Div", names)]);
  return e.add("Div", [e.add("Sub", [names[0] as string, e.add("Mod", names)]), names[1] as string]);
};

/** The remainder has the divisor's sign: as ONNX does for integers; for floats it is moved where the signs differ. */
const mod: Row = (e, { output }, names) => {
  if (output.dtype === "int32") return e.add("Mod", names);
  const b = names[1] as string;
  const rest = (x: string): string => e.add("Mod", [x, b], { fmod: 1 });
  const zero = e.scalar("float32", 0);
  const [negativeA, negativeB] = names.map((n) => e.add("Less", [n, zero])) as [string, string];
  const first = rest(names[0] as string);
  return e.add("Where", [e.add("Equal", [negativeA, negativeB]), first, rest(e.add("Add", [first, b]))]);
};

/** exp(x) - 1 and log(1 + x) without the loss of digits near 0 (Kahan): u = exp(x), (u - 1) x / log(u), and back. */
const expm1: Row = (e, _, [x]) => {
  const one = e.scalar("float32", 1);
  const u = e.add("Exp", [x as string]);
  const d = e.add("Sub", [u, one]);
  const fine = e.add("Mul", [d, e.add("Div", [x as string, e.add("Log", [u])])]);
  const far = e.add("Greater", [e.add("Abs", [x as string]), one]);
  const near = e.add("Where", [e.add("Equal", [d, e.scalar("float32", 0)]), x as string, fine]);
  return e.add("Where", [far, d, near]);
};

const log1p: Row = (e, _, [x]) => {
  const u = e.add("Add", [x as string, e.scalar("float32", 1)]);
  const d = e.add("Sub", [u, e.scalar("float32", 1)]);
  const log = e.add("Log", [u]);
  const fine = e.add("Mul", [log, e.add("Div", [x as string, d])]);
  const near = e.add("Where", [e.add("Equal", [d, e.scalar("float32", 0)]), x as string, fine]);
  return e.add("Where", [e.add("Equal", [d, x as string]), log, near]); // infinities among them
};

const clip =
  (bounds: (attrs: Parameters<Row>[1]["attrs"]) => [number, number]): Row =>
  (e, { attrs, output }, [x]) => {
    const limit = 2 ** 31;
    const bound = (v: number): string =>
      e.scalar(output.dtype, output.dtype === "int32" ? Math.max(-limit, Math.min(limit - 1, v)) : v);
    const [low, high] = bounds(attrs);
    return e.add("Clip", [x as string, bound(low), bound(high)]);
  };

const step: Row = (e, { attrs, output }, [x]) => {
  const alpha = (attrs.alpha as number | undefined) ?? 0;
  if (alpha === 0) return e.add("Sign", [e.add("Relu", [x as string])]); // keeps NaN, as tfjs does
  const above = e.add("Greater", [x as string, e.scalar(output.dtype, 0)]);
  const below = e.add("Where", [
    e.add("Equal", [x as string, x as string]),
    e.scalar(output.dtype, alpha),
    x as string,
  ]);
  return e.add("Where", [above, e.scalar(output.dtype, 1), below]);
};

const prelu: Row = (e, { inputs, output }, [x, alpha]) => {
  // ONNX widens the slope only.
  if (sameShape((inputs[0] as Value).shape, output.shape)) return e.add("PRelu", [x as string, alpha as string]);
  const negative = e.add("Less", [x as string, e.scalar("float32", 0)]);
  return e.add("Where", [negative, e.add("Mul", [x as string, alpha as string]), x as string]);
};

/** Rows by kernel name. */
export const ROWS: Readonly<Record<string, Row>> = {
  ...Object.fromEntries(Object.entries(SAME).map(([kernel, op]) => [kernel, same(op)])),
  Multiply: multiply,
  FloorDiv: floorDiv,
  Mod: mod,
  NotEqual: (e, _, names) => e.add("Not", [e.add("Equal", names)]),
  Greater: order("Greater"),
  GreaterEqual: order("GreaterOrEqual"),
  Less: order("Less"),
  LessEqual: order("LessOrEqual"),
  SquaredDifference: (e, _, names) => {
    const d = e.add("Sub", names);
    return e.add("Mul", [d, d]);
  },
  Square: (e, _, [x]) => e.add("Mul", [x as string, x as string]),
  Rsqrt: (e, _, [x]) => e.add("Reciprocal", [e.add("Sqrt", [x as string])]),
  Round: (e, { output }, [x]) => (output.dtype === "int32" ? (x as string) : e.add("Round", [x as string])),
  Expm1: expm1,
  Log1p: log1p,
  Step: step,
  Relu6: clip(() => [0, 6]),
  ClipByValue: clip((attrs) => [attrs.clipValueMin as number, attrs.clipValueMax as number]),
  LeakyRelu: (e, { attrs }, [x]) => e.add("LeakyRelu", [x as string], { alpha: { float: attrs.alpha as number } }),
  Prelu: prelu,
  // dy where y >= 0, else dy * (y + 1).
  EluGrad: (e, _, [dy, y]) => {
    const negative = e.add("Min", [y as string, e.scalar("float32", 0)]);
    return e.add("Mul", [dy as string, e.add("Add", [negative, e.scalar("float32", 1)])]);
  },
  // tfjs' bool is "not zero", int32 cuts towards zero: both as ONNX has them.
  Cast: (e, { output, inputs }, [x]) => cast(e, x as string, (inputs[0] as Value).dtype, output.dtype),
  Select: (e, { inputs, output }, [condition, ...cases]) => {
    const dtype = output.dtype === "bool" ? "int32" : output.dtype; // onnxruntime has no Where of bool
    const alike = cases.map((n, i) => cast(e, n, (inputs[i + 1] as Value).dtype, dtype));
    return cast(e, e.add("Where", [condition as string, ...alike]), dtype, output.dtype);
  },
  Softmax: (e, { attrs }, [x]) => e.add("Softmax", [x as string], { axis: attrs.dim as number }),
  Sum: reduce("ReduceSum"),
  Mean: reduce("ReduceMean"),
  Prod: reduce("ReduceProd"),
  Max: reduce("ReduceMax"),
  Min: reduce("ReduceMin"),
  ArgMax: arg("Max"),
  ArgMin: arg("Min"),
  Cumsum: (e, { attrs, inputs, output }, [x]) => {
    const operand = cast(e, x as string, (inputs[0] as Value).dtype, output.dtype);
    const how = { exclusive: attrs.exclusive ? 1 : 0, reverse: attrs.reverse ? 1 : 0 };
    return e.add("CumSum", [operand, e.scalar("int64", attrs.axis as number)], how);
  },
  BatchMatMul: matMul,
  Reshape: reshape,
  ExpandDims: reshape,
  Transpose: (e, { attrs }, [x]) => e.add("Transpose", [x as string], { perm: attrs.perm as number[] }),
  Slice: slice,
  Reverse: reverse,
  PadV2: pad,
  Tile: tile,
  Concat: (e, { attrs }, names) => e.add("Concat", names, { axis: attrs.axis as number }),
  Pack: pack,
  GatherV2: gather,
  UnsortedSegmentSum: segmentSum,
  OneHot: oneHot,
};
