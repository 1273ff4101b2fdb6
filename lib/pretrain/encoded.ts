/** The encodings of hundreds of thousands of sentences in a few arrays: as many objects would keep the garbage collector busy. */
import type { Encoding } from "../tokenizer/types.ts";

export interface Encoded {
  /** Tokens of each sentence. */
  readonly lengths: Int32Array;
  at(i: number): Encoding;
}

/** Encodes single sentences; what a sentence is later given as shares their memory. */
export function encodeAll(texts: readonly string[], encode: (text: string) => Encoding): Encoded {
  const lengths = new Int32Array(texts.length);
  const starts = new Float64Array(texts.length + 1); // tokens may be more than an Int32 counts
  let ids = new Int32Array(16 * texts.length);
  let longest = 0;
  for (const [i, text] of texts.entries()) {
    const encoding = encode(text);
    const { length } = encoding.ids;
    const start = starts[i] as number;
    if (start + length > ids.length) {
      const larger = new Int32Array(Math.ceil(1.5 * (start + length)));
      larger.set(ids);
      ids = larger;
    }
    ids.set(encoding.ids, start);
    lengths[i] = length;
    longest = Math.max(longest, length);
    starts[i + 1] = start + length;
  }
  const zeros = new Int32Array(longest); // types: all tokens are of the first text
  return {
    lengths,
    at: (i) => ({
      ids: ids.subarray(starts[i], starts[i + 1]),
      typeIds: zeros.subarray(0, lengths[i]),
    }),
  };
}
