import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { nearestTexts } from "../../lib/evaluate/nearest-texts.ts";

const angles = [0, 1, 0.2, -0.3, 2];
const vectors = float32(
  angles.flatMap((a, i) => [(i + 1) * Math.cos(a), (i + 1) * Math.sin(a)]), // of every length: only directions count
  [5, 2],
);
const items = { texts: ["zero", "one", "two", "three", "four"], labels: ["a", "b", "b", "a", "a"] };

describe("the nearest texts", () => {
  it("are those of the highest cosine, after the text itself", () => {
    const found = nearestTexts(vectors, items, 0, 3);
    expect(found).toEqual([
      { rank: 0, cosine: 1, class: "a", same: "", text: "zero" },
      { rank: 1, cosine: Number(Math.cos(0.2).toFixed(3)), class: "b", same: "no", text: "two" },
      { rank: 2, cosine: Number(Math.cos(0.3).toFixed(3)), class: "a", same: "yes", text: "three" },
      { rank: 3, cosine: Number(Math.cos(1).toFixed(3)), class: "b", same: "no", text: "one" },
    ]);
  });

  it("are asked of a text that there is", () => {
    expect(() => nearestTexts(vectors, items, 5)).toThrow("there is no text 5; wanted 0 .. 4");
    expect(() => nearestTexts(vectors, { ...items, texts: ["zero"] }, 0)).toThrow("got 1 texts for 5 vectors");
    expect(() => nearestTexts(vectors, items, 0, 5)).toThrow("5 of 5 vectors");
  });
});
