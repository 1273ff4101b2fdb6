/** Losses whose gradients are compared: what BERT and the heads are made of, and the other operations with a gradient. */
import * as tf from "@tensorflow/tfjs";
import type { Tensors } from "../../lib/core/tensor.ts";
import { attention, cosine, gelu, type In, layerNorm, mask, oneHot, prototypes, weigh } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

/** Loss, tensors by name, and which of them are parameters. */
export const LOSSES: Readonly<Record<string, [fn: (i: In) => tf.Tensor, inputs: Tensors, parameters: string[]]>> = {
  "layer norm": [
    ({ x, g, b }) => weigh(layerNorm(x!, g!, b!)),
    { x: n("x", [5, 7]), g: n("g", [7]), b: n("b", [7]) },
    ["x", "g", "b"],
  ],
  "linear, gelu": [
    ({ x, w, b }) => weigh(gelu(tf.add(tf.matMul(x!, w!, false, true), b!))),
    { x: n("x", [5, 7]), w: n("w", [3, 7]), b: n("b", [3]) },
    ["x", "w", "b"],
  ],
  "softmax attention with a mask": [
    ({ q, k, v, mask }) => weigh(attention(q!, k!, v!, mask!)),
    { q: n("q", [2, 3, 5, 7]), k: n("k", [2, 3, 5, 7]), v: n("v", [2, 3, 5, 7]), mask },
    ["q", "k", "v"],
  ],
  "heads split off and joined again": [
    ({ x, w }) => {
      const heads = tf.transpose(tf.reshape(tf.matMul(x!, w!), [2, 5, 3, 7]), [0, 2, 1, 3]);
      const mixed = tf.matMul(tf.softmax(tf.matMul(heads, heads, false, true)), heads);
      return weigh(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [10, 21]));
    },
    { x: n("x", [10, 11], 0.3), w: n("w", [11, 21], 0.3) },
    ["x", "w"],
  ],
  "words, places and types of embeddings": [
    ({ words, places, ids, at }) => weigh(tf.add(tf.gather(words!, ids!), tf.gather(places!, at!))),
    {
      words: n("words", [11, 7]),
      places: n("places", [5, 7]),
      ids: s.integers("ids", [13], 0, 11),
      at: s.integers("at", [13], 0, 5),
    },
    ["words", "places"],
  ],
  "prototypes, squared distances, cross-entropy": [
    ({ query, support, labels }) => prototypes(query!, support!, labels!),
    { query: n("query", [5, 7]), support: n("support", [3, 2, 7]), labels: oneHot },
    ["query", "support"],
  ],
  "cosine by rsqrt": [({ a, b }) => weigh(cosine(a!, b!)), { a: n("a", [5, 7]), b: n("b", [3, 7]) }, ["a", "b"]],
  "Euclidean distance, relu and abs": [
    ({ a, b }) => {
      const d = tf.sub(tf.expandDims(a!, 1), tf.expandDims(b!, 0));
      const euclidean = tf.sqrt(tf.add(tf.sum(tf.square(d), -1), 1e-10));
      return tf.add(weigh(tf.relu(tf.sub(4, euclidean))), weigh(tf.sum(tf.abs(d), -1)));
    },
    { a: n("a", [5, 7]), b: n("b", [3, 7]) },
    ["a", "b"],
  ],
  "max and min over axes": [
    ({ x }) => tf.add(weigh(tf.max(x!, 1)), weigh(tf.min(x!, [0, 2], true))),
    { x: n("x", [3, 5, 7]) },
    ["x"],
  ],
  "concat, stack, unstack, split, slice": [
    ({ a, b }) => {
      const [first, second, third] = tf.split(tf.concat([a!, b!, a!], 1), [3, 7, 5], -1) as [
        tf.Tensor,
        tf.Tensor,
        tf.Tensor,
      ];
      const rows = tf.unstack(tf.stack([a!, tf.square(b!)], 2), 0);
      const kept = tf.add(weigh(tf.mul(second, second)), tf.add(weigh(tf.square(first)), weigh(third)));
      return tf.add(kept, weigh(tf.exp(tf.slice(rows[2]!, [1, 0], [3, 2]))));
    },
    { a: n("a", [3, 5]), b: n("b", [3, 5]) },
    ["a", "b"],
  ],
  activations: [
    ({ x, alpha }) => {
      const all = [tf.elu, tf.leakyRelu, tf.relu6, tf.sigmoid, tf.tanh, tf.softplus, tf.logSigmoid, tf.sin, tf.cos];
      const sum = all.map((f) => weigh((f as (x: tf.Tensor) => tf.Tensor)(x!))).reduce((p, q) => tf.add(p, q));
      return tf.add(sum, weigh(tf.prelu(x!, alpha!)));
    },
    { x: n("x", [5, 7], 3), alpha: n("alpha", [7]) },
    ["x", "alpha"],
  ],
  "powers, quotients, logarithms, clipping": [
    ({ a, b }) => {
      const quotient = tf.div(tf.log(a!), tf.pow(b!, 3));
      const rest = tf.mul(tf.log1p(a!), tf.clipByValue(b!, 1, 2));
      return tf.add(weigh(tf.add(quotient, rest)), weigh(tf.sub(tf.pow(a!, b!), tf.reciprocal(tf.expm1(a!)))));
    },
    { a: s.uniform("a", [5, 7], 0.5, 2), b: s.uniform("b", [7], 0.6, 2.5) },
    ["a", "b"],
  ],
  "pads, tiles, reversals, running sums, broadcasts": [
    ({ x }) => {
      const padded = tf.pad(tf.reverse(x!, 1), [
        [1, 0],
        [0, 2],
      ]);
      const tiled = tf.mul(tf.tile(padded, [2, 1]), tf.tile(padded, [2, 1]));
      return tf.add(weigh(tf.cumsum(tiled, 1)), weigh(tf.square(tf.broadcastTo(x!, [2, 3, 5]))));
    },
    { x: n("x", [3, 5]) },
    ["x"],
  ],
  "a choice by a mask, operands that broadcast": [
    ({ a, b, mask }) => weigh(tf.mul(tf.where(tf.cast(mask!, "bool"), a!, 0), tf.add(a!, b!))),
    { a: n("a", [2, 5]), b: n("b", [2, 1]), mask },
    ["a", "b"],
  ],
};
