import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { type Geometry, geometry } from "../../lib/evaluate/geometry.ts";
import { blobs, REFERENCE } from "./measures.ts";

const MEASURES = [
  "meanCosine",
  "withinCosine",
  "betweenCosine",
  "scatterRatio",
  "effectiveRank",
  "firstShare",
  "isoScore",
  "hubness",
] as const;

describe.each(REFERENCE.sets)(
  "the geometry of vectors $shape",
  ({ shape, vectors, labels, hub, geometry: expected }) => {
    const x = float32(vectors, shape);

    it("equals numpy's, scipy's and scikit-learn's", async () => {
      const found = await geometry(x, labels, { hubNeighbours: hub });
      // The package of IsoScore takes a root in single precision.
      for (const name of MEASURES) expect(found[name], name).toBeCloseTo(expected[name]!, name === "isoScore" ? 7 : 9);
      expect(found.nearestAccuracy).toBeCloseTo(expected.nearestAccuracy.euclidean, 12);
      expect(found).toMatchObject({ vectors: shape[0], classes: new Set(labels).size });
      const { nearestAccuracy } = await geometry(x, labels, { distance: "cosine" });
      expect(nearestAccuracy).toBeCloseTo(expected.nearestAccuracy.cosine, 12);
    });

    it("does not change with the names of classes, the scale or the order", async () => {
      const found = await geometry(x, labels);
      const named = labels.map((c) => `class ${c}`);
      expect(await geometry(x, named)).toEqual(found);
      const larger = await geometry(
        float32(
          vectors.map((v) => 4 * v),
          shape,
        ),
        labels,
      );
      expect(larger).toEqual(found); // a power of two: exact
      const [rows, width] = shape;
      const turned = Array.from({ length: rows }, (_, i) => rows - 1 - i);
      const back = await geometry(
        float32(
          turned.flatMap((i) => vectors.slice(i * width, (i + 1) * width)),
          shape,
        ),
        turned.map((i) => labels[i]!),
      );
      for (const [name, value] of Object.entries(found))
        expect(back[name as keyof Geometry], name).toBeCloseTo(value, 9);
    });
  },
);

describe("geometry", () => {
  it("tells far blobs from one cloud", async () => {
    const far = blobs(47, 11, 20);
    const apart = await geometry(far.vectors, far.labels);
    const cloud = await geometry(blobs(47, 11, 0).vectors, far.labels);
    expect(apart.nearestAccuracy).toBe(1);
    expect(apart.scatterRatio).toBeLessThan(0.01);
    expect(apart.withinCosine).toBeGreaterThan(0.99);
    expect(apart.betweenCosine).toBeLessThan(0.1);
    expect(cloud.nearestAccuracy).toBeLessThan(0.7);
    expect(cloud.scatterRatio).toBeGreaterThan(5);
    expect(Math.abs(cloud.meanCosine)).toBeLessThan(0.1);
    expect(apart.isoScore).toBeLessThan(cloud.isoScore);
    expect(apart.effectiveRank).toBeLessThan(cloud.effectiveRank);
  });

  it("knows full and single use of the dimensions", async () => {
    // +-e_j for all j: the same variance everywhere, any two other rows at right angles or opposite.
    const cross = [0, 1, 2, 3, 4].flatMap((j) => [1, -1].map((s) => [0, 1, 2, 3, 4].map((k) => (k === j ? s : 0))));
    const round = await geometry(float32(cross.flat(), [10, 5]), [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
    expect(round.isoScore).toBeCloseTo(1, 12);
    expect(round.effectiveRank).toBeCloseTo(5, 12);
    expect(round.firstShare).toBeCloseTo(1 / 5, 12);
    expect(round.meanCosine).toBeCloseTo(-1 / 9, 12); // each row: one opposite, eight at right angles
    const line = float32(
      [1, 2, 3, 4, 5, 7, 11].flatMap((t) => [t, 2 * t, -t]),
      [7, 3],
    );
    const flat = await geometry(line, [0, 0, 1, 1, 2, 2, 2]);
    expect(flat.isoScore).toBeCloseTo(0, 12);
    expect(flat.effectiveRank).toBeCloseTo(1, 12);
    expect(flat.firstShare).toBeCloseTo(1, 12);
    expect(flat.meanCosine).toBeCloseTo(1, 12);
  });

  it("keeps mean cosines the weighted mean of those within and between", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })), {
          minLength: 3,
          maxLength: 13,
        }),
        async (rows) => {
          const labels = rows.map((_, i) => i % 2);
          const g = await geometry(float32(rows.flat(), [rows.length, 2]), labels);
          const [even, odd] = [Math.ceil(rows.length / 2), Math.floor(rows.length / 2)];
          const within = (even * (even - 1) + odd * (odd - 1)) / 2;
          const pairs = (rows.length * (rows.length - 1)) / 2;
          const mean = (within * g.withinCosine + (pairs - within) * g.betweenCosine) / pairs;
          expect(g.meanCosine).toBeCloseTo(mean, 9);
        },
      ),
    ));

  it("says what a collapsed encoder has not: dimensions", async () => {
    const same = await geometry(float32(new Float32Array(5 * 3).fill(2), [5, 3]), [0, 0, 1, 1, 1]);
    expect(same.meanCosine).toBeCloseTo(1, 12);
    expect([same.effectiveRank, same.firstShare, same.isoScore]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  it.each([
    ["a scalar for each", [5], [0, 0, 1, 1, 1], /float32\[5\].*\[B, D\]/],
    ["two vectors", [2, 2], [0, 1], /2 vectors; wanted at least 3/],
    ["too few labels", [3, 2], [0, 1], /2 labels for 3 vectors/],
    ["one class", [3, 2], ["a", "a", "a"], /all vectors are of class a/],
  ])("refuses %s", async (_, shape, labels, message) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const work = geometry(
      float32(
        Array.from({ length: size }, (__, i) => i),
        shape,
      ),
      labels,
    );
    await expect(work).rejects.toThrow(InputError);
    await expect(work).rejects.toThrow(message);
  });

  it("refuses what is no number, and names the vector", async () => {
    const broken = float32([1, 2, 3, 4, Number.NaN, 6], [3, 2]);
    await expect(geometry(broken, [0, 1, 0])).rejects.toThrow(/vector 2 holds NaN/);
  });
});
