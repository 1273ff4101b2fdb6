/** Sentences in bins: each whole and once, in few bins of one size. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packBins } from "../../lib/tokenizer/bins.ts";

// Sentences around the least size of a bin, 32, and far from it.
const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 13 }), fc.integer({ min: 1, max: 61 })), {
  minLength: 1,
  maxLength: 37,
});
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
const of = (lengths: readonly number[], members: readonly number[]): number[] => members.map((i) => lengths[i]!);
/** Tokens in each bin. */
const loads = (lengths: readonly number[]): number[] =>
  packBins(lengths).bins.map((members) => sum(of(lengths, members)));

describe("packBins", () => {
  it("puts the longest first, each sentence into the first bin that has room", () => {
    // 37 fill a bin; 31 leave 6 places and 29 leave 8, into which 3 and 7 go.
    expect(packBins([7, 37, 3, 31, 29])).toEqual({ size: 37, bins: [[1], [3, 2], [4, 0]] });
  });

  it("keeps equally long sentences in order, in bins of 32 places where no sentence is longer", () => {
    const bins = [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11], [12]];
    expect(packBins(new Array<number>(13).fill(5))).toEqual({ size: 32, bins });
  });

  it("makes no bin larger than all sentences together", () => {
    expect(packBins([2, 5, 3])).toEqual({ size: 10, bins: [[1, 2, 0]] });
    expect(packBins([11])).toEqual({ size: 11, bins: [[0]] });
    expect(packBins([41])).toEqual({ size: 41, bins: [[0]] });
  });

  it("has each sentence exactly once, and no empty bin", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const { bins } = packBins(lengths);
        expect(bins.flat().sort((a, b) => a - b)).toEqual([...lengths.keys()]);
        for (const members of bins) expect(members.length).toBeGreaterThan(0);
      }),
    );
  });

  it("has no more tokens in a bin than there are places", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        expect(Math.max(...loads(lengths))).toBeLessThanOrEqual(packBins(lengths).size);
      }),
    );
  });

  it("has bins as large as the longest sentence, or else at most 32 and at most all tokens", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const { size } = packBins(lengths);
        const longest = Math.max(...lengths);
        expect(size).toBeGreaterThanOrEqual(longest);
        if (size > longest) expect(size).toBe(Math.min(32, sum(lengths)));
        else expect(longest).toBeGreaterThanOrEqual(Math.min(32, sum(lengths)));
      }),
    );
  });

  it("opens a bin only for a sentence that fits into none before, so that at most one is half empty", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const { size, bins } = packBins(lengths);
        const full = loads(lengths);
        for (const [late, members] of bins.entries())
          for (const load of full.slice(0, late))
            expect(load + Math.min(...of(lengths, members))).toBeGreaterThan(size);
        expect(full.filter((load) => load <= size / 2).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("has the longer sentences of a bin first, and bins in the order of their first", () => {
    fc.assert(
      fc.property(lengths, (lengths) => {
        const { bins } = packBins(lengths);
        const falling = (numbers: number[]): void => expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
        for (const members of bins) falling(of(lengths, members));
        falling(bins.map((members) => lengths[members[0]!]!));
      }),
    );
  });

  it("is the same each time, and as full in whatever order sentences come", () => {
    const shuffled = lengths.chain((lengths) =>
      fc.tuple(fc.constant(lengths), fc.shuffledSubarray(lengths, { minLength: lengths.length })),
    );
    fc.assert(
      fc.property(shuffled, ([lengths, others]) => {
        const frozen = Object.freeze([...lengths]); // nor does it sort what it was given
        expect(packBins(frozen)).toEqual(packBins([...lengths]));
        expect(loads(others)).toEqual(loads(lengths));
        expect(packBins(others).size).toBe(packBins(lengths).size);
      }),
    );
  });
});
