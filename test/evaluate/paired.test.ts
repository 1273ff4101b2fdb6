import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { random } from "../../lib/core/random.ts";
import { estimate } from "../../lib/evaluate/accuracy.ts";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import { REFERENCE } from "./measures.ts";

const { exact, sampled } = REFERENCE.paired;
const accuracies = fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { minLength: 2, maxLength: 11 });

describe("a paired difference", () => {
  it("has the p value of scipy's permutation test over all sign patterns", () => {
    const found = pairedDifference(exact.a, exact.b);
    expect(found.test).toBe("exact");
    expect(found.mean).toBeCloseTo(exact.mean, 12);
    expect(found.p).toBeCloseTo(exact.p, 12);
  });

  it("comes near it with random patterns where there are too many", () => {
    const found = pairedDifference(sampled.a, sampled.b);
    expect(found.test).toBe("sampled");
    expect(found.mean).toBeCloseTo(sampled.mean, 12);
    // Four standard errors of the share of 9,999 random patterns.
    expect(Math.abs(found.p - sampled.p)).toBeLessThan(4 * Math.sqrt((sampled.p * (1 - sampled.p)) / 9999));
    expect((found.p * 10000) % 1).toBeCloseTo(0, 6);
  });

  it("has mean and interval of the differences, as every accuracy has", () => {
    const found = pairedDifference(sampled.a, sampled.b);
    expect(found).toMatchObject(estimate(sampled.a.map((v, i) => v - sampled.b[i]!)));
    const apart = estimate(sampled.a).ci95 + estimate(sampled.b).ci95;
    expect(found.ci95).toBeLessThan(apart); // what the same episodes are for
  });

  it("counts episodes won, tied and lost", () => {
    const found = pairedDifference([1, 0.8, 0.6, 0.6, 0.2], [0.8, 0.8, 0.4, 0.8, 0]);
    expect(found).toMatchObject({ won: 3 / 5, tied: 1 / 5, lost: 1 / 5, n: 5 });
    expect(found.p).toBe(10 / 16); // |sum| >= 0.4 of four equal steps: all but the 6 patterns of sum 0
  });

  it("is the same, mirrored, with the two exchanged", () => {
    fc.assert(
      fc.property(accuracies, (pairs) => {
        const [a, b] = [pairs.map((p) => p[0] / 5), pairs.map((p) => p[1] / 5)];
        const [there, back] = [pairedDifference(a, b), pairedDifference(b, a)];
        expect(back.mean).toBeCloseTo(-there.mean, 12);
        expect(back).toMatchObject({ p: there.p, won: there.lost, lost: there.won, tied: there.tied });
        expect(there.p).toBeGreaterThan(0);
        expect(there.p).toBeLessThanOrEqual(1);
        expect(there.won + there.tied + there.lost).toBeCloseTo(1, 12);
      }),
    );
  });

  it("says nothing of equal settings, and does not call chance a proof", () => {
    expect(pairedDifference(exact.a, exact.a)).toMatchObject({ mean: 0, ci95: 0, tied: 1, p: 1 });
    // Under no difference p is below 0.1 in about a tenth of all comparisons.
    const rng = random("no difference");
    let small = 0;
    for (let i = 0; i < 300; i++) {
      const draw = (): number[] => Array.from({ length: 31 }, () => rng.int(26) / 25);
      if (pairedDifference(draw(), draw(), { rng, flips: 199 }).p <= 0.1) small++;
    }
    expect(small).toBeGreaterThan(12);
    expect(small).toBeLessThan(50);
  });

  it("never has p = 0, and the same p for the same seed", () => {
    const better = sampled.b.map((v) => v + 0.1);
    expect(pairedDifference(better, sampled.b).p).toBe(1 / 10000);
    expect(pairedDifference(better, sampled.b, { flips: 99 }).p).toBe(1 / 100);
    const p = (seed: number) => pairedDifference(sampled.a, sampled.b, { rng: random(seed) }).p;
    expect(p(1)).toBe(p(1));
    expect(p(1)).not.toBe(p(2));
    expect(pairedDifference(sampled.a, sampled.b)).toEqual(pairedDifference(sampled.a, sampled.b));
  });

  it.each([
    [[1, 0.5], [1], /2 and 1 episodes/],
    [[1], [1], /1 episodes; wanted at least 2/],
    [[1, Number.NaN], [1, 1], /episode 1 has NaN and 1/],
  ])("refuses %o and %o", (a, b, message) => {
    expect(() => pairedDifference(a, b)).toThrow(InputError);
    expect(() => pairedDifference(a, b)).toThrow(message);
  });

  it("takes typed arrays", () => {
    expect(pairedDifference(Float64Array.from(exact.a), exact.b).p).toBeCloseTo(exact.p, 12);
  });
});
