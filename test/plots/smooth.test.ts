import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { smooth } from "../../lib/plots/smooth.ts";

const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 37 });

describe("smooth", () => {
  it("is, exponentially, the mean weighted by powers of what the past keeps", () => {
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 0.99, noNaN: true }), (y, keep) => {
        smooth(y, { exponential: keep }).forEach((got, t) => {
          const weights = y.slice(0, t + 1).map((_, i) => keep ** (t - i));
          const sum = weights.reduce((all, w, i) => all + w * (y[i] as number), 0);
          expect(got).toBeCloseTo(sum / weights.reduce((a, b) => a + b, 0), 8);
        });
      }),
    );
  });

  it("is, in a window, the mean of the last values", () => {
    expect(smooth([2, 4, 9, 1, 5], { window: 3 })).toEqual([2, 3, 5, 14 / 3, 5]);
    expect(smooth([2, 4, 9], { window: 1 })).toEqual([2, 4, 9]);
  });

  it("leaves gaps where they are and out of all means", () => {
    const y = [3, Number.NaN, 7, 11];
    expect(smooth(y, { window: 2 })).toEqual([3, Number.NaN, 5, 9]);
    const kept = smooth(y, { exponential: 0.5 });
    expect(kept[1]).toBeNaN();
    expect(kept.filter((v) => !Number.isNaN(v))).toEqual(smooth([3, 7, 11], { exponential: 0.5 }));
  });

  it.each([{ exponential: 1 }, { exponential: -0.1 }, { exponential: Number.NaN }, { window: 0 }, { window: 2.5 }])(
    "refuses %j",
    (smoothing) => {
      expect(() => smooth([1], smoothing)).toThrow(/smoothing: .* must be/);
    },
  );
});
