import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { random } from "../../lib/core/random.ts";
import { checkPool } from "../../lib/episodes/check.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { episodeSampler, sampleEpisode, sampleEpisodes } from "../../lib/episodes/sample.ts";
import type { Episode, EpisodeShape, OtherFrom, TextPool } from "../../lib/episodes/types.ts";
import { plainPool, pools, shapes } from "./pools.ts";

const sources = fc.constantFrom<OtherFrom>("classes", "set", "both");

/** The episode, or undefined where the pool cannot give one. */
function tried(pool: TextPool, shape: EpisodeShape, seed: number, otherFrom: OtherFrom): Episode | undefined {
  try {
    return sampleEpisode(pool, shape, random(seed), { otherFrom });
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return undefined;
  }
}

/** Classes that a text stands under. */
const under = (pool: TextPool, text: string): number[] =>
  [...pool.members.keys()].filter((c) => pool.members[c]!.some((i) => pool.texts[i] === text));

describe("an episode", () => {
  it("has N classes, K supports of each and the queries that its shape says, with the right labels", () => {
    let drawn = 0;
    fc.assert(
      fc.property(pools, shapes, fc.nat(), sources, (pool, shape, seed, otherFrom) => {
        const episode = tried(pool, shape, seed, otherFrom);
        if (episode === undefined) return;
        drawn++;
        const { nWay, nShot, nQuery, nOther } = shape;
        const { classes, support, query, label } = episode;
        expect(new Set(classes).size).toBe(nWay);
        expect(classes).toHaveLength(nWay);
        expect(support.map((list) => list.length)).toEqual(new Array(nWay).fill(nShot));
        for (const [n, list] of support.entries()) {
          for (const i of list) expect(pool.members[classes[n]!]).toContain(i);
        }
        expect(query).toHaveLength(nWay * nQuery + nOther);
        expect(label).toHaveLength(query.length);
        const counts = new Map<number, number>();
        for (const [j, i] of query.entries()) {
          const l = label[j]!;
          counts.set(l, (counts.get(l) ?? 0) + 1);
          expect(classes.findIndex((c) => pool.members[c]!.includes(i))).toBe(l);
        }
        for (let n = 0; n < nWay; n++) expect(counts.get(n)).toBe(nQuery);
        expect(counts.get(-1) ?? 0).toBe(nOther);
      }),
      { numRuns: 400 },
    );
    expect(drawn).toBeGreaterThan(60);
  });

  it("holds no equal text twice, and no text that stands under another of its classes", () => {
    fc.assert(
      fc.property(pools, shapes, fc.nat(), sources, (pool, shape, seed, otherFrom) => {
        const episode = tried(pool, shape, seed, otherFrom);
        if (episode === undefined) return;
        const texts = [...episode.support.flat(), ...episode.query].map((i) => pool.texts[i]!);
        expect(new Set(texts).size).toBe(texts.length);
        const labels = episode.query.map((i) => {
          const own = under(pool, pool.texts[i]!).map((c) => episode.classes.indexOf(c));
          return own.filter((n) => n >= 0);
        });
        expect(labels).toEqual(episode.label.map((l) => (l < 0 ? [] : [l])));
      }),
      { numRuns: 400 },
    );
  });

  it("is drawn whenever the check passes and all texts differ", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 11 });
    fc.assert(
      fc.property(sizes, fc.nat({ max: 5 }), shapes, fc.nat(), sources, (counts, other, shape, seed, otherFrom) => {
        const pool = plainPool(counts, other);
        let passes = true;
        try {
          checkPool(pool, shape, "pool", { otherFrom });
        } catch {
          passes = false;
        }
        expect(tried(pool, shape, seed, otherFrom) !== undefined).toBe(passes);
      }),
      { numRuns: 400 },
    );
  });

  it("is the same for the same seed and another for another", () => {
    const pool = plainPool([7, 7, 7, 7, 7, 7, 7]);
    const shape = { nWay: 3, nShot: 2, nQuery: 3, nOther: 2 };
    const one = sampleEpisode(pool, shape, random(5));
    expect(sampleEpisode(pool, shape, random(5))).toEqual(one);
    expect(sampleEpisode(pool, shape, random(6))).not.toEqual(one);
  });

  it("has its queries shuffled: the first is of every label in turn", () => {
    const pool = plainPool([5, 5, 5, 5]);
    const rng = random(1);
    const draw = episodeSampler(pool, { nWay: 3, nShot: 1, nQuery: 2, nOther: 1 });
    const first = new Set(Array.from({ length: 61 }, () => draw(rng).label[0]));
    expect([...first].sort()).toEqual([-1, 0, 1, 2]);
  });
});

