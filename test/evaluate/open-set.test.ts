import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { auroc, bestOtherThreshold, type Confidence, rejection } from "../../lib/evaluate/open-set.ts";

const item = (score: number, known: boolean, right = known): Confidence => ({ score, known, right });
const items = fc.array(
  fc.record({ score: fc.integer({ min: -5, max: 5 }), known: fc.boolean(), right: fc.boolean() }),
  { minLength: 2, maxLength: 40 },
);
const bothSides = items.filter((l) => l.some((i) => i.known) && l.some((i) => !i.known));

describe("AUROC", () => {
  it("equals sklearn.metrics.roc_auc_score on a list with ties", () => {
    // roc_auc_score([1,1,0,1,0,0,1], [.9,.8,.8,.3,.3,.1,.05]) = 0.5833333333333333
    const scores = [0.9, 0.8, 0.8, 0.3, 0.3, 0.1, 0.05];
    const known = [true, true, false, true, false, false, true];
    expect(auroc(scores.map((s, i) => item(s, known[i]!)))).toBeCloseTo(0.5833333333333333, 12);
  });

  it("is the share of pairs in the right order, equal ones counting half", () => {
    fc.assert(
      fc.property(bothSides, (list) => {
        const pairs = list
          .filter((i) => i.known)
          .flatMap((k) => list.filter((i) => !i.known).map((o) => Math.sign(k.score - o.score)));
        expect(auroc(list)).toBeCloseTo(pairs.reduce<number>((a, s) => a + (s + 1) / 2, 0) / pairs.length, 10);
      }),
    );
  });

  it("is NaN where one side is empty", () => {
    expect(auroc([item(1, true), item(2, true)])).toBeNaN();
  });
});

describe("the threshold for other", () => {
  it("gives the highest mean of the two recalls of all thresholds", () => {
    fc.assert(
      fc.property(bothSides, (list) => {
        const value = (t: number): number => {
          const known = list.filter((i) => i.known);
          const other = list.filter((i) => !i.known);
          return (
            known.filter((i) => i.score >= t).length / known.length +
            other.filter((i) => i.score < t).length / other.length
          );
        };
        // Accepting nothing is no threshold worth having: at least the best one must beat or equal all that accept some.
        const best = Math.max(...Array.from({ length: 11 }, (_, i) => value(i - 5)));
        expect(value(bestOtherThreshold(list))).toBeCloseTo(best, 10);
      }),
    );
  });

  it("rejects below and accepts at or above it", () => {
    const list = [item(3, true), item(2, true, false), item(1, true), item(2, false), item(0, false)];
    expect(rejection(list, 2)).toEqual({ threshold: 2, knownAccuracy: 1 / 3, otherRecall: 1 / 2 });
  });
});
