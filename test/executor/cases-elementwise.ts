/** Cases of the kernels that work element by element. */
import * as tf from "@tensorflow/tfjs";
import { float32, int32 } from "../../lib/core/tensor.ts";
import * as c from "./cases.ts";
import * as s from "./support.ts";

const { one } = s;

export const ELEMENTWISE: Readonly<Record<string, c.Cases>> = {
  Abs: c.unaryInt((x) => tf.abs(x)),
  Neg: c.unaryInt((x) => tf.neg(x)),
  Sign: {
    ...c.unaryInt((x) => tf.sign(x)),
    // NaN has no sign: tfjs says 0, the compiled program stays NaN.
    "infinities, halves, zeros and NaN": {
      fn: one(({ x }) => tf.sign(x)),
      inputs: { x: float32(c.SPECIAL.slice(0, -1), [17]) },
    },
  },
  Square: c.unaryInt((x) => tf.square(x)),
  Relu: c.unaryInt((x) => tf.relu(x)),
  Relu6: c.unaryInt((x) => tf.relu6(x)),
  Round: c.unaryInt((x) => tf.round(x)),
  Step: {
    ...c.unaryInt((x) => tf.step(x)),
    ...c.named(
      "alpha 0.5",
      c.unaryInt((x) => tf.step(x, 0.5)),
    ),
  },
  Ceil: c.unary((x) => tf.ceil(x)),
  Floor: c.unary((x) => tf.floor(x)),
  Cos: c.unary((x) => tf.cos(x)),
  Sin: c.unary((x) => tf.sin(x)),
  Tan: c.unary((x) => tf.tan(x), {}, 0.5),
  Exp: c.unary((x) => tf.exp(x)),
  // Relative digits also near 0, where exp(x) - 1 in single precision has none.
  Expm1: { ...c.unary((x) => tf.expm1(x)), ...c.tiny((x) => tf.expm1(x)) },
  Log1p: { ...c.unary((x) => tf.log1p(x)), ...c.tiny((x) => tf.log1p(x)) },
  Log: c.unary((x) => tf.log(x)),
  Sqrt: c.unary((x) => tf.sqrt(x)),
  Rsqrt: c.unary((x) => tf.rsqrt(x)),
  Reciprocal: c.unary((x) => tf.reciprocal(x)),
  Sigmoid: c.unary((x) => tf.sigmoid(x)),
  Softplus: c.unary((x) => tf.softplus(x)),
  Tanh: c.unary((x) => tf.tanh(x)),
  Elu: c.unary((x) => tf.elu(x)),
  LeakyRelu: c.unary((x) => tf.leakyRelu(x, 0.3)),
  // tfjs' cpu backend approximates (Abramowitz and Stegun 7.1.26, error 1.5e-7 and more in single precision).
  Erf: c.unary((x) => tf.erf(x), { atol: 5e-7 }),
  ClipByValue: {
    ...c.unaryInt((x) => tf.clipByValue(x, -1, 1.5)),
    ...c.named(
      "one side open",
      c.unaryInt((x) => tf.clipByValue(x, 0, c.INF)),
    ),
  },
  Softmax: {
    "rank 2": { fn: one(({ x }) => tf.softmax(x)), inputs: { x: s.normal("x", [5, 7], 3) } },
    "rank 4, large numbers": { fn: one(({ x }) => tf.softmax(x)), inputs: { x: s.normal("x", [2, 3, 5, 7], 100) } },
    "masked by -1e9": {
      fn: one(({ x }) => tf.softmax(tf.add(x, [[0, 0, -1e9]]))),
      inputs: { x: s.normal("x", [5, 3]) },
    },
  },
  LogicalNot: { bool: { fn: one(({ x }) => tf.logicalNot(x)), inputs: { x: c.boolBlock } } },
  Add: c.both(tf.add),
  Sub: c.both(tf.sub),
  Multiply: c.both(tf.mul),
  RealDiv: c.binary(tf.div, c.floats),
  Maximum: { ...c.both(tf.maximum), ...c.named("bool", c.binary(tf.maximum, s.bools)) },
  Minimum: { ...c.both(tf.minimum), ...c.named("bool", c.binary(tf.minimum, s.bools)) },
  SquaredDifference: c.both(tf.squaredDifference),
  Pow: {
    ...c.named(
      "float32",
      c.binary(tf.pow, (n, shape) => s.uniform(n, shape, 0.1, 3)),
    ),
    ...c.named(
      "int32",
      c.binary(tf.pow, (n, shape) => s.integers(n, shape, 0, 4)),
    ),
    "a negative base": {
      fn: one(({ a }) => tf.pow(a, [2, 3, -1, 0.5, 0])),
      inputs: { a: float32([-2, -3, -4, -2, 0], [5]) },
    },
  },
  FloorDiv: {
    ...c.named("int32", c.binary(tf.floorDiv, c.nonzero)),
    "int32 by div": {
      fn: one(({ a, b }) => tf.div(a, b)),
      inputs: { a: int32([-7, 7, -7, 7, 6], [5]), b: int32([2, 2, -2, -2, 3], [5]) },
    },
    // tfjs' cpu backend alone makes integers of them; TensorFlow's does not.
    "float32 stays float32": {
      fn: one(({ a, b }) => tf.floorDiv(a, b)),
      inputs: { a: float32([-3.5, 7.2, 5, -6], [4]), b: float32([2, 2, -3, -2], [4]) },
      expected: float32([-2, 3, -2, 3], [4]),
    },
  },
  Mod: {
    ...c.named("float32", c.binary(tf.mod, c.floats)),
    ...c.named("int32", c.binary(tf.mod, c.nonzero)),
    "signs, multiples and infinity": {
      fn: one(({ a, b }) => tf.mod(a, b)),
      inputs: {
        a: float32([5.3, -5.3, 5.3, -5.3, -6, 6, 0, 1], [8]),
        b: float32([2, 2, -2, -2, 3, -3, -3, c.INF], [8]),
      },
    },
  },
  Prelu: c.binary(tf.prelu as c.Binary, c.floats),
  EluGrad: {
    "the gradient of elu": {
      fn: one(({ x }) => tf.grad((v) => tf.sum(tf.elu(v)))(x)),
      inputs: { x: s.normal("x", [5, 7]) },
    },
  },
  Equal: c.comparison(tf.equal),
  NotEqual: c.comparison(tf.notEqual),
  Greater: c.comparison(tf.greater),
  GreaterEqual: c.comparison(tf.greaterEqual),
  Less: c.comparison(tf.less),
  LessEqual: c.comparison(tf.lessEqual),
  LogicalAnd: c.binary(tf.logicalAnd, s.bools),
  LogicalOr: c.binary(tf.logicalOr, s.bools),
  Select: {
    float32: {
      fn: one(({ x, a, b }) => tf.where(x, a, b)),
      inputs: { x: s.bools("x", [3, 5]), a: s.normal("a", [3, 5]), b: s.normal("b", [3, 5]) },
    },
    broadcast: {
      fn: one(({ x, a, b }) => tf.where(x, a, b)),
      inputs: { x: s.bools("x", [3, 1]), a: s.normal("a", [5]), b: s.normal("b", []) },
    },
    bool: {
      fn: one(({ x, a, b }) => tf.where(x, a, b)),
      inputs: { x: s.bools("x", [7]), a: s.bools("a", [7]), b: s.bools("b", [7]) },
    },
    "int32 or a float number": {
      fn: one(({ x, a }) => tf.where(x, a, 0.5)),
      inputs: { x: s.bools("x", [7]), a: s.integers("a", [7], -3, 4) },
    },
    "NaN stays on its side": {
      fn: one(({ x, a }) => tf.where(x, a, 0)),
      inputs: { x: s.bool([1, 0, 0], [3]), a: float32([1, Number.NaN, c.INF], [3]) },
    },
  },
  Cast: {
    "float32 to int32 cuts towards zero": {
      fn: one(({ x }) => tf.cast(x, "int32")),
      inputs: { x: float32([1.7, -1.7, 0.5, -0.5, 2e9, -0], [6]) },
    },
    "float32 to bool": { fn: one(({ x }) => tf.cast(x, "bool")), inputs: { x: c.special } },
    "int32 to float32": { fn: one(({ x }) => tf.cast(x, "float32")), inputs: { x: c.intBlock } },
    "int32 to bool": { fn: one(({ x }) => tf.cast(x, "bool")), inputs: { x: c.intBlock } },
    "bool to float32": { fn: one(({ x }) => tf.cast(x, "float32")), inputs: { x: c.boolBlock } },
    "bool to int32": { fn: one(({ x }) => tf.cast(x, "int32")), inputs: { x: c.boolBlock } },
  },
};
