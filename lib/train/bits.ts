/** Masks of 0 and one other number, such as those of dropout, as a bit each on their way to a GPU. */
import * as tf from "@tensorflow/tfjs";
import { type FloatTensor, float32, type Tensors } from "../core/tensor.ts";
import type { LossFunction } from "../executor/gradients.ts";
import type { CompileOptions } from "../executor/types.ts";
import { BITS, type WordMaker, wordMaker } from "./words.ts";

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
  const make = wordMaker();
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
        const { words, kept } = packBits(given[name] as FloatTensor, name, make);
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
function packBits({ data, shape }: FloatTensor, name: string, make: WordMaker): { words: FloatTensor; kept: number } {
  const [a, b, ...rest] = shape as [number, number, ...number[]];
  const inner = rest.reduce((x, y) => x * y, 1);
  const perRow = Math.ceil(b / BITS);
  const words = float32(new Float32Array(a * perRow * inner), [a, perRow, ...rest]);
  const kept = data.find((x) => x !== 0);
  if (kept === undefined) return { words, kept: 0 };
  const fine =
    inner === 1 && b % BITS === 0 ? make(data, kept, words.data) : strided(data, kept, words.data, [b, inner]);
  if (!fine) {
    const other = data.find((x) => x !== 0 && x !== kept);
    throw new Error(`training: the mask '${name}' has ${other} and ${kept} besides 0`);
  }
  return { words, kept };
}

/** As a WordMaker, where a word's numbers are `inner` apart, and the last word of `b` of them has fewer than 24. */
function strided(
  data: Float32Array,
  kept: number,
  words: Float32Array,
  [b, inner]: readonly [number, number],
): boolean {
  // Patterns of bits instead of numbers, and no branch: chance decides here, and no processor foresees it.
  const patterns = new Int32Array(data.buffer, data.byteOffset, data.length);
  const pattern = new Int32Array(Float32Array.of(kept).buffer)[0] as number;
  const perRow = Math.ceil(b / BITS);
  let odd = 0;
  for (let to = 0; to < words.length; to += inner) {
    const row = Math.floor(to / inner / perRow);
    const first = ((to / inner) % perRow) * BITS;
    const from = (row * b + first) * inner;
    const end = from + Math.min(BITS, b - first) * inner;
    for (let r = 0; r < inner; r++) {
      let word = 0;
      for (let i = from + r, k = 0; i < end; i += inner, k++) {
        const x = patterns[i]!;
        const bit = (x | -x) >>> 31; // 1 where it is not 0
        word |= bit << k;
        odd |= (x ^ pattern) & -bit;
      }
      words[to + r] = word;
    }
  }
  return !odd;
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
