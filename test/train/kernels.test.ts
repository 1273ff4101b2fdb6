import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { type Factors, kernels, type Moments } from "../../lib/train/kernels.ts";

const f32 = Math.fround;

/** The formula of `adam`, one number after the other, rounded at each operation. */
function plainly(arrays: Float32Array[], begin: number, end: number, from: number, f: Factors): void {
  const [p, m, v, g] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
  const [a, b] = [f32((1 - f.beta1) * f.scale), f32((1 - f.beta2) * f.scale * f.scale)];
  const [beta1, beta2, keep, rate, root, eps] = [f.beta1, f.beta2, f.keep, f.rate, f.root, f.eps].map(f32) as number[] &
    [number, number, number, number, number, number];
  for (let i = begin, k = from; i < end; i++, k++) {
    const gi = g[k]!;
    m[i] = f32(f32(beta1 * m[i]!) + f32(a * gi));
    v[i] = f32(f32(beta2 * v[i]!) + f32(f32(b * gi) * gi));
    const below = f32(f32(f32(Math.sqrt(v[i]!)) * root) + eps);
    p[i] = f32(f32(p[i]! * keep) - f32(f32(rate * m[i]!) / below));
  }
}

const FACTORS: Factors = { beta1: 0.9, beta2: 0.999, keep: 0.99999, rate: 3e-4, root: 1.7, eps: 1e-8, scale: 0.37 };
const bits = (x: Float32Array): Uint32Array => new Uint32Array(x.buffer);

function arrays(n: number, gradients: number, seed: number): Float32Array[] {
  const rng = random(seed);
  const draw = (size: number, least: number): Float32Array =>
    // Of all magnitudes, some 0.
    Float32Array.from({ length: size }, () => {
      const x = (least + (1 - least) * rng.next()) * 10 ** (-38 * rng.next() ** 4);
      return rng.next() < 0.05 ? 0 : x;
    });
  return [draw(n, -1), draw(n, -1), draw(n, 0), draw(gradients, -1)];
}

/** Kernels whose moments are those of `arrays`, p, m, v and g, which stand behind others in memory. */
function withMoments(arrays: Float32Array[]): {
  own: Moments;
  k: ReturnType<typeof kernels>;
  all: () => Float32Array[];
} {
  const [p, m, v, g] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
  const k = kernels([11, m.length, 7]);
  const own = k.moments[1] as Moments;
  own.m.set(m);
  own.v.set(v);
  return { own, k, all: () => [p, own.m.slice(), own.v.slice(), g] };
}

describe("the kernel of AdamW", () => {
  it.each([1, 2, 3, 4, 5, 4095, 4096, 4097, 12_289])("gives the bits of the formula for %i numbers", (n) => {
    const mine = arrays(n, n, n);
    const wanted = mine.map((x) => x.slice());
    const { own, k, all } = withMoments(mine);
    for (let step = 0; step < 3; step++) {
      plainly(wanted, 0, n, 0, FACTORS);
      k.adam(mine[0]!, own, 0, n, mine[3]!, 0, FACTORS);
    }
    expect(all().map(bits)).toEqual(wanted.map(bits));
  });

  it("changes what it is told to, and nothing else", () => {
    fc.assert(
      fc.property(fc.nat(4200), fc.nat(4200), fc.nat(13), fc.nat(100), (start, length, from, seed) => {
        const n = start + length + 7;
        const mine = arrays(n, from + length, seed);
        const wanted = mine.map((x) => x.slice());
        const { own, k, all } = withMoments(mine);
        plainly(wanted, start, start + length, from, FACTORS);
        k.adam(mine[0]!, own, start, start + length, mine[3]!, from, FACTORS);
        expect(all().map(bits)).toEqual(wanted.map(bits));
        for (const i of [0, 2])
          expect(k.moments[i]!.m.some((x) => x !== 0) || k.moments[i]!.v.some((x) => x !== 0)).toBe(false);
      }),
      { numRuns: 37 },
    );
  });

  it("lets NaN and infinities through to where they belong", () => {
    const mine = [
      [1, 1, 1],
      [0, 0, 0],
      [0, 0, 0],
      [Number.NaN, Number.POSITIVE_INFINITY, 0],
    ].map((x) => Float32Array.from(x));
    const { own, k } = withMoments(mine);
    k.adam(mine[0]!, own, 0, 3, mine[3]!, 0, FACTORS);
    expect([...mine[0]!]).toEqual([Number.NaN, Number.NaN, f32(FACTORS.keep)]);
  });
});

describe("the other kernels", () => {
  it("scale a part of an array and nothing else", () => {
    fc.assert(
      fc.property(fc.nat(5000), fc.nat(9000), fc.nat(13), (begin, length, behind) => {
        const [p] = arrays(begin + length + behind, 1, length) as [Float32Array];
        const wanted = p.map((x, i) => (i >= begin && i < begin + length ? x * f32(0.9999) : x));
        kernels().scale(p, begin, begin + length, 0.9999);
        expect(bits(p)).toEqual(bits(wanted));
      }),
      { numRuns: 37 },
    );
  });

  it("add squares up in float64, whatever was in their memory before", () => {
    const k = kernels();
    k.squares(new Float32Array(4096).fill(7));
    for (const n of [0, 1, 5, 7, 8, 9, 4099, 100_003]) {
      const x = Float32Array.from({ length: n }, (_, i) => Math.sin(i) * 10 ** (i % 17));
      const wanted = x.reduce((sum, v) => sum + v * v, 0);
      expect(Math.abs(k.squares(x) - wanted), `${n}`).toBeLessThanOrEqual(1e-12 * wanted);
    }
    expect(k.squares(Float32Array.of(3e38, 3e38))).toBeCloseTo(2 * f32(3e38) ** 2, -70);
    for (const odd of [Number.NaN, Number.NEGATIVE_INFINITY])
      expect(Number.isFinite(k.squares(Float32Array.of(1, 2, 3, 4, 5, odd)))).toBe(false);
  });
});
