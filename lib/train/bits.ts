/** Masks of 0 and one other number, such as those of dropout, as a bit each on their way to a GPU. */
import * as tf from "@tensorflow/tfjs";
import { type FloatTensor, float32, type Tensors } from "../core/tensor.ts";
import type { LossFunction } from "../executor/gradients.ts";
import type { CompileOptions } from "../executor/types.ts";

/** Bits of a word: float32 holds whole numbers of so many exactly. */
const BITS = 24;
const WORDS = ".bits";
const KEPT = ".kept";

/** A function whose masks come in as bits. */
export interface Packed {
  readonly fn: LossFunction;
  readonly symbols: NonNullable<CompileOptions["symbols"]>;
  /** The batch with its masks as bits. Throws where a mask has more than one number besides 0. */
  pack(batch: Tensors): Tensors;
}

/** Takes the masks of these names, [A, B, ...], as words of 24 bits along the second axis, and gives `fn` what they were. */
export function packedMasks(
  fn: LossFunction,
  names: readonly string[],
  batch: Tensors,
  symbols: NonNullable<CompileOptions["symbols"]> = {},
): Packed {
  const sizes = new Map(names.map((name) => [name, batch[name]?.shape[1] as number]));
  return {
    fn(inputs) {
      const masks = [...sizes].map(([name, size]): [string, tf.Tensor] => {
        const [words, kept] = [inputs[name + WORDS], inputs[name + KEPT]] as [tf.Tensor, tf.Tensor];
        return [name, tf.mul(unpackBits(words, size), kept)];
      });
      return fn({ ...inputs, ...Object.fromEntries(masks) });
    },
    symbols: Object.fromEntries(
      Object.entries(symbols).map(([name, axes]) => [sizes.has(name) ? name + WORDS : name, axes]),
    ),
    pack(given) {
      const rest = Object.entries(given).filter(([name]) => !sizes.has(name));
      const masks = names.flatMap((name): [string, FloatTensor][] => {
        const { words, kept } = packBits(given[name] as FloatTensor, name);
        return [
          [name + WORDS, words],
          [name + KEPT, float32([kept], [])],
        ];
      });
      return Object.fromEntries([...rest, ...masks]);
    },
  };
}

/** [A, B, ...] of 0 and `kept` -> words [A, ceil(B / 24), ...]: bit k of word w is element 24 w + k of the second axis. */
function packBits({ data, shape }: FloatTensor, name: string): { words: FloatTensor; kept: number } {
  const [a, b, ...rest] = shape as [number, number, ...number[]];
  const inner = rest.reduce((x, y) => x * y, 1);
  const perRow = Math.ceil(b / BITS);
  const words = new Float32Array(a * perRow * inner);
  const kept = data.find((x) => x !== 0) ?? 0;
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const bit = 2 ** (j % BITS);
      const to = (i * perRow + Math.floor(j / BITS)) * inner;
      const from = (i * b + j) * inner;
      for (let r = 0; r < inner; r++) {
        const x = data[from + r]!;
        if (x === kept) words[to + r]! += kept === 0 ? 0 : bit;
        else if (x !== 0) throw new Error(`training: the mask '${name}' has ${x} and ${kept} besides 0`);
      }
    }
  }
  return { words: float32(words, [a, perRow, ...rest]), kept };
}

/** Words [A, W, ...] -> 0 and 1 [A, size, ...], in a graph: the bit k of w is floor(w / 2^k) mod 2. */
function unpackBits(words: tf.Tensor, size: number): tf.Tensor {
  const [a, w, ...rest] = words.shape as [number, number, ...number[]];
  const ones = rest.map(() => 1);
  const scale = tf.tensor(
    Array.from({ length: BITS }, (_, k) => 2 ** -k),
    [1, 1, BITS, ...ones],
  );
  const shifted = tf.floor(tf.mul(tf.reshape(words, [a, w, 1, ...rest]), scale));
  const bits = tf.sub(shifted, tf.mul(tf.floor(tf.mul(shifted, 0.5)), 2));
  const flat = tf.reshape(bits, [a, w * BITS, ...rest]);
  return w * BITS === size ? flat : tf.slice(flat, [0, 0, ...rest.map(() => 0)], [a, size, ...rest]);
}
