import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { preserved } from "../../lib/evaluate/preserved.ts";

interface Expected {
  readonly neighbours: number | null;
  readonly distances: number;
}

/** By test/reference/preserved.py, with scipy and scikit-learn. */
const CASES = JSON.parse(readFileSync("test/fixtures/evaluate/preserved.json", "utf8")) as {
  readonly shape: [number, number];
  readonly k: number;
  readonly vectors: number[];
  readonly points: number[];
  readonly plain: Expected;
  readonly unit: Expected;
}[];

describe("what a picture keeps", () => {
  it.each(CASES)(
    "is what scipy and scikit-learn find, for vectors $shape",
    ({ shape, k, vectors, points, ...expected }) => {
      for (const name of ["plain", "unit"] as const) {
        const { neighbours, distances } = preserved(float32(vectors, shape), float32(points, [shape[0], 2]), {
          neighbours: k,
          unitLength: name === "unit",
        });
        expect(distances, name).toBeCloseTo(expected[name].distances, 10);
        if (expected[name].neighbours !== null) expect(neighbours, name).toBeCloseTo(expected[name].neighbours, 12);
      }
    },
  );

  it("is all of two-dimensional vectors, moved and enlarged", () => {
    const rng = random("plane");
    const data = Array.from({ length: 2 * 31 }, () => rng.normal());
    const vectors = float32(data, [31, 2]);
    const moved = float32(
      data.map((x) => 4 * x + 8),
      [31, 2],
    );
    const kept = preserved(vectors, moved, { neighbours: 7 });
    expect(kept.neighbours).toBe(1);
    expect(kept.distances).toBeCloseTo(1, 6);
  });

  it("refuses points of another number", () => {
    const vectors = float32(
      new Float32Array(35).map((_, i) => i * i),
      [5, 7],
    );
    expect(() => preserved(vectors, float32([0, 1, 2, 3, 4, 5], [3, 2]))).toThrow("got 3 points for 5 vectors");
  });
});
