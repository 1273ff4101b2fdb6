/** How the cases of lowering.test.ts are made: a kernel on many shapes, dtypes and special numbers. */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, Tensors } from "../../lib/core/tensor.ts";
import { float32, int32 } from "../../lib/core/tensor.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import * as s from "./support.ts";

const { one } = s;

export interface Case {
  readonly fn: GraphFunction;
  readonly inputs: Tensors;
  readonly tolerance?: s.Tolerance;
  /** What must come out, where tfjs' cpu backend is itself wrong. */
  readonly expected?: HostTensor;
}
export type Cases = Readonly<Record<string, Case>>;

export const INF = Number.POSITIVE_INFINITY;
export const SPECIAL = [
  -INF,
  -3.5,
  -2.5,
  -1.5,
  -1,
  -0.5,
  -1e-8,
  -0,
  0,
  1e-8,
  0.5,
  1,
  1.5,
  2.5,
  3.5,
  7,
  INF,
  Number.NaN,
];
export const special = float32(SPECIAL, [SPECIAL.length]);

export type Unary = (x: tf.Tensor) => tf.Tensor;

/** Normal numbers of some scale, and the special ones. */
export function unary(op: Unary, tolerance: s.Tolerance = {}, scale = 2): Cases {
  const fn = one(({ x }) => op(x));
  return {
    "float32 [5,7]": { fn, inputs: { x: s.normal("unary", [5, 7], scale) }, tolerance },
    "a scalar": { fn, inputs: { x: float32([0.7], []) }, tolerance },
    "infinities, halves, zeros and NaN": { fn, inputs: { x: special }, tolerance },
  };
}

export function unaryInt(op: Unary): Cases {
  const fn = one(({ x }) => op(x));
  return { ...unary(op), "int32 [3,5]": { fn, inputs: { x: s.integers("unary", [3, 5], -9, 10) } } };
}

/** Numbers near 0, right in all their digits. */
export function tiny(op: Unary): Cases {
  return { tiny: { fn: one(({ x }) => op(x)), inputs: { x: s.normal("x", [7], 1e-6) }, tolerance: { atol: 0 } } };
}

export type Binary = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

/** Equal shapes, broadcasts either way, both ways and of a scalar. */
export function binary(
  op: Binary,
  make: (name: string, shape: number[]) => HostTensor,
  tolerance: s.Tolerance = {},
): Cases {
  const fn = one(({ a, b }) => op(a, b));
  const shapes: Record<string, [number[], number[]]> = {
    "equal shapes": [
      [3, 5],
      [3, 5],
    ],
    "a wider": [[3, 5, 7], [7]],
    "b wider": [
      [5, 1],
      [3, 5, 7],
    ],
    "each wider on an axis": [
      [5, 1],
      [1, 7],
    ],
    "a scalar left": [[], [3, 5]],
    "a scalar right": [[3, 5], []],
  };
  return Object.fromEntries(
    Object.entries(shapes).map(([name, [p, q]]) => [
      name,
      { fn, inputs: { a: make("a", p), b: make("b", q) }, tolerance },
    ]),
  );
}

export const floats = (name: string, shape: number[]): HostTensor => s.normal(name, shape, 2);
export const ints = (name: string, shape: number[]): HostTensor => s.integers(name, shape, -7, 8);
export const nonzero = (name: string, shape: number[]): HostTensor => {
  const t = s.integers(name, shape, 1, 8);
  return int32(
    t.data.map((v, i) => (i % 2 ? v : -v)),
    shape,
  );
};
export const few = (name: string, shape: number[]): HostTensor => s.integers(name, shape, 0, 3);

export function named(prefix: string, cases: Cases): Cases {
  return Object.fromEntries(Object.entries(cases).map(([name, c]) => [`${prefix}, ${name}`, c]));
}

export function both(op: Binary): Cases {
  return { ...named("float32", binary(op, floats)), ...named("int32", binary(op, ints)) };
}

/** Comparisons: small integers, so that many are equal; floats; bools; NaN. */
export function comparison(op: Binary): Cases {
  const fn = one(({ a, b }) => op(a, b));
  return {
    ...named("int32", binary(op, few)),
    ...named("bool", binary(op, s.bools)),
    ...named(
      "float32",
      binary(op, (n, shape) => s.uniform(n, shape, 0, 1)),
    ),
    "special numbers": { fn, inputs: { a: special, b: float32([...SPECIAL].reverse(), [SPECIAL.length]) } },
  };
}

export type Reduce = (x: tf.Tensor, axis?: number | number[], keepDims?: boolean) => tf.Tensor;

export function reduction(op: Reduce, types: Record<string, HostTensor>): Cases {
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

export const block = s.normal("block", [3, 5, 7]);
export const intBlock = s.integers("block", [3, 5, 7], -9, 10);
export const boolBlock = s.bools("block", [3, 5, 7]);
export const blocks = { float32: block, int32: intBlock, bool: boolBlock };

/** The same function of x on float32, int32 and bool. */
export function moving(cases: Record<string, (x: tf.Tensor) => tf.Tensor>): Cases {
  return Object.fromEntries(
    Object.entries(cases).flatMap(([name, op]) =>
      Object.entries(blocks).map(([type, x]) => [`${type}, ${name}`, { fn: one(({ x }) => op(x)), inputs: { x } }]),
    ),
  );
}

export function matMuls(): Cases {
  const cases: Record<string, Case> = {};
  for (const [ta, tb] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    const fn = one(({ a, b }) => tf.matMul(a, b, ta, tb));
    const turn = (shape: number[], t: boolean): number[] =>
      t ? [...shape.slice(0, -2), ...shape.slice(-2).reverse()] : shape;
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
