import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeAll } from "../../lib/pretrain/encoded.ts";

describe("encodeAll", () => {
  it("gives back every sentence's encoding, however long sentences are", () => {
    const encode = (text: string) => ({
      ids: Int32Array.from(text, (c) => c.codePointAt(0) as number),
      typeIds: new Int32Array([...text].length),
    });
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 61 }), { maxLength: 13 }), (texts) => {
        const all = encodeAll(texts, encode);
        for (const [i, text] of texts.entries()) {
          expect(all.at(i)).toEqual(encode(text));
          expect(all.lengths[i]).toBe(encode(text).ids.length);
        }
      }),
    );
  });
});
