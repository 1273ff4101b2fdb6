import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { riskCoverage, rocCurve } from "../../lib/evaluate/curves.ts";
import { auroc, rejection } from "../../lib/evaluate/open-set.ts";
import { REFERENCE } from "./measures.ts";

const { score, known, right, roc, risk } = REFERENCE.curves;
const items = score.map((s, i) => ({ score: s, known: known[i]!, right: right[i]! }));
const lists = fc
  .array(fc.record({ score: fc.integer({ min: -5, max: 5 }), known: fc.boolean(), right: fc.boolean() }), {
    minLength: 2,
    maxLength: 43,
  })
  .map((list) => list.map((i) => ({ ...i, score: i.score / 7, right: i.known && i.right })));
const bothSides = lists.filter((l) => l.some((i) => i.known) && l.some((i) => !i.known));

describe("the ROC curve", () => {
  it("passes through the points of sklearn.metrics.roc_curve, ties among them", () => {
    const found = rocCurve(items);
    expect(found.area).toBeCloseTo(roc.area, 12);
    const at = roc.otherAccepted.map((x, i) => `${x.toFixed(9)} ${roc.knownAccepted[i]!.toFixed(9)}`);
    const corners = found.otherAccepted.map((x, i) => `${x.toFixed(9)} ${found.knownAccepted[i]!.toFixed(9)}`);
    expect(at).toEqual(expect.arrayContaining(corners));
    const between = at.filter((p) => !corners.includes(p)).length;
    expect(corners.length + between).toBe(at.length);
  });

  it("has exactly the area that auroc() gives, and its trapezoids have it", () => {
    fc.assert(
      fc.property(bothSides, (list) => {
        const { otherAccepted: x, knownAccepted: y, area } = rocCurve(list);
        expect(area).toBe(auroc(list));
        const trapezoids = x.slice(1).reduce((sum, v, i) => sum + ((v - x[i]!) * (y[i + 1]! + y[i]!)) / 2, 0);
        expect(trapezoids).toBeCloseTo(area, 12);
      }),
    );
  });

  it("goes from nothing to everything by what each threshold accepts, and has no point inside a straight piece", () => {
    fc.assert(
      fc.property(bothSides, (list) => {
        const { otherAccepted: x, knownAccepted: y, thresholds } = rocCurve(list);
        expect([x[0], y[0], thresholds[0]]).toEqual([0, 0, null]);
        expect([x.at(-1), y.at(-1)]).toEqual([1, 1]);
        thresholds.slice(1).forEach((t, i) => {
          expect(x[i + 1]).toBeCloseTo(1 - rejection(list, t!).otherRecall, 12);
          const accepted = list.filter((item) => item.known && item.score >= t!);
          expect(y[i + 1]).toBeCloseTo(accepted.length / list.filter((item) => item.known).length, 12);
        });
        for (let i = 2; i < x.length; i++) {
          const turn = (x[i - 1]! - x[i - 2]!) * (y[i]! - y[i - 1]!) - (x[i]! - x[i - 1]!) * (y[i - 1]! - y[i - 2]!);
          expect(Math.abs(turn)).toBeGreaterThan(1e-12);
        }
      }),
    );
  });

  it("is plain JSON", () => {
    expect(JSON.parse(JSON.stringify(rocCurve(items)))).toEqual(rocCurve(items));
  });

  it("wants both sides", () => {
    expect(() => rocCurve([{ score: 1, known: true }])).toThrow(InputError);
    expect(() => rocCurve([{ score: 1, known: true }])).toThrow(/1 known and 0 other/);
  });
});

describe("risk and coverage", () => {
  it("are those computed threshold by threshold, ties among them", () => {
    const found = riskCoverage(items);
    expect(found.coverage).toEqual(risk.coverage);
    found.risk.forEach((r, i) => {
      expect(r).toBeCloseTo(risk.risk[i]!, 12);
    });
    expect(found.area).toBeCloseTo(risk.area, 12);
    expect(found.excess).toBeCloseTo(risk.excess, 12);
    expect(found.thresholds).toEqual([...new Set(score)].sort((a, b) => b - a));
  });

  it("end at the error rate of all, and exceed the best order by nothing only where wrong ones come last", () => {
    fc.assert(
      fc.property(lists, (list) => {
        const { coverage, risk: risks, area, excess } = riskCoverage(list);
        const wrong = list.filter((i) => !i.right).length;
        expect(coverage.at(-1)).toBe(1);
        expect(risks.at(-1)).toBe(wrong / list.length);
        expect(area).toBeGreaterThanOrEqual(0);
        expect(area).toBeLessThanOrEqual(1);
        expect(excess).toBeGreaterThanOrEqual(-1e-12);
        const best = riskCoverage(list.map((i, n) => ({ ...i, score: (i.right ? 100 : 0) + n })));
        expect(best.excess).toBeCloseTo(0, 12);
        expect(area - best.area).toBeCloseTo(excess, 12);
      }),
    );
  });

  it("do not depend on the order of the queries", () => {
    expect(riskCoverage([...items].reverse())).toEqual(riskCoverage(items));
  });

  it("need queries", () => {
    expect(() => riskCoverage([])).toThrow(/no queries/);
  });
});
