import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { random } from "../../lib/core/random.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { nearestNeighbours } from "../../lib/evaluate/neighbours.ts";
import { ontoPlane, principalPlane } from "../../lib/evaluate/plane.ts";
import { PROJECTIONS, type ProjectionMethod, project, projectTogether } from "../../lib/evaluate/projection.ts";
import { rowOf, squaredLength, vectorsOf } from "../../lib/evaluate/vectors.ts";
import { blobs, REFERENCE } from "./measures.ts";

const rng = random(3);
const close = (found: ArrayLike<number>, expected: readonly number[], digits: number): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(found[i], `number ${i}`).toBeCloseTo(v, digits);
  });
};

describe.each(REFERENCE.sets)("PCA of vectors $shape", ({ shape, vectors, others, pca }) => {
  const x = float32(vectors, shape);

  it("gives scikit-learn's points, signs included, and shares of variance", async () => {
    const { points, explained, settings } = await project(x, "pca", rng);
    expect(points.shape).toEqual([shape[0], 2]);
    close(points.data, pca.points, 5);
    close(explained!, pca.explained, 12);
    expect(settings).toEqual({ unitLength: false });
  });

  it("made from one set shows another where scikit-learn does", async () => {
    const plane = await principalPlane(x);
    close(plane.axes.flat(), pca.axes.flat(), 10);
    close(ontoPlane(plane, float32(others, [5, shape[1]])).data, pca.others, 5);
    const kept = JSON.parse(JSON.stringify(plane)) as typeof plane;
    expect(ontoPlane(kept, x).data).toEqual((await project(x, "pca", rng)).points.data);
  });
});

describe("PCA", () => {
  it("draws a line as a line, and one point as one point", async () => {
    const line = await project(
      float32(
        [1, 2, 3, 7, 11].flatMap((t) => [t, -2 * t, t]),
        [5, 3],
      ),
      "pca",
      rng,
    );
    expect(line.explained![0]).toBeCloseTo(1, 12);
    expect(line.explained![1]).toBe(0);
    expect([...line.points.data].filter((_, i) => i % 2)).toEqual([0, 0, 0, 0, 0]);
    const point = await project(float32(new Float32Array(21).fill(3), [7, 3]), "pca", rng);
    expect(point.explained).toEqual([0, 0]);
    expect(point.points.data).toEqual(new Float32Array(14));
  });

  it("of vectors of length 1 does not see lengths", async () => {
    const { vectors } = blobs(31, 7, 3);
    const stretched = vectors.data.map((v, i) => v * 2 ** (Math.floor(i / 7) % 4));
    const options = { unitLength: true };
    const [a, b] = [
      await project(vectors, "pca", rng, options),
      await project(float32(stretched, [31, 7]), "pca", rng, options),
    ];
    expect(b.points.data).toEqual(a.points.data);
    const plane = await principalPlane(vectors, options);
    expect(ontoPlane(plane, float32(stretched, [31, 7])).data).toEqual(a.points.data);
  });
});

/** Share of points of which the 5 nearest are all of their own class. */
async function purity(vectors: Parameters<typeof project>[0], labels: readonly number[], method: ProjectionMethod) {
  const { points } = await project(vectors, method, rng);
  const { indices, k } = nearestNeighbours(vectorsOf(points, method, 2), 5);
  return (
    labels.filter((c, i) => indices.subarray(i * k, (i + 1) * k).every((j) => labels[j] === c)).length / labels.length
  );
}

