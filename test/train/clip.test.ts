import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { densify } from "../../lib/executor/gradients.ts";
import { clipFactor, globalNorm } from "../../lib/train/clip.ts";
import { mergeRows } from "../../lib/train/rows.ts";

const cases = JSON.parse(readFileSync("test/fixtures/train/clip.json", "utf8")) as {
  max: number;
  norm: number;
  gradients: Record<string, number[]>;
  clipped: Record<string, number[]>;
}[];

describe("clipping by the global norm", () => {
  it.each(cases.map((c, i) => [i, c] as const))("does what torch.nn.utils.clip_grad_norm_ does (case %i)", (_, c) => {
    const entries = Object.entries(c.gradients).map(([name, x]) => [name, float32(x, [x.length])] as const);
    const { norm, notFinite } = globalNorm(Object.fromEntries(entries));
    expect(notFinite).toBeUndefined();
    expect(Math.abs(norm / c.norm - 1)).toBeLessThan(3e-7);
    const factor = clipFactor(norm, c.max);
    for (const [name, { data }] of entries) {
      data.forEach((x, i) => {
        const expected = c.clipped[name]![i]!;
        expect(Math.abs(x * factor - expected)).toBeLessThanOrEqual(3e-7 * Math.abs(expected));
      });
    }
  });

  it("has cases that clip and cases that do not", () => {
    const clips = cases.map((c) => c.norm > c.max);
    expect(new Set(clips)).toEqual(new Set([true, false]));
  });

  it("clips nothing at Infinity", () => {
    expect(clipFactor(1e30, Number.POSITIVE_INFINITY)).toBe(1);
  });

  it("names the first gradient with a NaN or an infinity", () => {
    const fine = float32([3e38, 3e38], [2]);
    expect(globalNorm({ fine }).notFinite).toBeUndefined();
    for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
      for (let at = 0; at < 7; at++) {
        const x = new Float32Array(7);
        x[at] = bad;
        const found = globalNorm({ fine, first: float32(x, [7]), second: float32(x, [7]) });
        expect(found.notFinite).toBe("first");
        expect(Number.isFinite(found.norm)).toBe(false);
      }
    }
  });
});

describe("rows with repeated ids", () => {
  it("are merged into what densify makes of them", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 13 }),
        fc.integer(),
        (ids, seed) => {
          const rng = random(seed);
          const rows = float32(
            Float32Array.from({ length: ids.length * 6 }, () => rng.normal()),
            [ids.length, 2, 3],
          );
          const merged = mergeRows({ rows, ids: Int32Array.from(ids) });
          expect([...merged.ids]).toEqual([...new Set(ids)]);
          expect(merged.rows.shape).toEqual([merged.ids.length, 2, 3]);
          const dense = densify({ rows, ids: Int32Array.from(ids) }, [7, 2, 3]);
          expect(densify(merged, [7, 2, 3])).toEqual(dense);
          expect(globalNorm({ merged }).norm).toBeCloseTo(globalNorm({ dense }).norm, 12);
        },
      ),
    );
  });

  it("may be none", () => {
    const none = mergeRows({ rows: float32([], [0, 3]), ids: new Int32Array() });
    expect(none.ids).toHaveLength(0);
    expect(globalNorm({ none }).norm).toBe(0);
  });
});
