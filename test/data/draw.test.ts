import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawSplit } from "../../lib/data/draw.ts";
import type { ClassTexts } from "../../lib/data/types.ts";

function classes(names: readonly string[]): ClassTexts {
  return Object.fromEntries(names.map((name) => [name, [`${name}!`]]));
}

const names = (n: number): string[] => Array.from({ length: n }, (_, i) => `c${i}`);

describe("a drawn split", () => {
  it("puts every class into one part, cut at thirds", () => {
    fc.assert(
      fc.property(fc.integer({ min: 6, max: 211 }), fc.nat(), (n, seed) => {
        const all = classes(names(n));
        const { train, dev, test } = drawSplit(all, "x", { seed });
        const parts = [train, dev, test].map((part) => Object.keys(part));
        expect(parts.map((part) => part.length)).toEqual([
          Math.floor(n / 3),
          Math.floor((2 * n) / 3) - Math.floor(n / 3),
          n - Math.floor((2 * n) / 3),
        ]);
        expect({ ...train, ...dev, ...test }).toEqual(all);
      }),
    );
  });

  it("does not depend on the order of the classes in the file", () => {
    const there = drawSplit(classes(names(13)), "x");
    const back = drawSplit(classes(names(13).reverse()), "x");
    expect(Object.keys(back.train).sort()).toEqual(Object.keys(there.train).sort());
  });

  it("takes fractions, 0 among them", () => {
    const { train, dev, test } = drawSplit(classes(names(17)), "x", { fractions: [0.6, 0, 0.4] });
    expect([train, dev, test].map((part) => Object.keys(part).length)).toEqual([10, 0, 7]);
  });

  it("does not lose a class to rounding", () => {
    const { train, dev, test } = drawSplit(classes(names(30)), "x", { fractions: [0.7, 0.2, 0.1] });
    expect([train, dev, test].map((part) => Object.keys(part).length)).toEqual([21, 6, 3]); // 30 * (0.7 + 0.2) < 27
  });

  it.each<[readonly [number, number, number]]>([[[0.5, 0.5, 0.5]], [[-0.5, 1, 0.5]], [[Number.NaN, 0.5, 0.5]]])(
    "refuses the fractions %j",
    (fractions) => {
      expect(() => drawSplit(classes(names(17)), "x", { fractions })).toThrow(/three numbers from 0 that add up to 1/);
    },
  );

  it("refuses fractions that leave a part with fewer than 2 classes", () => {
    expect(() => drawSplit(classes(names(7)), "x.json", { fractions: [0.8, 0.1, 0.1] })).toThrow(
      /^x\.json: 7 classes cannot be split .* \(fractions gave 5, 1, 1\)/,
    );
  });
});
