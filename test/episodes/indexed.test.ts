import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { indexedPairs } from "../../lib/episodes/indexed.ts";

describe("indexed pairs", () => {
  it("name every text once and give back the pairs", () => {
    const text = fc.constantFrom("一", "二", "三", "四", "五");
    fc.assert(
      fc.property(fc.array(fc.record({ a: text, b: text }), { maxLength: 23 }), (pairs) => {
        const { texts, a, b } = indexedPairs(pairs);
        expect(new Set(texts).size).toBe(texts.length);
        expect(new Set(texts)).toEqual(new Set(pairs.flatMap((p) => [p.a, p.b])));
        expect(pairs.map((_, i) => ({ a: texts[a[i] as number], b: texts[b[i] as number] }))).toEqual(pairs);
      }),
    );
  });
});
