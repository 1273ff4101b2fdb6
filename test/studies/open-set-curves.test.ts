import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Confidence } from "../../lib/evaluate/open-set.ts";
import { beyondLuck, curvesFile, shares, thinned } from "../../lib/studies/open-set-curves.ts";

describe("a thinned curve", () => {
  it("keeps the ends and at most 201 points, and strays from the whole by less than a step", () => {
    const x = Array.from({ length: 5003 }, (_, i) => i / 5002);
    const y = x.map((v) => v ** 0.1); // as steep at 0 as a good ROC curve
    const few = thinned({ x, y }, ["x", "y"]);
    expect(few.x.length).toBeLessThanOrEqual(201);
    expect(few.x.length).toBeGreaterThan(120);
    expect([few.x[0], few.y[0], few.x.at(-1), few.y.at(-1)]).toEqual([0, 0, 1, 1]);
    for (const [i, v] of few.x.entries()) expect(few.y[i]).toBe(v ** 0.1);
    const far = few.x.findIndex((v) => v > 0.01); // before it the curve itself leaps
    const gaps = few.x
      .slice(far)
      .map((v, i) => Math.hypot(v - few.x[far + i - 1]!, few.y[far + i]! - few.y[far + i - 1]!));
    expect(Math.max(...gaps)).toBeLessThan(0.02);
  });

  it("of few points is the curve", () => {
    const curve = { a: [0, 0.5, 1], b: [0, 1, 1] };
    expect(thinned(curve, ["a", "b"])).toEqual(curve);
  });
});

describe("a curve of risk", () => {
  it("begins where one percent of the queries are answered", () => {
    const coverage = Array.from({ length: 307 }, (_, i) => (i + 1) / 307);
    const risk = coverage.map((c) => c / 3);
    const kept = beyondLuck({ coverage, risk });
    expect(kept.coverage[0]).toBeCloseTo(4 / 307, 12); // 3 of 307 are less than one percent
    expect(kept.risk).toEqual(risk.slice(3));
  });
});

describe("the spread of scores", () => {
  const item = (score: number, known: boolean): Confidence => ({ score, known, right: known });

  it("sums to one for each part and kind, in bins that all share", () => {
    const items = fc.array(fc.tuple(fc.double({ min: -50, max: 50, noNaN: true }), fc.boolean()), { minLength: 3 });
    fc.assert(
      fc.property(items, items, (dev, test) => {
        const both = [item(1, true), item(2, false)];
        const spread = shares({
          dev: [...both, ...dev.map(([s, k]) => item(s, k))],
          test: [...both, ...test.map(([s, k]) => item(s, k))],
        });
        expect(spread.map((s) => `${s.kind} ${s.part}`)).toEqual([
          ...["known dev", "other dev", "known test", "other test"],
        ]);
        for (const { share, score } of spread) {
          expect(share.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
          expect(score).toEqual(spread[0]?.score);
        }
      }),
    );
  });

  it("puts a score into the bin whose middle is nearest to it", () => {
    const dev = Array.from({ length: 31 }, (_, i) => item(i, i % 2 === 0));
    const [known, other] = shares({ dev, test: dev });
    expect(known?.score[0]).toBeCloseTo(0.5, 12); // bins of width 1 from 0
    expect(known?.share[0]).toBeCloseTo(1 / 16, 12);
    expect(other?.share[0]).toBe(0);
    expect(known?.share[29]).toBeCloseTo(1 / 16, 12); // 30, the end, lies in the last bin
    expect(other?.share[29]).toBeCloseTo(1 / 15, 12);
  });
});

it("curves have a file of their own for each line", () => {
  const cell = { data: "zh", head: "matching, max", encoder: "raw", otherFrom: "set", nShot: 5 };
  expect(curvesFile(cell)).toBe("curves/zh-matching-max-raw-set-5.json");
  expect(curvesFile({ ...cell, data: "中文/a" })).toBe("curves/中文-a-matching-max-raw-set-5.json");
});
