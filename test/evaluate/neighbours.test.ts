import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { nearestNeighbours } from "../../lib/evaluate/neighbours.ts";
import { vectorsOf } from "../../lib/evaluate/vectors.ts";

describe("nearest neighbours", () => {
  it("are those of sorting all others by distance, of equal ones the first", () => {
    const small = fc.integer({ min: -3, max: 3 });
    const points = fc.array(fc.tuple(small, small, small), { minLength: 2, maxLength: 17 });
    fc.assert(
      fc.property(points, fc.nat(), (rows, some) => {
        const k = 1 + (some % (rows.length - 1));
        const near = nearestNeighbours(vectorsOf(float32(rows.flat(), [rows.length, 3]), "test", 2), k);
        rows.forEach((a, i) => {
          const others = rows
            .map((b, j) => ({ j, distance: Math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2) }))
            .filter(({ j }) => j !== i)
            .sort((p, q) => p.distance - q.distance || p.j - q.j);
          expect([...near.indices.subarray(i * k, (i + 1) * k)]).toEqual(others.slice(0, k).map(({ j }) => j));
          others.slice(0, k).forEach(({ distance }, n) => {
            expect(near.distances[i * k + n]).toBeCloseTo(distance, 12);
          });
        });
      }),
    );
  });

  it("cannot be more than the others", () => {
    const x = vectorsOf(float32([1, 2, 3, 4, 5, 6], [3, 2]), "test", 2);
    expect(() => nearestNeighbours(x, 3)).toThrow(/3 of 3 vectors/);
  });
});
