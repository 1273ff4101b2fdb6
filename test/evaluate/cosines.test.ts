import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { pairCosines } from "../../lib/evaluate/cosines.ts";
import { geometry } from "../../lib/evaluate/geometry.ts";
import { blobs } from "./measures.ts";

describe("cosines of pairs", () => {
  const { vectors } = blobs(43, 7, 2);
  const labels = Array.from({ length: 43 }, (_, i) => (i < 29 ? "large" : i < 40 ? "small" : "least")); // sizes 29, 11, 3

  it("are evenly drawn: their means are those over all pairs", async () => {
    const { withinCosine, betweenCosine } = await geometry(vectors, labels);
    const { within, between } = pairCosines(vectors, labels, { pairs: 20_011 });
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    expect([within.length, between.length]).toEqual([20_011, 20_011]);
    expect(mean(within)).toBeCloseTo(withinCosine, 1.8); // 0.008, above two standard errors of the mean
    expect(mean(between)).toBeCloseTo(betweenCosine, 1.8);
  });

  it("are of two different vectors, of one class or of two", () => {
    // On a line of angles every pair has a cosine of its own.
    const angles = [0, 0.1, 0.3, 1.3, 1.75, 2.41];
    const flat = float32(
      angles.flatMap((a) => [Math.cos(a), Math.sin(a)]),
      [6, 2],
    );
    const cosinesOf = (same: boolean): number[] =>
      angles.flatMap((a, i) =>
        angles.flatMap((b, j) =>
          i < j && (Math.floor(i / 3) === Math.floor(j / 3)) === same ? [Math.cos(a - b)] : [],
        ),
      );
    const { within, between } = pairCosines(flat, [0, 0, 0, 1, 1, 1], { pairs: 499 });
    const rounded = (values: number[]): string[] => [...new Set(values.map((v) => v.toFixed(5)))].sort();
    expect(rounded(within)).toEqual(rounded(cosinesOf(true)));
    expect(rounded(between)).toEqual(rounded(cosinesOf(false)));
  });

  it("say how often a pair of one class is the more alike", () => {
    const far = blobs(43, 7, 50);
    expect(pairCosines(far.vectors, far.labels).auroc).toBe(1);
    const rng = random(3);
    const none = far.labels.map(() => rng.int(3));
    expect(pairCosines(blobs(43, 7, 0).vectors, none).auroc).toBeCloseTo(0.5, 1);
  });

  it("are the same pairs for the same labels", () => {
    const once = pairCosines(vectors, labels, { pairs: 31 });
    const twice = float32(
      vectors.data.map((v) => 2 * v),
      [43, 7],
    );
    expect(pairCosines(twice, labels, { pairs: 31 })).toEqual(once);
    expect(pairCosines(vectors, labels, { pairs: 31, rng: random(2) }).within).not.toEqual(once.within);
  });

  it("must exist", () => {
    const one = labels.map(() => "one");
    expect(() => pairCosines(vectors, one)).toThrow("1 classes of 43 vectors; wanted pairs of one and of two");
    expect(() => pairCosines(vectors, [...labels.keys()])).toThrow("43 classes of 43 vectors");
    expect(() => pairCosines(vectors, labels.slice(1))).toThrow("got 42 labels for 43 vectors");
    expect(() => pairCosines(vectors, labels, { pairs: 0 })).toThrow("pairs is 0");
  });
});
