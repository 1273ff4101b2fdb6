import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import {
  argMax,
  bestVectorThreshold,
  episodeAccuracy,
  estimate,
  wholeVectorAccuracy,
} from "../../lib/evaluate/accuracy.ts";
import type { ScoredEpisode } from "../../lib/evaluate/score.ts";

function episode(rows: readonly (readonly number[])[], labels: readonly number[]): ScoredEpisode {
  return { scores: float32(rows.flat(), [rows.length, rows[0]!.length]), labels };
}

describe("estimate", () => {
  it("is the mean with 1.96 * s / sqrt(n)", () => {
    // statistics.stdev([.2, .4, .9]) of Python: 0.36055512754639896
    const e = estimate([0.2, 0.4, 0.9]);
    expect(e.mean).toBeCloseTo(0.5, 12);
    expect(e.sd).toBeCloseTo(0.36055512754639896, 12);
    expect(e.ci95).toBeCloseTo((1.96 * 0.36055512754639896) / Math.sqrt(3), 12);
  });

  it("knows nothing of the spread of a single number", () => {
    expect(estimate([0.5]).ci95).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("episode accuracy", () => {
  it("counts the queries that have a class, by their highest score", () => {
    const e = episode(
      [
        [1, 2, 0],
        [3, 0, 1],
        [0, 0, 9],
        [5, 1, 1],
      ],
      [1, 0, -1, 2],
    );
    expect(episodeAccuracy(e)).toBeCloseTo(2 / 3, 12);
  });

  it("takes the first of equal scores", () => {
    expect(argMax([1, 3, 3])).toBe(1);
  });
});

describe("whole-vector accuracy", () => {
  it("wants yes for the own class and no for all others, and no for all where there is no class", () => {
    const e = episode(
      [
        [0.9, 0.1],
        [0.9, 0.6],
        [0.2, 0.4],
        [0.1, 0.5],
      ],
      [0, 0, -1, -1],
    );
    expect(wholeVectorAccuracy(e, 0.5)).toBe(0.5); // first right; second has two yes; third right; fourth says yes at 0.5
  });

  const episodes = fc.array(
    fc.record({
      rows: fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 }), {
        minLength: 5,
        maxLength: 5,
      }),
      labels: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 5, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 7 },
  );

  it("is highest at the threshold that bestVectorThreshold finds", () => {
    fc.assert(
      fc.property(episodes, (list) => {
        const scored = list.map(({ rows, labels }) => episode(rows, labels));
        const at = (t: number): number => estimate(scored.map((e) => wholeVectorAccuracy(e, t))).mean;
        const best = Math.max(...Array.from({ length: 41 }, (_, i) => at(-10.25 + i / 2)));
        expect(at(bestVectorThreshold(scored))).toBeCloseTo(best, 10);
      }),
    );
  });
});
