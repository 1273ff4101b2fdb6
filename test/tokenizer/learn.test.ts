import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { learnVocabulary } from "../../lib/tokenizer/learn.ts";

describe("learning a WordPiece vocabulary", () => {
  it("merges the most frequent pair first, and the first by text of equal ones", () => {
    // Words low x5, lower x2, newest x6, widest x3, the example of Sennrich et al. 2016.
    // ##e ##s and ##s ##t stand 9 times each, and ##e goes before ##s; then l ##o and ##o ##w 7 times each, ##o first.
    const texts = [
      ...Array(5).fill("low"),
      ...Array(2).fill("lower"),
      ...Array(6).fill("newest"),
      ...Array(3).fill("widest"),
    ];
    const vocabulary = learnVocabulary(texts, { size: 30 });
    const alphabet = vocabulary.slice(5, vocabulary.indexOf("##es"));
    expect(vocabulary.slice(0, 5)).toEqual(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]);
    expect(alphabet).toEqual([...alphabet].sort());
    expect(vocabulary.slice(5 + alphabet.length, 10 + alphabet.length)).toEqual([
      "##es",
      "##est",
      "##ow",
      "low",
      "##ew",
    ]);
  });

  it("keeps Chinese characters apart and folds case and accents", () => {
    const vocabulary = learnVocabulary(["天气天气", "天气", "Café CAFÉ"], { size: 60 });
    expect(vocabulary).toContain("天");
    expect(vocabulary).toContain("cafe");
    expect(vocabulary.some((v) => /[A-Zé]/.test(v) && !v.startsWith("["))).toBe(false);
    expect(vocabulary).not.toContain("天气");
  });

  it("does not depend on the order of the texts, has no repeats, and holds at most `size` entries", () => {
    const word = fc.string({ unit: fc.constantFrom("a", "b", "c", "d"), minLength: 1, maxLength: 7 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 2, maxLength: 30 }), fc.integer({ min: 13, max: 40 }), (words, size) => {
        const one = learnVocabulary(words, { size });
        expect(learnVocabulary([...words].reverse(), { size })).toEqual(one);
        expect(new Set(one).size).toBe(one.length);
        expect(one.length).toBeLessThanOrEqual(size);
      }),
    );
  });

  it("says how many characters there are when the vocabulary cannot hold them", () => {
    expect(() => learnVocabulary(["ab", "ab", "cd", "cd"], { size: 7 })).toThrow(
      /vocabulary of 7: the texts have 4 characters/,
    );
  });
});
