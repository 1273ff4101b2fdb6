/** Words of 24 bits from a mask: a bit is set where a number is not 0. Four numbers at a time in WebAssembly. */
import { type AssemblyFunction, advance, assemble, type Code, get, load, repeat, set, vector } from "./assembly.ts";

/** Bits of a word: float32 holds whole numbers of so many exactly. */
export const BITS = 24;

const CHUNK = 1024; // words at a time: their numbers stay in the cache
const BYTES = 4 * BITS; // of a word's numbers
const OUT = CHUNK * BYTES; // the words stand behind the numbers

/** Fills `words` from 24 numbers each; false where one is neither 0 nor `kept`. */
export type WordMaker = (data: Float32Array, kept: number, words: Float32Array) => boolean;

/** A maker of words; whoever needs many keeps it, as it is a compiled program. */
export function wordMaker(): WordMaker {
  const { memory, ...functions } = assemble([wordsFunction()], OUT + 4 * CHUNK);
  const make = functions.words as (i: number, end: number, out: number, pattern: number) => number;
  const numbers = new Float32Array(memory.buffer, 0, CHUNK * BITS);
  const made = new Int32Array(memory.buffer, OUT, CHUNK);
  return (data, kept, words) => {
    const pattern = new Int32Array(Float32Array.of(kept).buffer)[0] as number;
    let odd = 0;
    for (let at = 0; at < words.length; at += CHUNK) {
      const n = Math.min(CHUNK, words.length - at);
      numbers.set(data.subarray(BITS * at, BITS * (at + n)));
      odd |= make(0, BYTES * n, OUT, pattern);
      words.set(made.subarray(0, n), at);
    }
    return !odd;
  };
}

/** `words(i, end, out, pattern)`: the words of the numbers from address `i` to `end`, at `out`; not 0 where one is odd. */
function wordsFunction(): AssemblyFunction {
  const [i, end, out, pattern, word, zero, kept, odd, x, there] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const;
  const [SPLAT, NOT_EQUAL, BITMASK, AND, OR, ANY] = [0x11, 0x38, 0xa4, 0x4e, 0x50, 0x53].map(vector) as [
    ...[Code, Code, Code, Code, Code, Code],
  ];
  const number = (n: number): Code => [0x41, n];
  const [SHIFT, OR_NUMBERS, STORE] = [[0x74], [0x72], [0x36, 2, 0]] as const;
  const four = (q: number): Code => [
    ...[...load(i, 16 * q), ...set(x)],
    ...[...get(x), ...get(zero), ...NOT_EQUAL, ...set(there)],
    ...[...get(word), ...get(there), ...BITMASK, ...number(4 * q), ...SHIFT, ...OR_NUMBERS, ...set(word)],
    ...[...get(odd), ...get(there), ...get(x), ...get(kept), ...NOT_EQUAL, ...AND, ...OR, ...set(odd)],
  ];
  const step = [
    ...[...number(0), ...set(word)],
    ...Array.from({ length: BITS / 4 }, (_, q) => four(q)).flat(),
    ...[...get(out), ...get(word), ...STORE],
    ...[...advance(out, 4), ...advance(i, BYTES / 2), ...advance(i, BYTES / 2)],
  ];
  return {
    name: "words",
    parameters: ["i32", "i32", "i32", "i32"],
    result: "i32",
    locals: [
      [1, "i32"],
      [5, "v128"],
    ],
    body: [...get(pattern), ...SPLAT, ...set(kept), ...repeat(step, i, end), ...get(odd), ...ANY],
  };
}
