/** Every kernel that has a row, against tfjs' own cpu backend. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HostTensor, Tensors } from "../../lib/core/tensor.ts";
import { float32, int32 } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { typeText, type Value } from "../../lib/executor/graph.ts";
import { ROWS } from "../../lib/executor/rows.ts";
import { SHAPE_RULES } from "../../lib/executor/shapes.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import * as s from "./support.ts";

const { one } = s;

interface Case {
  readonly fn: GraphFunction;
  readonly inputs: Tensors;
  readonly tolerance?: s.Tolerance;
  /** What must come out, where tfjs' cpu backend is itself wrong. */
  readonly expected?: HostTensor;
}
type Cases = Readonly<Record<string, Case>>;

const INF = Number.POSITIVE_INFINITY;
const SPECIAL = [-INF, -3.5, -2.5, -1.5, -1, -0.5, -1e-8, -0, 0, 1e-8, 0.5, 1, 1.5, 2.5, 3.5, 7, INF, Number.NaN];
const special = float32(SPECIAL, [SPECIAL.length]);

type Unary = (x: tf.Tensor) => tf.Tensor;

/** Normal numbers of some scale, and the special ones. */
function unary(op: Unary, tolerance: s.Tolerance = {}, scale = 2): Cases {
  const fn = one(({ x }) => op(x));
  return {
    "float32 [5,7]": { fn, inputs: { x: s.normal("unary", [5, 7], scale) }, tolerance },
    "a scalar": { fn, inputs: { x: float32([0.7], []) }, tolerance },
    "infinities, halves, zeros and NaN": { fn, inputs: { x: special }, tolerance },
  };
}

function unaryInt(op: Unary): Cases {
  const fn = one(({ x }) => op(x));
  return { ...unary(op), "int32 [3,5]": { fn, inputs: { x: s.integers("unary", [3, 5], -9, 10) } } };
}

type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Equal shapes, broadcasts either way, both ways and of a scalar. */
function binary(op: Binary, make: (name: string, shape: number[]) => HostTensor, tolerance: s.Tolerance = {}): Cases {
  const fn = one(({ a, b }) => op(a, b));
  const shapes: Record<string, [number[], number[]]> = {
    "equal shapes": [
      [3, 5],
      [3, 5],
    ],
    "a wider": [[3, 5, 7], [7]],
    "b wider": [[5, 1], [3, 5, 7]], // biome-ignore format: one pair a line
    "each wider on an axis": [
      [5, 1],
      [1, 7],
    ],
    "a scalar left": [[], [3, 5]],
    "a scalar right": [[3, 5], []],
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, [p, q]]) => [name, { fn, inputs: { a: make("a", p), b: make("b", q) }, tolerance }]),
  );
}

const floats = (name: string, shape: number[]): HostTensor => s.normal(name, shape, 2);
const ints = (name: string, shape: number[]): HostTensor => s.integers(name, shape, -7, 8);
const nonzero = (name: string, shape: number[]): HostTensor => {
  const t = s.integers(name, shape, 1, 8);
  return int32(t.data.map((v, i) => (i % 2 ? v : -v)), shape);
};
const few = (name: string, shape: number[]): HostTensor => s.integers(name, shape, 0, 3);

function named(prefix: string, cases: Cases): Cases {
  return Object.fromEntries(Object.entries(cases).map(([name, c]) => [`${prefix}, ${name}`, c]));
}

function both(op: Binary): Cases {
  return { ...named("float32", binary(op, floats)), ...named("int32", binary(op, ints)) };
}

/** Comparisons: small integers, so that many are equal; floats; bools; NaN. */
function comparison(op: Binary): Cases {
  const fn = one(({ a, b }) => op(a, b));
  return {
    ...named("int32", binary(op, few)),
    ...named("bool", binary(op, s.bools)),
    ...named("float32", binary(op, (n, shape) => s.uniform(n, shape, 0, 1))),
    "special numbers": { fn, inputs: { a: special, b: float32([...SPECIAL].reverse(), [SPECIAL.length]) } },
  };
}

type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

function reduction(op: Reduce, types: Record<string, HostTensor>): Cases {
  const axes: Record<string, [number | number[] | undefined, boolean]> = {
    "all axes": [undefined, false],
    "all axes kept": [undefined, true],
    "axis 0": [0, false],
    "axis -1 kept": [-1, true],
    "axes -1 and 0": [[-1, 0], false],
    "axes 1 and 2 kept": [[1, 2], true],
    "no axis": [[], false],
  };
  return Object.fromEntries(
    Object.entries(types).flatMap(([type, x]) =>
      Object.entries(axes).map(([name, [axis, keep]]): [string, Case] => [
        `${type}, ${name}`,
        { fn: one(({ x }) => op(x, axis, keep)), inputs: { x } },
      ]),
    ),
  );
}

