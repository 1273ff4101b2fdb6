import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawing, murmur3, random, sample, shuffled } from "../../lib/core/random.ts";

/** Chi squared of counts against even chance. */
function chiSquared(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  return counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
}

describe("a seeded generator", () => {
  it("gives the same numbers for the same seed, now and in later versions", () => {
    const rng = random(1);
    const first = [rng.uint32(), rng.uint32(), rng.uint32()];
    const again = random("1");
    expect([again.uint32(), again.uint32(), again.uint32()]).toEqual(first);
    expect(first).toMatchInlineSnapshot(`
      [
        1796111428,
        1905842091,
        3104656965,
      ]
    `);
  });

  it("gives other numbers for another seed", () => {
    const heads = Array.from({ length: 1009 }, (_, seed) => random(seed).uint32());
    expect(new Set(heads).size).toBe(1009);
  });

  it("derives a stream from the seed and the name, whatever was drawn before", () => {
    const a = random(7);
    const b = random(7);
    b.next();
    expect(b.stream("x").uint32()).toBe(a.stream("x").uint32());
    expect(a.stream("x").uint32()).not.toBe(a.stream("y").uint32());
    expect(a.stream(3).uint32()).toBe(a.stream("3").uint32());
  });

  it("does not take a name with a slash for two names", () => {
    const rng = random(7);
    const heads = [
      rng.stream("a").stream("b").uint32(),
      rng.stream("a/b").uint32(),
      rng.stream("a~1b").uint32(),
      random("7/a/b").uint32(),
      random("7/a").stream("b").uint32(),
    ];
    expect(new Set(heads).size).toBe(heads.length);
  });

  it("fills 31 cells evenly", () => {
    const rng = random("cells");
    const counts = new Array<number>(31).fill(0);
    for (let i = 0; i < 31_000; i++) counts[rng.int(31)]! += 1;
    expect(chiSquared(counts)).toBeLessThan(59.7); // 0.999 quantile at 30 degrees of freedom
  });

  it("has no modulo bias", () => {
    const rng = random("bias");
    let low = 0;
    for (let i = 0; i < 3001; i++) if (rng.int(3 * 2 ** 30) < 2 ** 30) low++; // a bare remainder gives half of them
    expect(Math.abs(low / 3001 - 1 / 3)).toBeLessThan(0.03);
  });

  it("draws whole numbers up to 2^32 and refuses other limits", () => {
    const rng = random(1);
    expect(rng.int(1)).toBe(0);
    const large = rng.int(4294967296);
    expect(large).toBeGreaterThanOrEqual(0);
    expect(large).toBeLessThan(4294967296);
    for (const n of [0, -1, 1.5, Number.NaN, 4294967297]) expect(() => rng.int(n)).toThrow(RangeError);
  });

  it("draws from [0, 1) with mean 1/2, and normally with mean 0 and variance 1", () => {
    const rng = random("moments");
    const n = 40_009;
    const uniform = Array.from({ length: n }, () => rng.next());
    const normal = Array.from({ length: n }, () => rng.normal());
    const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / n;
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
    expect(mean(uniform)).toBeCloseTo(0.5, 2); // within 0.005: 3.5 standard errors
    expect(Math.abs(mean(normal))).toBeLessThan(0.02);
    expect(Math.abs(mean(normal.map((x) => x * x)) - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean(normal.map((x) => x ** 4)) - 3)).toBeLessThan(0.25);
  });
});

describe("shuffling and sampling", () => {
  it("keeps all items and leaves the list as it is", () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
        const before = [...items];
        const after = shuffled(items, random(seed));
        expect(items).toEqual(before);
        expect([...after].sort((a, b) => a - b)).toEqual([...before].sort((a, b) => a - b));
      }),
    );
  });

  it("makes each of the 6 orders of 3 items equally often", () => {
    const counts = new Map<string, number>();
    const rng = random("orders");
    for (let i = 0; i < 6007; i++) {
      const order = shuffled(["a", "b", "c"], rng).join("");
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    expect(chiSquared([...counts.values()])).toBeLessThan(20.5); // 0.999 quantile at 5 degrees of freedom
  });

  it("samples different items, each ordered pair of 5 equally often", () => {
    const counts = new Map<string, number>();
    const rng = random("pairs");
    for (let i = 0; i < 20_011; i++) {
      const pair = sample([0, 1, 2, 3, 4], 2, rng).join("");
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    expect(counts.size).toBe(20);
    expect(chiSquared([...counts.values()])).toBeLessThan(43.9); // 0.999 quantile at 19 degrees of freedom
  });

  it("refuses to sample more items than there are, or a number that is none", () => {
    for (const k of [4, -1, 1.5]) expect(() => sample(["a", "b", "c"], k, random(1))).toThrow(RangeError);
    expect(sample(["a", "b", "c"], 0, random(1))).toEqual([]);
  });

  it("draws one by one what sample draws at once", () => {
    const items = Array.from({ length: 17 }, (_, i) => i);
    expect([...drawing(items, random(3))]).toEqual(sample(items, 17, random(3)));
  });
});

describe("murmur3", () => {
  it("gives the published values", () => {
    const hash = (text: string, seed = 0): number => murmur3(new TextEncoder().encode(text), seed);
    expect(hash("")).toBe(0);
    expect(hash("", 1)).toBe(0x514e28b7);
    expect(hash("test")).toBe(0xba6bd213);
    expect(hash("Hello, world!")).toBe(0xc0363e43);
    expect(hash("The quick brown fox jumps over the lazy dog")).toBe(0x2e4ff723);
  });
});
