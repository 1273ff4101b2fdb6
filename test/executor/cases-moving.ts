/** Cases of the kernels that reduce, move, pick and multiply. */
import * as tf from "@tensorflow/tfjs";
import { float32, int32 } from "../../lib/core/tensor.ts";
import * as c from "./cases.ts";
import * as s from "./support.ts";

const { one } = s;

export const MOVING: Readonly<Record<string, c.Cases>> = {
  Sum: c.reduction(tf.sum, { float32: c.block, int32: c.intBlock }),
  Mean: c.reduction(tf.mean, c.blocks),
  Prod: c.reduction(tf.prod, {
    float32: s.uniform("block", [3, 5, 7], 0.7, 1.4),
    int32: s.integers("block", [3, 2, 2], 1, 4),
  }),
  Max: c.reduction(tf.max, c.blocks),
  Min: c.reduction(tf.min, c.blocks),
  ArgMax: c.moving({
    "axis 0": (x) => tf.argMax(x),
    "axis -1": (x) => tf.argMax(x, -1),
    "axis 1": (x) => tf.argMax(x, 1),
  }),
  ArgMin: c.moving({
    "axis 0": (x) => tf.argMin(x),
    "axis -1": (x) => tf.argMin(x, -1),
    "axis 1": (x) => tf.argMin(x, 1),
  }),
  Cumsum: {
    ...c.moving({
      "axis 0": (x) => tf.cumsum(x),
      "axis 1, exclusive": (x) => tf.cumsum(x, 1, true),
      "axis 2, reversed": (x) => tf.cumsum(x, 2, false, true),
      "axis 0, exclusive and reversed": (x) => tf.cumsum(x, 0, true, true),
    }),
    // tfjs' cpu backend returns a tensor of shape [undefined, ...] here.
    "axis -1": {
      fn: one(({ x }) => tf.cumsum(x, -1)),
      inputs: { x: float32([1, 2, 3, 4], [2, 2]) },
      expected: float32([1, 3, 3, 7], [2, 2]),
    },
  },
  Reshape: c.moving({
    "to a vector": (x) => tf.reshape(x, [-1]),
    "to rank 4": (x) => tf.reshape(x, [5, 1, 7, 3]),
    squeezed: (x) => tf.squeeze(tf.slice(x, [0, 0, 0], [1, 5, 1])),
  }),
  ExpandDims: c.moving({
    "at 0": (x) => tf.expandDims(x),
    "at 2": (x) => tf.expandDims(x, 2),
    "at -1": (x) => tf.expandDims(x, -1),
    "at -2": (x) => tf.expandDims(x, -2),
  }),
  Transpose: c.moving({
    reversed: (x) => tf.transpose(x),
    "of the last two": (x) => tf.transpose(x, [0, 2, 1]),
    rotated: (x) => tf.transpose(x, [1, 2, 0]),
  }),
  Slice: c.moving({
    "begin and size": (x) => tf.slice(x, [1, 2, 3], [2, 2, 3]),
    "size -1": (x) => tf.slice(x, [1, 0, 3], [-1, -1, 2]),
    "begin of one axis": (x) => tf.slice(x, [1]),
    "begin a number": (x) => tf.slice(x, 2, 1),
    "the parts of a split": (x) =>
      tf.add(...(tf.split(tf.cast(x, "int32"), [2, 3, 2], -1).filter((_, i) => i !== 1) as [tf.Tensor, tf.Tensor])),
    "the parts of an even split": (x) => tf.concat(tf.split(x, 3).reverse(), 1),
    "an unstacked part": (x) => tf.unstack(x, -2)[3] as tf.Tensor,
  }),
  Reverse: c.moving({
    "all axes": (x) => tf.reverse(x),
    "axis 1": (x) => tf.reverse(x, 1),
    "axes -1 and 0": (x) => tf.reverse(x, [-1, 0]),
  }),
  PadV2: c.moving({
    zeros: (x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
        [3, 1],
      ]),
    ones: (x) =>
      tf.pad(
        x,
        [
          [0, 0],
          [2, 0],
          [0, 0],
        ],
        1,
      ),
  }),
  Tile: c.moving({
    "each axis": (x) => tf.tile(x, [2, 1, 3]),
    "an axis of one": (x) => tf.tile(tf.slice(x, [0, 0, 0], [1, 5, 1]), [3, 1, 2]),
    broadcastTo: (x) => tf.broadcastTo(tf.slice(x, [0, 0, 0], [3, 1, 7]), [2, 3, 5, 7]),
  }),
  Concat: c.moving({
    "axis 0": (x) => tf.concat([x, tf.reverse(x), x]),
    "axis -1": (x) => tf.concat([x, tf.slice(x, [0, 0, 2])], -1),
    "an empty part": (x) => tf.concat([x, tf.slice(x, [0, 0, 0], [0, 5, 7])]),
  }),
  Pack: c.moving({
    "axis 0": (x) => tf.stack([x, tf.reverse(x)]),
    "axis 2": (x) => tf.stack([x, tf.reverse(x), x], 2),
    "axis -1": (x) => tf.stack([x, tf.reverse(x)], -1),
    "one tensor": (x) => tf.stack([x], 1),
  }),
  BatchMatMul: c.matMuls(),
  GatherV2: {
    ...c.moving({
      "repeated rows": (x) => tf.gather(x, [2, 0, 2, 2, 1]),
      "axis -1": (x) => tf.gather(x, tf.tensor1d([6, 0, 6], "int32"), -1),
      "a matrix of indices": (x) =>
        tf.gather(
          x,
          tf.tensor2d(
            [
              [4, 0],
              [1, 1],
              [2, 2],
            ],
            [3, 2],
            "int32",
          ),
          1,
        ),
      "no index": (x) => tf.gather(x, tf.tensor1d([], "int32")),
    }),
    "indices as an input": {
      fn: one(({ table, ids }) => tf.gather(table, ids)),
      inputs: { table: s.normal("t", [11, 7]), ids: s.integers("i", [97], 0, 11) },
    },
    "batchDims 1": {
      fn: one(({ x, ids }) => tf.gather(x, ids, 1, 1)),
      inputs: { x: c.block, ids: s.integers("i", [3, 4], 0, 5) },
    },
    "batchDims -1": {
      fn: one(({ x, ids }) => tf.gather(x, ids, 1, -1)),
      inputs: { x: c.block, ids: s.integers("i", [3, 4], 0, 5) },
    },
    "batchDims 2 from the last axis": {
      fn: one(({ x, ids }) => tf.gather(x, ids, -1, 2)),
      inputs: { x: c.block, ids: s.integers("i", [3, 5, 2], 0, 7) },
    },
  },
  UnsortedSegmentSum: {
    "a matrix": {
      fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5)),
      inputs: { x: s.normal("x", [97, 7]), ids: s.integers("i", [97], 0, 5) },
    },
    "a vector": {
      fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5)),
      inputs: { x: s.normal("x", [23]), ids: s.integers("i", [23], 0, 5) },
    },
    "rank 3": {
      fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 4)),
      inputs: { x: s.normal("x", [11, 3, 5]), ids: s.integers("i", [11], 0, 4) },
    },
    "segments without rows, rows without a segment": {
      fn: one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 5)),
      inputs: { x: s.normal("x", [4, 3]), ids: int32([4, 1, 7, -1], [4]) },
    },
  },
  OneHot: {
    "int32, as by default": { fn: one(({ ids }) => tf.oneHot(ids, 5)), inputs: { ids: s.integers("i", [7], 0, 5) } },
    "values of one's own, indices outside": {
      fn: one(({ ids }) => tf.oneHot(ids, 5, 0.9, -0.1, "float32")),
      inputs: { ids: int32([0, 4, 5, -1], [2, 2]) },
    },
    "bool, inverted": {
      fn: one(({ ids }) => tf.oneHot(ids, 3, 0, 1, "bool")),
      inputs: { ids: s.integers("i", [7], 0, 3) },
    },
  },
};
