import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { adamKernel, type Factors } from "../../lib/train/adam-kernel.ts";

/** The formula of AdamKernel, one number after the other. */
function plainly(arrays: Float32Array[], begin: number, end: number, from: number, f: Factors): void {
  const [p, m, v, g] = arrays as [Float32Array, Float32Array, Float32Array, Float32Array];
  const a = (1 - f.beta1) * f.scale;
  const b = (1 - f.beta2) * f.scale * f.scale;
  for (let i = begin, k = from; i < end; i++, k++) {
    const gi = g[k]!;
    const mi = f.beta1 * m[i]! + a * gi;
    const vi = f.beta2 * v[i]! + b * gi * gi;
    m[i] = mi;
    v[i] = vi;
    p[i] = p[i]! * f.keep - (f.rate * mi) / (Math.sqrt(vi) * f.root + f.eps);
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

describe("the kernel of AdamW", () => {
  const kernel = adamKernel();

  it.each([1, 2, 3, 4095, 4096, 4097, 12_289])("gives the bits of the formula for %i numbers", (n) => {
    const mine = arrays(n, n, n);
    const wanted = mine.map((x) => x.slice());
    for (let step = 0; step < 3; step++) {
      plainly(wanted, 0, n, 0, FACTORS);
      kernel(mine[0]!, mine[1]!, mine[2]!, 0, n, mine[3]!, 0, FACTORS);
    }
    expect(mine.map(bits)).toEqual(wanted.map(bits));
  });

  it("changes what it is told to, and nothing else", () => {
    fc.assert(
      fc.property(fc.nat(4200), fc.nat(4200), fc.nat(13), fc.nat(100), (start, length, from, seed) => {
        const n = start + length + 7;
        const mine = arrays(n, from + length, seed);
        const wanted = mine.map((x) => x.slice());
        plainly(wanted, start, start + length, from, FACTORS);
        kernel(mine[0]!, mine[1]!, mine[2]!, start, start + length, mine[3]!, from, FACTORS);
        expect(mine.map(bits)).toEqual(wanted.map(bits));
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
    kernel(mine[0]!, mine[1]!, mine[2]!, 0, 3, mine[3]!, 0, FACTORS);
    expect([...mine[0]!]).toEqual([Number.NaN, Number.NaN, Math.fround(FACTORS.keep)]);
  });
});