const block = s.normal("block", [3, 5, 7]);
const intBlock = s.integers("block", [3, 5, 7], -9, 10);
const boolBlock = s.bools("block", [3, 5, 7]);
const blocks = { float32: block, int32: intBlock, bool: boolBlock };

/** The same function of x on float32, int32 and bool. */
function moving(cases: Record<string, (x: tf.Tensor) => tf.Tensor>): Cases {
  return Object.fromEntries(
    Object.entries(cases).flatMap(([name, op]) =>
      Object.entries(blocks).map(([type, x]) => [`${type}, ${name}`, { fn: one(({ x }) => op(x)), inputs: { x } }]),
    ),
  );
}

function matMuls(): Cases {
  const cases: Record<string, Case> = {};
  for (const [ta, tb] of [[false, false], [false, true], [true, false], [true, true]] as const) { // biome-ignore format: a table
    const fn = one(({ a, b }) => tf.matMul(a, b, ta, tb));
    const turn = (shape: number[], t: boolean): number[] => (t ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : shape);
    const add = (name: string, a: number[], b: number[]): void => {
      cases[`${name}${ta ? ", a transposed" : ""}${tb ? ", b transposed" : ""}`] = {
        fn,
        inputs: { a: s.normal("a", turn(a, ta)), b: s.normal("b", turn(b, tb)) },
      };
    };
    add("rank 2", [3, 7], [7, 5]);
    add("rank 3", [2, 3, 7], [2, 7, 5]);
    add("rank 4", [2, 3, 5, 7], [2, 3, 7, 5]);
    add("a of rank 2", [3, 7], [2, 7, 5]);
    add("b of rank 2", [2, 3, 7], [7, 5]);
    add("a batch of one", [1, 3, 7], [5, 7, 2]);
    cases[`int32${ta ? ", a transposed" : ""}${tb ? ", b transposed" : ""}`] = {
      fn,
      inputs: { a: s.integers("a", turn([2, 3, 7], ta), -5, 6), b: s.integers("b", turn([2, 7, 5], tb), -5, 6) },
    };
  }
  return cases;
}

