/** Parameters as a few long vectors, so that an update in a graph is a dozen operations and not a dozen for each. */
import * as tf from "@tensorflow/tfjs";
import { type FloatTensor, float32, type Params } from "../core/tensor.ts";

/** One vector: parameters one after the other, then zeros. */
export interface Flat {
  readonly parts: readonly { readonly name: string; readonly shape: readonly number[]; readonly at: number }[];
  /** Numbers in all; a multiple of `FOLD` squared. */
  readonly length: number;
  /** Whether weights are drawn towards 0. */
  readonly decays: boolean;
}

/** Sums go over so many rows at once: short enough for one thread of a GPU, and next to each other for its neighbours. */
const FOLD = 64;
/** Numbers of a vector: a GPU may bind no more than 128 MiB at once. */
const LONGEST = 2 ** 24;
/** Parameters from this size on, embedding tables above all, are vectors of their own: the graph need not copy them. */
const LARGE = 2 ** 21;

/** Vectors that hold all parameters of these names, those with weight decay apart from those without. */
export function flats(params: Params, names: readonly string[], noDecay: (name: string) => boolean): Flat[] {
  const made: Flat[] = [];
  const sizeOf = (name: string): number => (params[name] as FloatTensor).data.length;
  const close = (group: readonly string[], decays: boolean): void => {
    if (!group.length) return;
    let at = 0;
    const parts = group.map((name) => {
      const part = { name, shape: (params[name] as FloatTensor).shape, at };
      at += sizeOf(name);
      return part;
    });
    made.push({ parts, length: Math.ceil(at / FOLD ** 2) * FOLD ** 2, decays });
  };
  for (const decays of [true, false]) {
    let group: string[] = [];
    let size = 0;
    for (const name of names.filter((n) => noDecay(n) !== decays)) {
      if (sizeOf(name) >= LARGE) {
        close([name], decays);
        continue;
      }
      if (size + sizeOf(name) > LONGEST) {
        close(group, decays);
        [group, size] = [[], 0];
      }
      group.push(name);
      size += sizeOf(name);
    }
    close(group, decays);
  }
  return made;
}

/** The vector on the host. */
export function pack({ parts, length }: Flat, values: Params): FloatTensor {
  const out = new Float32Array(length);
  for (const { name, at } of parts) out.set((values[name] as FloatTensor).data, at);
  return float32(out, [length]);
}

/** The parameters of a vector on the host, copied. */
export function unpack({ parts }: Flat, vector: FloatTensor): Params {
  return Object.fromEntries(
    parts.map(({ name, shape, at }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, float32(vector.data.slice(at, at + size), shape)];
    }),
  );
}

/** The parameters of a vector in a graph. */
export function split({ parts }: Flat, vector: tf.Tensor): Record<string, tf.Tensor> {
  return Object.fromEntries(
    parts.map(({ name, shape, at }) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [name, tf.reshape(tf.slice(vector, [at], [size]), [...shape])];
    }),
  );
}

/** Tensors of the parameters, such as their gradients, as a vector in a graph. */
export function join({ parts, length }: Flat, tensors: Readonly<Record<string, tf.Tensor>>): tf.Tensor {
  const rows = parts.map(({ name }) => tf.reshape(tensors[name] as tf.Tensor, [-1]));
  const { shape, at } = parts.at(-1) as Flat["parts"][number];
  const rest = length - at - shape.reduce((a, b) => a * b, 1);
  return tf.concat(rest ? [...rows, tf.zeros([rest])] : rows, 0);
}

/** The sum of the squares of such a vector, folded by and by: as exact as a sum of pairs, and no thread adds up all. */
export function sumOfSquares({ length }: Flat, vector: tf.Tensor): tf.Tensor {
  let sums: tf.Tensor = tf.square(vector);
  for (let n = length; n > FOLD && n % FOLD === 0; n /= FOLD) sums = tf.sum(tf.reshape(sums, [FOLD, n / FOLD]), 0);
  return tf.sum(sums);
}