describe.each(PROJECTIONS)("%s", (method) => {
  const { vectors, labels } = blobs(97, 23, 12);

  it("keeps three far blobs apart", async () => {
    expect(await purity(vectors, labels, method)).toBe(1);
    expect(await purity(blobs(97, 23, 0).vectors, labels, method)).toBeLessThan(0.2); // one cloud stays one
  });

  it("gives the same bits for the same seed, whatever was drawn before", async () => {
    const other = random(3);
    for (let i = 0; i < 7; i++) other.next();
    const [a, b] = [await project(vectors, method, random(3)), await project(vectors, method, other)];
    expect(b).toEqual(a);
    expect(a.points.shape).toEqual([97, 2]);
    expect(a.points.data.every(Number.isFinite)).toBe(true);
    expect(squaredLength(rowOf(vectorsOf(a.points, method, 2), 0))).toBeGreaterThan(0);
    const seeded = await project(vectors, method, random(4));
    if (method === "pca") expect(seeded).toEqual(a);
    else expect(seeded.points.data).not.toEqual(a.points.data);
  });

  it("projects sets together as one, and gives each its points", async () => {
    const [first, second] = [vectors.data.slice(0, 23 * 41), vectors.data.slice(23 * 41)];
    const sets = [float32(first, [41, 23]), float32(second, [56, 23])];
    const { points, ...rest } = await projectTogether(sets, method, rng);
    const { points: whole, ...same } = await project(vectors, method, rng);
    expect(rest).toEqual(same);
    expect(points.map((p) => p.shape)).toEqual([
      [41, 2],
      [56, 2],
    ]);
    expect(points.flatMap((p) => [...p.data])).toEqual([...whole.data]);
    await expect(projectTogether([sets[0]!, float32([1, 2], [1, 2])], method, rng)).rejects.toThrow(
      /23 and of 2 numbers/,
    );
  });

  it("takes as few as four vectors, equal ones among them, and refuses two", async () => {
    for (const rows of [4, 5, 7]) {
      const few = float32(
        Array.from({ length: rows * 3 }, (_, i) => (i < 6 ? i % 3 : Math.sin(i))),
        [rows, 3],
      );
      const { points } = await project(few, method, rng);
      expect(points.data.every(Number.isFinite), `${rows}`).toBe(true);
    }
    await expect(project(float32([1, 2, 3, 4], [2, 2]), method, rng)).rejects.toThrow(InputError);
  });

  it("takes vectors that are all equal, or all equally far from each other, near or far", async () => {
    const cases = [new Float32Array(20 * 20).fill(1)];
    for (const far of [1e-4, 1, 1e4]) cases.push(Float32Array.from({ length: 20 * 20 }, (_, i) => (i % 21 ? 0 : far)));
    for (const data of cases) {
      const { points } = await project(float32(data, [20, 20]), method, rng);
      expect(points.data.every(Number.isFinite)).toBe(true);
    }
  });
});

describe("options of a projection", () => {
  const { vectors } = blobs(19, 5, 3);

  it("are made smaller for few vectors, and said", async () => {
    expect((await project(vectors, "tsne", rng)).settings).toEqual({
      unitLength: false,
      perplexity: 6,
      iterations: 500,
    });
    const few = blobs(11, 5, 3).vectors;
    expect((await project(few, "umap", rng)).settings).toMatchObject({ neighbours: 10, minDist: 0.1, epochs: 500 });
    expect((await project(blobs(101, 5, 3).vectors, "tsne", rng, { iterations: 3 })).settings.perplexity).toBe(30);
  });

  it("change the picture", async () => {
    const plain = await project(vectors, "umap", rng);
    for (const options of [{ neighbours: 5 }, { minDist: 0.8 }, { epochs: 50 }])
      expect((await project(vectors, "umap", rng, options)).points.data).not.toEqual(plain.points.data);
    const near = await project(vectors, "tsne", rng, { perplexity: 2 });
    expect(near.points.data).not.toEqual((await project(vectors, "tsne", rng)).points.data);
  });

  it.each([
    ["tsne", { perplexity: 7 }, /perplexity is 7 for 19 vectors; wanted a number from 1 to 6/],
    ["tsne", { perplexity: 0.5 }, /perplexity is 0.5/],
    ["tsne", { iterations: 2.5 }, /iterations is 2.5; wanted a whole number/],
    ["umap", { neighbours: 19 }, /neighbours is 19 for 19 vectors; wanted a number from 2 to 18/],
    ["umap", { neighbours: Number.NaN }, /neighbours is NaN/],
    ["umap", { minDist: -0.1 }, /minDist is -0.1/],
    ["umap", { epochs: 0 }, /epochs is 0/],
    ["mds" as "pca", {}, /no method mds; wanted one of pca, tsne and umap/],
  ] as const)("of %s %o are refused", async (method, options, message) => {
    const work = project(vectors, method, rng, options);
    await expect(work).rejects.toThrow(InputError);
    await expect(work).rejects.toThrow(message);
  });

  it("refuse more vectors than t-SNE can compare", async () => {
    const many = float32(new Float32Array(2 * 2001), [2001, 2]);
    await expect(project(many, "tsne", rng)).rejects.toThrow(/at most 2000: give it a sample/);
  });
});