const CASES: Readonly<Record<string, Cases>> = {
  Abs: unaryInt((x) => tf.abs(x)),
  Neg: unaryInt((x) => tf.neg(x)),
  Sign: {
    ...unaryInt((x) => tf.sign(x)),
    // NaN has no sign: tfjs says 0, the compiled program stays NaN.
    "infinities, halves, zeros and NaN": { fn: one(({ x }) => tf.sign(x)), inputs: { x: float32(SPECIAL.slice(0, -1), [17]) } },
  },
  Square: unaryInt((x) => tf.square(x)),
  Relu: unaryInt((x) => tf.relu(x)),
  Relu6: unaryInt((x) => tf.relu6(x)),
  Round: unaryInt((x) => tf.round(x)),
  Step: { ...unaryInt((x) => tf.step(x)), ...named("alpha 0.5", unaryInt((x) => tf.step(x, 0.5))) },
  Ceil: unary((x) => tf.ceil(x)),
  Floor: unary((x) => tf.floor(x)),
  Cos: unary((x) => tf.cos(x)),
  Sin: unary((x) => tf.sin(x)),
  Tan: unary((x) => tf.tan(x), {}, 0.5),
  Exp: unary((x) => tf.exp(x)),
  // Relative digits also near 0, where exp(x) - 1 in single precision has none.
  Expm1: { ...unary((x) => tf.expm1(x), { atol: 0 }), tiny: { fn: one(({ x }) => tf.expm1(x)), inputs: { x: s.normal("x", [7], 1e-6) }, tolerance: { atol: 0 } } }, // biome-ignore format: short
  Log1p: { ...unary((x) => tf.log1p(x), { atol: 0 }), tiny: { fn: one(({ x }) => tf.log1p(x)), inputs: { x: s.normal("x", [7], 1e-6) }, tolerance: { atol: 0 } } }, // biome-ignore format: short
  Log: unary((x) => tf.log(x)),
  Sqrt: unary((x) => tf.sqrt(x)),
  Rsqrt: unary((x) => tf.rsqrt(x)),
  Reciprocal: unary((x) => tf.reciprocal(x)),
  Sigmoid: unary((x) => tf.sigmoid(x)),
  Softplus: unary((x) => tf.softplus(x)),
  Tanh: unary((x) => tf.tanh(x)),
  Elu: unary((x) => tf.elu(x)),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.3)),
  // tfjs' cpu backend approximates (Abramowitz and Stegun 7.1.26, error 1.5e-7 and more in single precision).
  Erf: unary((x) => tf.erf(x), { atol: 5e-7 }),
  ClipByValue: {
    ...unaryInt((x) => tf.clipByValue(x, -1, 1.5)),
    ...named("one side open", unaryInt((x) => tf.clipByValue(x, 0, INF))),
  },
  Softmax: {
    "rank 2": { fn: one(({ x }) => tf.softmax(x)), inputs: { x: s.normal("x", [5, 7], 3) } },
    "rank 4, large numbers": { fn: one(({ x }) => tf.softmax(x)), inputs: { x: s.normal("x", [2, 3, 5, 7], 100) } },
    "masked by -1e9": { fn: one(({ x }) => tf.softmax(tf.add(x, [[0, 0, -1e9]]))), inputs: { x: s.normal("x", [5, 3]) } },
  },
  LogicalNot: { bool: { fn: one(({ x }) => tf.logicalNot(x)), inputs: { x: boolBlock } } },
  Add: both(tf.add),
  Sub: both(tf.sub),
  Multiply: both(tf.mul),
  RealDiv: binary(tf.div, floats),
  Maximum: { ...both(tf.maximum), ...named("bool", binary(tf.maximum, s.bools)) },
  Minimum: { ...both(tf.minimum), ...named("bool", binary(tf.minimum, s.bools)) },
  SquaredDifference: both(tf.squaredDifference),
  Pow: {
    ...named("float32", binary(tf.pow, (n, shape) => s.uniform(n, shape, 0.1, 3))),
    ...named("int32", binary(tf.pow, (n, shape) => s.integers(n, shape, 0, 4))),
    "a negative base": { fn: one(({ a }) => tf.pow(a, [2, 3, -1, 0.5, 0])), inputs: { a: float32([-2, -3, -4, -2, 0], [5]) } },
  },
  FloorDiv: {
    ...named("int32", binary(tf.floorDiv, nonzero)),
    "int32 by div": { fn: one(({ a, b }) => tf.div(a, b)), inputs: { a: int32([-7, 7, -7, 7, 6], [5]), b: int32([2, 2, -2, -2, 3], [5]) } },
    // tfjs' cpu backend alone makes integers of them; TensorFlow's does not.
    "float32 stays float32": {
      fn: one(({ a, b }) => tf.floorDiv(a, b)),
      inputs: { a: float32([-3.5, 7.2, 5, -6], [4]), b: float32([2, 2, -3, -2], [4]) },
      expected: float32([-2, 3, -2, 3], [4]),
    },
  },
  Mod: {
    ...named("float32", binary(tf.mod, floats)),
    ...named("int32", binary(tf.mod, nonzero)),
    "signs, multiples and infinity": {
      fn: one(({ a, b }) => tf.mod(a, b)),
      inputs: { a: float32([5.3, -5.3, 5.3, -5.3, -6, 6, 0, 1], [8]), b: float32([2, 2, -2, -2, 3, -3, -3, INF], [8]) },
    },
  },
  Prelu: binary(tf.prelu as Binary, floats),
  EluGrad: {
    "the gradient of elu": { fn: one(({ x }) => tf.grad((v) => tf.sum(tf.elu(v)))(x)), inputs: { x: s.normal("x", [5, 7]) } },
  },
  Equal: comparison(tf.equal),
  NotEqual: comparison(tf.notEqual),
  Greater: comparison(tf.greater),
  GreaterEqual: comparison(tf.greaterEqual),
  Less: comparison(tf.less),
  LessEqual: comparison(tf.lessEqual),
  LogicalAnd: binary(tf.logicalAnd, s.bools),
  LogicalOr: binary(tf.logicalOr, s.bools),
  Select: {
    "float32": { fn: one(({ x, a, b }) => tf.where(x, a, b)), inputs: { x: s.bools("x", [3, 5]), a: s.normal("a", [3, 5]), b: s.normal("b", [3, 5]) } },
    "broadcast": { fn: one(({ x, a, b }) => tf.where(x, a, b)), inputs: { x: s.bools("x", [3, 1]), a: s.normal("a", [5]), b: s.normal("b", []) } },
    "bool": { fn: one(({ x, a, b }) => tf.where(x, a, b)), inputs: { x: s.bools("x", [7]), a: s.bools("a", [7]), b: s.bools("b", [7]) } },
    "int32 or a float number": { fn: one(({ x, a }) => tf.where(x, a, 0.5)), inputs: { x: s.bools("x", [7]), a: s.integers("a", [7], -3, 4) } },
    "NaN stays on its side": { fn: one(({ x, a }) => tf.where(x, a, 0)), inputs: { x: s.bool([1, 0, 0], [3]), a: float32([1, Number.NaN, INF], [3]) } },
  },
  Cast: {
    "float32 to int32 cuts towards zero": { fn: one(({ x }) => tf.cast(x, "int32")), inputs: { x: float32([1.7, -1.7, 0.5, -0.5, 2e9, -0], [6]) } },
    "float32 to bool": { fn: one(({ x }) => tf.cast(x, "bool")), inputs: { x: special } },
    "int32 to float32": { fn: one(({ x }) => tf.cast(x, "float32")), inputs: { x: intBlock } },
    "int32 to bool": { fn: one(({ x }) => tf.cast(x, "bool")), inputs: { x: intBlock } },
    "bool to float32": { fn: one(({ x }) => tf.cast(x, "float32")), inputs: { x: boolBlock } },
    "bool to int32": { fn: one(({ x }) => tf.cast(x, "int32")), inputs: { x: boolBlock } },
  },
  Sum: reduction(tf.sum, { float32: block, int32: intBlock }),
  Mean: reduction(tf.mean, blocks),
  Prod: reduction(tf.prod, { float32: s.uniform("block", [3, 5, 7], 0.7, 1.4), int32: s.integers("block", [3, 2, 2], 1, 4) }),
  Max: reduction(tf.max, blocks),
  Min: reduction(tf.min, blocks),
  ArgMax: moving({ "axis 0": (x) => tf.argMax(x), "axis -1": (x) => tf.argMax(x, -1), "axis 1": (x) => tf.argMax(x, 1) }),
  ArgMin: moving({ "axis 0": (x) => tf.argMin(x), "axis -1": (x) => tf.argMin(x, -1), "axis 1": (x) => tf.argMin(x, 1) }),
  Cumsum: {
    ...moving({
      "axis 0": (x) => tf.cumsum(x),
      "axis 1, exclusive": (x) => tf.cumsum(x, 1, true),
      "axis 2, reversed": (x) => tf.cumsum(x, 2, false, true),
      "axis 0, exclusive and reversed": (x) => tf.cumsum(x, 0, true, true),
    }),
    // tfjs' cpu backend returns a tensor of shape [undefined, ...] here.
    "axis -1": { fn: one(({ x }) => tf.cumsum(x, -1)), inputs: { x: float32([1, 2, 3, 4], [2, 2]) }, expected: float32([1, 3, 3, 7], [2, 2]) },
  },
  Reshape: moving({ "to a vector": (x) => tf.reshape(x, [-1]), "to rank 4": (x) => tf.reshape(x, [5, 1, 7, 3]), squeezed: (x) => tf.squeeze(tf.slice(x, [0, 0, 0], [1, 5, 1])) }),
  ExpandDims: moving({ "at 0": (x) => tf.expandDims(x), "at 2": (x) => tf.expandDims(x, 2), "at -1": (x) => tf.expandDims(x, -1), "at -2": (x) => tf.expandDims(x, -2) }),
  Transpose: moving({ reversed: (x) => tf.transpose(x), "of the last two": (x) => tf.transpose(x, [0, 2, 1]), rotated: (x) => tf.transpose(x, [1, 2, 0]) }),
  Slice: moving({
    "begin and size": (x) => tf.slice(x, [1, 2, 3], [2, 2, 3]),
    "size -1": (x) => tf.slice(x, [1, 0, 3], [-1, -1, 2]),
    "begin of one axis": (x) => tf.slice(x, [1]),
    "begin a number": (x) => tf.slice(x, 2, 1),
    "the parts of a split": (x) => tf.add(...(tf.split(tf.cast(x, "int32"), [2, 3, 2], -1).filter((_, i) => i !== 1) as [tf.Tensor, tf.Tensor])),
    "the parts of an even split": (x) => tf.concat(tf.split(x, 3).reverse(), 1),
    "an unstacked part": (x) => tf.unstack(x, -2)[3] as tf.Tensor,
  }),
  Reverse: moving({ "all axes": (x) => tf.reverse(x), "axis 1": (x) => tf.reverse(x, 1), "axes -1 and 0": (x) => tf.reverse(x, [-1, 0]) }),
  PadV2: moving({
    zeros: (x) => tf.pad(x, [[1, 0], [0, 2], [3, 1]]),
    ones: (x) => tf.pad(x, [[0, 0], [2, 0], [0, 0]], 1),
  }), // biome-ignore format: matrices
  Tile: moving({ "each axis": (x) => tf.tile(x, [2, 1, 3]), "an axis of one": (x) => tf.tile(tf.slice(x, [0, 0, 0], [1, 5, 1]), [3, 1, 2]), "broadcastTo": (x) => tf.broadcastTo(tf.slice(x, [0, 0, 0], [3, 1, 7]), [2, 3, 5, 7]) }),
  Concat: moving({ "axis 0": (x) => tf.concat([x, tf.reverse(x), x]), "axis -1": (x) => tf.concat([x, tf.slice(x, [0, 0, 2])], -1), "an empty part": (x) => tf.concat([x, tf.slice(x, [0, 0, 0], [0, 5, 7])]) }),
  Pack: moving({ "axis 0": (x) => tf.stack([x, tf.reverse(x)]), "axis 2": (x) => tf.stack([x, tf.reverse(x), x], 2), "axis -1": (x) => tf.stack([x, tf.reverse(x)], -1), "one tensor": (x) => tf.stack([x], 1) }),
  BatchMatMul: matMuls(),
  GatherV2: {
    ...moving({
      "repeated rows": (x) => tf.gather(x, [2, 0, 2, 2, 1]),
      "axis -1": (x) => tf.gather(x, tf.tensor1d([6, 0, 6], "int32"), -1),
      "a matrix of indices": (x) => tf.gather(x, tf.tensor2d([[4, 0], [1, 1], [2, 2]], [3, 2], "int32"), 1),
      "no index": (x) => tf.gather(x, tf.tensor1d([], "int32")),
    }), // biome-ignore format: matrices
    "indices as an input": { fn: one(({ table, ids }) => tf.gather(table, ids)), inputs: { table: s.normal("t", [11, 7]), ids: s.integers("i", [97], 0, 11) } },
    "batchDims 1": { fn: one(({ x, ids }) => tf.gather(x, ids, 1, 1)), inputs: { x: block, ids: s.integers("i", [3, 4], 0, 5) } },
    "batchDims -1": { fn: one(({ x, ids }) => tf.gather(x, ids, 1, -1)), inputs: { x: block, ids: s.integers("i", [3, 4], 0, 5) } },
    "batchDims 2 from the last axis": { fn: one(({ x, ids }) => tf.gather(x, ids, -1, 2)), inputs: { x: block, ids: s.integers("i", [3, 5, 2], 0, 7) } },
  },
  UnsortedSegmentSum: {
    "a matrix": { fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5)), inputs: { x: s.normal("x", [97, 7]), ids: s.integers("i", [97], 0, 5) } },
    "a vector": { fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5)), inputs: { x: s.normal("x", [23]), ids: s.integers("i", [23], 0, 5) } },
    "rank 3": { fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 4)), inputs: { x: s.normal("x", [11, 3, 5]), ids: s.integers("i", [11], 0, 4) } },
    "segments without rows, rows without a segment": { fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5)), inputs: { x: s.normal("x", [4, 3]), ids: int32([4, 1, 7, -1], [4]) } },
  },
  OneHot: {
    "int32, as by default": { fn: one(({ ids }) => tf.oneHot(ids, 5)), inputs: { ids: s.integers("i", [7], 0, 5) } },
    "values of one's own, indices outside": { fn: one(({ ids }) => tf.oneHot(ids, 5, 0.9, -0.1, "float32")), inputs: { ids: int32([0, 4, 5, -1], [2, 2]) } },
    "bool, inverted": { fn: one(({ ids }) => tf.oneHot(ids, 3, 0, 1, "bool")), inputs: { ids: s.integers("i", [7], 0, 3) } },
  },
};

it("the tables of shapes and of rows have the same kernels, and each has a case here", () => {
  const kernels = [...SHAPE_RULES.keys()].sort();
  expect(Object.keys(ROWS).sort()).toEqual(kernels);
  expect(Object.keys(CASES).sort()).toEqual(kernels);
});

describe.each(Object.entries(CASES))("%s", (kernel, cases) => {
  it.each(Object.entries(cases))("%s: compiled as tfjs computes it, simplified or not", async (_, test) => {
    const { fn, inputs, tolerance, expected } = test;
    const graph = trace(fn, s.specsOf(inputs));
    expect(graph.nodes.map((n) => n.op)).toContain(kernel);
    const wanted = expected ? { y: expected } : await s.runOn(s.eager, fn, inputs);
    expect(typeText(graph.outputs.y as Value)).toBe(typeText(wanted.y as HostTensor));
    s.expectAllClose(await s.runGraph(graph, inputs), wanted, tolerance);
    s.expectAllClose(await s.runGraph(simplify(graph), inputs), wanted, tolerance);
  });
});
