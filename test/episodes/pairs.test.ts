import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { samplePairs } from "../../lib/episodes/pairs.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import type { Pair, TextPool } from "../../lib/episodes/types.ts";
import { plainPool, pools } from "./pools.ts";

const key = ({ a, b }: Pair): string => `${Math.min(a, b)} ${Math.max(a, b)}`;
const homes = (pool: TextPool): Map<number, number> =>
  new Map(pool.members.flatMap((list, c) => list.map((i) => [i, c] as const)));

describe("drawn pairs", () => {
  it("are of one class or of two as they say, never of equal texts, with exactly the share of positives", () => {
    const shares = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(pools, fc.integer({ min: 1, max: 61 }), shares, fc.nat(), (pool, pairs, positiveShare, seed) => {
        let drawn: Pair[];
        try {
          drawn = samplePairs(pool, { pairs, positiveShare }, random(seed));
        } catch (error) {
          expect(String(error)).toMatch(/no class has the two texts|needs two classes with different texts/);
          return;
        }
        const home = homes(pool);
        expect(drawn).toHaveLength(pairs);
        expect(drawn.filter((pair) => pair.same)).toHaveLength(Math.round(pairs * positiveShare));
        for (const { a, b, same } of drawn) {
          expect(home.get(a) === home.get(b)).toBe(same);
          expect(pool.texts[a]).not.toBe(pool.texts[b]);
        }
        expect(samplePairs(pool, { pairs, positiveShare }, random(seed))).toEqual(drawn);
      }),
      { numRuns: 300 },
    );
  });

  it("come once each until all have come", () => {
    const pool = plainPool([2, 3, 4]); // 1 + 3 + 6 positives, 6 + 8 + 12 negatives
    const positives = samplePairs(pool, { pairs: 10, positiveShare: 1 }, random(1));
    expect(new Set(positives.map(key)).size).toBe(10);
    const negatives = samplePairs(pool, { pairs: 26, positiveShare: 0 }, random(1));
    expect(new Set(negatives.map(key)).size).toBe(26);
    const twice = samplePairs(pool, { pairs: 20, positiveShare: 1 }, random(1)).map(key);
    for (const one of new Set(twice)) expect(twice.filter((other) => other === one)).toHaveLength(2);
  });

  it("come from small classes as often as from large ones", () => {
    const pool = plainPool([101, 11, 31]);
    const home = homes(pool);
    const counts = [0, 0, 0];
    for (const { a } of samplePairs(pool, { pairs: 120, positiveShare: 1 }, random(4))) counts[home.get(a)!]! += 1;
    for (const n of counts) expect(Math.abs(n - 40)).toBeLessThan(21); // 4 standard errors
  });

  it("stand in random order, by half positive when nothing is said", () => {
    const pairs = samplePairs(plainPool([7, 7, 7]), { pairs: 41 }, random(1));
    expect(pairs.filter((pair) => pair.same)).toHaveLength(21);
    const changes = pairs.filter((pair, i) => i > 0 && pair.same !== pairs[i - 1]!.same).length;
    expect(changes).toBeGreaterThan(10);
  });

  it("are others when drawn again from the same generator", () => {
    const rng = random(1);
    const pool = plainPool([7, 7, 7]);
    expect(samplePairs(pool, { pairs: 11 }, rng)).not.toEqual(samplePairs(pool, { pairs: 11 }, rng));
  });

  it("do not take equal texts of two classes for a negative", () => {
    const pool = poolOf({ a: ["x", "y"], b: ["x", "y"] });
    const pairs = samplePairs(pool, { pairs: 2, positiveShare: 0 }, random(1));
    expect(pairs.map(key).sort()).toEqual(["0 3", "1 2"]);
    expect(() => samplePairs(poolOf({ a: ["x"], b: ["x"] }), { pairs: 1, positiveShare: 0 }, random(1))).toThrow(
      /needs two classes with different texts/,
    );
  });

  it("are refused where a number is wrong or no class has two texts", () => {
    const pool = plainPool([1, 1, 1]);
    expect(() => samplePairs(pool, { pairs: 3 }, random(1))).toThrow(/no class has the two texts/);
    expect(() => samplePairs(pool, { pairs: 0 }, random(1))).toThrow(/pairs: 0 of them are asked for/);
    expect(() => samplePairs(pool, { pairs: 3, positiveShare: 1.1 }, random(1))).toThrow(/positiveShare is 1\.1/);
  });
});
