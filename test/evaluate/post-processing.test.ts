import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { squaredDistance } from "../../lib/evaluate/neighbours.ts";
import { allButTheTop, whitening } from "../../lib/evaluate/post-processing.ts";
import { rowOf, vectorsOf } from "../../lib/evaluate/vectors.ts";

// Made by test/reference/post_processing.py with scikit-learn.
const { repairs } = JSON.parse(readFileSync("test/fixtures/evaluate/post-processing.json", "utf8")) as {
  repairs: {
    shape: [number, number];
    sample: number[];
    vectors: number[];
    top: number;
    allButTheTop: number[];
    whitenedDistances: number[];
  }[];
};

describe.each(repairs)("repairs fitted to a sample $shape", (expected) => {
  const sample = float32(expected.sample, expected.shape);
  const x = float32(expected.vectors, [5, expected.shape[1]]);

  it("take out the mean and the top components as scikit-learn finds them", async () => {
    const { data, shape } = (await allButTheTop(sample, expected.top))(x);
    expect(shape).toEqual(x.shape);
    data.forEach((v, i) => {
      expect(v).toBeCloseTo(expected.allButTheTop[i] as number, 5);
    });
  });

  it("whiten as scikit-learn does, up to signs", async () => {
    const white = vectorsOf((await whitening(sample))(x), "test", 2);
    expected.whitenedDistances.forEach((distance, i) => {
      const found = squaredDistance(rowOf(white, Math.floor(i / 5)), rowOf(white, i % 5));
      expect(Math.abs(found - distance)).toBeLessThan(1e-4 * Math.max(1, distance));
    });
  });

  it("leave the sample itself with mean nought", async () => {
    for (const repair of [await allButTheTop(sample, 0), await allButTheTop(sample, 3), await whitening(sample)]) {
      const { data } = repair(sample);
      const [rows, width] = expected.shape;
      for (let j = 0; j < width; j++) {
        const sum = Array.from({ length: rows }, (_, i) => data[i * width + j] as number).reduce((a, b) => a + b, 0);
        expect(sum / rows).toBeCloseTo(0, 5);
      }
    }
  });
});

describe("repairs", () => {
  const sample = float32([1, 2, 3, 3, 5, 1, 2, 2, 2, 7, 1, 0], [4, 3]);

  it("change no distance where only the mean goes", async () => {
    const before = vectorsOf(sample, "test", 2);
    const after = vectorsOf((await allButTheTop(sample, 0))(sample), "test", 2);
    expect(squaredDistance(rowOf(after, 0), rowOf(after, 3))).toBeCloseTo(
      squaredDistance(rowOf(before, 0), rowOf(before, 3)),
      5,
    );
  });

  it("say what is wrong with what they are given", async () => {
    await expect(allButTheTop(sample, 3)).rejects.toThrow("3 components of 3 dimensions; wanted 0 .. 2");
    await expect(whitening(float32([1, 2], [1, 2]))).rejects.toThrow("got 1 vector; wanted at least 2");
    const repair = await allButTheTop(sample, 1);
    expect(() => repair(float32([1, 2], [1, 2]))).toThrow("got vectors of 2 numbers; the sample has 3");
  });
});
