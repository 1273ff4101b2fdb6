/** Dropout masks, drawn outside the program and given to it as inputs: four numbers at a time in WebAssembly. */
import type { Random } from "../core/random.ts";
import { type FloatTensor, float32, sizeOf } from "../core/tensor.ts";
import { advance, assemble, type Code, DEMOTE, get, load, repeat, set, store, vector } from "./assembly.ts";

const CHUNK = 4096; // numbers at a time: they stay in the cache
const STATE = 4 * CHUNK; // the generators' words stand behind them
const WORDS = 16;

/** Draws masks; whoever needs many makes one, as it is a compiled program. */
export interface MaskMaker {
  /** Seeds the four generators. */
  seed(words: Uint32Array): void;
  /** Fills `out`: 0 where a number below 2^32 that was drawn is below `dropped`, else `kept`. */
  fill(out: Float32Array, dropped: number, kept: number): void;
}

/**
 * A mask of the given shape: 0 with chance `rate` (to 2^-32), else 1 / (1 - rate), so that its mean is 1. It takes 16
 * numbers of the generator, which seed four generators of the same kind (sfc32) that take turns; at rate 0 none.
 */
export function dropoutMask(shape: readonly number[], rate: number, rng: Random, maker = maskMaker()): FloatTensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: the rate is ${rate}, wanted 0 or more and below 1`);
  const out = new Float32Array(sizeOf(shape));
  if (rate === 0) return float32(out.fill(1), shape);
  const words = new Uint32Array(WORDS);
  rng.fillUint32(words);
  maker.seed(words);
  maker.fill(out, Math.round(rate * 4294967296), 1 / (1 - rate));
  return float32(out, shape);
}

export function maskMaker(): MaskMaker {
  const { memory, ...functions } = assemble([maskFunction()], STATE + 4 * WORDS);
  const mask = functions.mask as (i: number, end: number, dropped: number, kept: number) => void;
  const chunk = new Float32Array(memory.buffer, 0, CHUNK);
  const state = new Uint32Array(memory.buffer, STATE, WORDS);
  return {
    seed: (words) => state.set(words),
    fill(out, dropped, kept) {
      for (let at = 0; at < out.length; at += CHUNK) {
        const n = Math.min(CHUNK, out.length - at);
        mask(0, 4 * n, dropped, kept);
        out.set(n < CHUNK ? chunk.subarray(0, n) : chunk, at);
      }
    },
  };
}

/** `mask(i, end, dropped, kept)`: the numbers from address `i` to `end`; the state is kept behind the chunk. */
function maskFunction() {
  const [i, end, dropped, kept, base, a, b, c, d, t, least, value] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] as const;
  const [SPLAT, SPLAT_FLOAT, AND, OR, XOR, ADD, AT_LEAST] = [0x11, 0x13, 0x4e, 0x50, 0x51, 0xae, 0x40].map(vector) as [
    ...[Code, Code, Code, Code, Code, Code, Code],
  ];
  const shift = (code: number, local: number, bits: number): Code => [...get(local), 0x41, bits, ...vector(code)];
  const [left, right] = [0xab, 0xad];
  const words = [a, b, c, d];
  const step = [
    ...[...get(a), ...get(b), ...ADD, ...get(d), ...ADD, ...set(t)], // the number drawn
    ...[...get(d), 0x41, 1, ...SPLAT, ...ADD, ...set(d)],
    ...[...get(b), ...shift(right, b, 9), ...XOR, ...set(a)],
    ...[...get(c), ...shift(left, c, 3), ...ADD, ...set(b)],
    ...[...shift(left, c, 21), ...shift(right, c, 11), ...OR, ...get(t), ...ADD, ...set(c)],
    ...store(i, [...get(t), ...get(least), ...AT_LEAST, ...get(value), ...AND]),
    ...advance(i, 16),
  ];
  return {
    name: "mask",
    parameters: ["i32", "i32", "i32", "f64"],
    locals: [
      [1, "i32"],
      [7, "v128"],
    ],
    body: [
      ...words.flatMap((word, k) => [...load(base, STATE + 16 * k), ...set(word)]),
      ...[...get(dropped), ...SPLAT, ...set(least), ...get(kept), ...DEMOTE, ...SPLAT_FLOAT, ...set(value)],
      ...repeat(step, i, end),
      ...words.flatMap((word, k) => store(base, get(word), STATE + 16 * k)),
    ],
  } as const;
}
