/** Packed and padded batches hold the same tokens. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { packBatch, padBatch } from "../../lib/tokenizer/batch.ts";
import type { Encoding } from "../../lib/tokenizer/types.ts";

const encoding: fc.Arbitrary<Encoding> = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 30521 }), fc.integer({ min: 0, max: 1 })), { minLength: 1, maxLength: 13 })
  .map((tokens) => ({
    ids: Int32Array.from(tokens, ([id]) => id),
    typeIds: Int32Array.from(tokens, ([, type]) => type),
  }));
const batch = fc.array(encoding, { minLength: 1, maxLength: 7 });
const tokens = (batch: readonly Encoding[]): number => batch.reduce((sum, { ids }) => sum + ids.length, 0);

describe("packBatch", () => {
  it("puts the tokens of all sentences one after the other", () => {
    const packed = packBatch([
      { ids: Int32Array.of(101, 7, 102), typeIds: new Int32Array(3) },
      { ids: Int32Array.of(101, 8, 102, 9, 102), typeIds: Int32Array.of(0, 0, 0, 1, 1) },
    ]);
    expect(packed).toEqual({
      ids: { dtype: "int32", shape: [8], data: Int32Array.of(101, 7, 102, 101, 8, 102, 9, 102) },
      typeIds: { dtype: "int32", shape: [8], data: Int32Array.of(0, 0, 0, 0, 0, 0, 1, 1) },
      positions: { dtype: "int32", shape: [8], data: Int32Array.of(0, 1, 2, 0, 1, 2, 3, 4) },
      sentences: { dtype: "int32", shape: [8], data: Int32Array.of(0, 0, 0, 1, 1, 1, 1, 1) },
      mask: { dtype: "float32", shape: [2, 5], data: Float32Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 1) },
      padIndex: { dtype: "int32", shape: [2, 5], data: Int32Array.of(0, 1, 2, 0, 0, 3, 4, 5, 6, 7) },
      unpadIndex: { dtype: "int32", shape: [8], data: Int32Array.of(0, 1, 2, 5, 6, 7, 8, 9) },
      clsIndex: { dtype: "int32", shape: [2], data: Int32Array.of(0, 3) },
      // The longer one first; both fit into one bin, which has no more places than there are tokens.
      binIndex: { dtype: "int32", shape: [1, 8], data: Int32Array.of(3, 4, 5, 6, 7, 0, 1, 2) },
      binSentences: { dtype: "int32", shape: [1, 8], data: Int32Array.of(2, 2, 2, 2, 2, 1, 1, 1) },
      unbinIndex: { dtype: "int32", shape: [8], data: Int32Array.of(5, 6, 7, 0, 1, 2, 3, 4) },
    });
  });

  it("has maps to and from the padded form that undo each other on every token", () => {
    fc.assert(
      fc.property(batch, (encodings) => {
        const { mask, padIndex, unpadIndex } = packBatch(encodings);
        expect(Array.from(unpadIndex.data, (place) => padIndex.data[place])).toEqual([...unpadIndex.data.keys()]);
        for (const [place, row] of padIndex.data.entries())
          expect(mask.data[place] === 1 ? unpadIndex.data[row] : row).toBe(mask.data[place] === 1 ? place : 0);
      }),
    );
  });

  it("has each token in one place of a bin, beside those of its sentence, and 0 in all others", () => {
    fc.assert(
      fc.property(batch, (encodings) => {
        const { binIndex, binSentences, unbinIndex, sentences } = packBatch(encodings);
        const size = binIndex.shape[1] as number;
        for (const [row, place] of unbinIndex.data.entries()) {
          expect(binIndex.data[place]).toBe(row);
          const sentence = (sentences.data[row] as number) + 1;
          expect(binSentences.data[place]).toBe(sentence);
          if (sentences.data[row - 1] === sentences.data[row]) expect(unbinIndex.data[row - 1]).toBe(place - 1);
          expect(Math.floor(place / size)).toBe(Math.floor((binSentences.data.indexOf(sentence) as number) / size));
        }
        const taken = new Set(unbinIndex.data);
        for (const [place, sentence] of binSentences.data.entries())
          if (!taken.has(place)) expect([sentence, binIndex.data[place]]).toEqual([0, 0]);
      }),
    );
  });

  it("masks as many places as there are tokens, and finds each sentence's first", () => {
    fc.assert(
      fc.property(batch, (encodings) => {
        const { ids, mask, clsIndex, sentences, positions } = packBatch(encodings);
        expect(mask.data.reduce((a, b) => a + b)).toBe(tokens(encodings));
        for (const [b, { ids: own }] of encodings.entries()) {
          const start = clsIndex.data[b] as number;
          expect(ids.data.slice(start, start + own.length)).toEqual(own);
          expect(positions.data[start]).toBe(0);
          expect(sentences.data[start + own.length - 1]).toBe(b);
        }
      }),
    );
  });

  it("refuses a batch of nothing, and a sentence without [CLS]", () => {
    expect(() => packBatch([])).toThrow(InputError);
    const empty = { ids: new Int32Array(0), typeIds: new Int32Array(0) };
    const one = { ids: Int32Array.of(5), typeIds: Int32Array.of(0) };
    expect(() => packBatch([one, empty])).toThrow("sentence 1 of the batch has no tokens");
  });
});

describe("padBatch", () => {
  it("is the packed batch gathered by padIndex, with [PAD] where the mask is 0", () => {
    fc.assert(
      fc.property(batch, fc.integer({ min: 0, max: 3 }), (encodings, padId) => {
        const packed = packBatch(encodings);
        const padded = padBatch(encodings, padId);
        expect(padded.ids.shape).toEqual(packed.mask.shape);
        const gathered = Array.from(packed.padIndex.data, (row, place) =>
          packed.mask.data[place] === 1 ? [packed.ids.data[row], packed.typeIds.data[row], 1] : [padId, 0, 0],
        );
        const found = Array.from(padded.ids.data, (id, i) => [id, padded.typeIds.data[i], padded.mask.data[i]]);
        expect(found).toEqual(gathered);
      }),
    );
  });

  it("pads to a given length, and refuses one that is too short", () => {
    const encodings = [{ ids: Int32Array.of(1, 2, 3), typeIds: Int32Array.of(0, 0, 1) }];
    const { ids, typeIds, mask } = padBatch(encodings, 11, { length: 5 });
    expect([ids.shape, ids.data]).toEqual([[1, 5], Int32Array.of(1, 2, 3, 11, 11)]);
    expect([...typeIds.data]).toEqual([0, 0, 1, 0, 0]);
    expect([...mask.data]).toEqual([1, 1, 1, 0, 0]);
    expect(() => padBatch(encodings, 0, { length: 2 })).toThrow(
      "padBatch: length is 2, but the longest sentence has 3",
    );
  });
});