describe("a list of episodes", () => {
  const pool = plainPool([7, 7, 7, 7, 7]);
  const shape = { nWay: 2, nShot: 2, nQuery: 1, nOther: 1 };

  it("has episode i from stream i, however many others are drawn", () => {
    const long = sampleEpisodes(pool, shape, 11, random(3));
    expect(sampleEpisodes(pool, shape, 5, random(3))).toEqual(long.slice(0, 5));
    expect(long[7]).toEqual(sampleEpisode(pool, shape, random(3).stream(7)));
    expect(new Set(long.map((episode) => JSON.stringify(episode))).size).toBe(11);
  });

  it.each([0, 2.5, -1])("refuses a count of %d", (n) => {
    expect(() => sampleEpisodes(pool, shape, n, random(1))).toThrow(/wanted a whole number from 1/);
  });
});

describe("uneven classes", () => {
  it("are drawn evenly, whatever their size", () => {
    const pool = plainPool([300, 5, 40, 5, 5]);
    const counts = [0, 0, 0, 0, 0];
    for (const { classes } of sampleEpisodes(pool, { nWay: 2, nShot: 3, nQuery: 2, nOther: 0 }, 2003, random(1))) {
      for (const c of classes) counts[c]! += 1;
    }
    for (const n of counts) expect(Math.abs(n - 801.2)).toBeLessThan(90); // 4 standard errors
  });

  it("too small for an episode still give other queries", () => {
    const pool = plainPool([9, 9, 2, 1]);
    const shape = { nWay: 2, nShot: 3, nQuery: 2, nOther: 2 };
    const others = new Set<number>();
    for (const { classes, query, label } of sampleEpisodes(pool, shape, 31, random(1))) {
      expect([...classes].sort()).toEqual([0, 1]);
      for (const [j, i] of query.entries()) if (label[j] === -1) others.add(i);
    }
    expect([...others].sort((a, b) => a - b)).toEqual([...pool.members[2]!, ...pool.members[3]!]);
  });
});

describe("other queries", () => {
  const shape = { nWay: 2, nShot: 1, nQuery: 1, nOther: 3 };
  const where = (otherFrom: OtherFrom): [classes: number, set: number] => {
    const pool = plainPool([5, 5, 5], 4);
    const other = new Set(pool.other);
    let set = 0;
    let all = 0;
    for (const { query, label } of sampleEpisodes(pool, shape, 101, random(2), { otherFrom })) {
      for (const [j, i] of query.entries()) {
        if (label[j] !== -1) continue;
        all++;
        if (other.has(i)) set++;
      }
    }
    return [all - set, set];
  };

  it("come from classes outside the episode, from texts of no class, or from both alike", () => {
    expect(where("classes")).toEqual([303, 0]);
    expect(where("set")).toEqual([0, 303]);
    const [classes, set] = where("both");
    expect(classes + set).toBe(303);
    expect(Math.abs(set - 151.5)).toBeLessThan(35); // 4 standard errors
  });

  it("are of one class often where it is the only one outside", () => {
    const pool = plainPool([5, 5, 5]);
    const { query, label } = sampleEpisode(pool, shape, random(1));
    expect(new Set(query.filter((_, j) => label[j] === -1)).size).toBe(3);
  });
});

describe("texts under two classes", () => {
  it("that leave too few others end in an error, not in a wrong episode", () => {
    const pool = poolOf({ a: ["x", "y"], b: ["x", "y"] });
    expect(() => sampleEpisode(pool, { nWay: 2, nShot: 1, nQuery: 1, nOther: 0 }, random(1))).toThrow(
      /no 2-way 1-shot with 1 query a class episode .* 2 texts stand under more than one class/,
    );
  });

  it("do not stop the draw of other classes", () => {
    const pool = poolOf({ a: ["x", "y"], b: ["x", "y"], c: ["u", "v"] });
    for (const { classes } of sampleEpisodes(pool, { nWay: 2, nShot: 1, nQuery: 1, nOther: 0 }, 23, random(1))) {
      expect(classes).toContain(2);
    }
  });
});
