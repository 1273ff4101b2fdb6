import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { random } from "../../lib/core/random.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import { episodeAccuracy } from "../../lib/evaluate/accuracy.ts";
import { confusions } from "../../lib/evaluate/confusion.ts";
import type { ScoredEpisode } from "../../lib/evaluate/score.ts";
import { intents } from "../intents.ts";

const pool = poolOf(intents().test);
const shape = { nWay: 3, nShot: 2, nQuery: 5, nOther: 2 };
const NAMES = Object.keys(intents().test);

/** Episodes with scores of which `put` decides the class, by class name, of every query. */
function scored(seed: number, count: number, put: (own: string, among: readonly string[], query: number) => string) {
  const episodes = sampleEpisodes(pool, shape, count, random(seed));
  const results = episodes.map((e): ScoredEpisode => {
    const among = e.classes.map((c) => pool.classes[c]!);
    const rows = e.label.map((label, q) => {
      const chosen = put(label < 0 ? "other" : among[label]!, among, q);
      return among.map((name) => (name === chosen ? 1 : -1));
    });
    return { scores: float32(rows.flat(), [rows.length, among.length]), labels: e.label };
  });
  return { list: { pool, episodes }, results };
}

describe("confusions", () => {
  it("name the pair that is taken for each other, out of how often the two met", () => {
    // Every query of the first class goes to the second where that is there; all else is right.
    const [first, second] = NAMES as [string, string];
    const { list, results } = scored(1, 97, (own, among) =>
      own === first && among.includes(second) ? second : own === "other" ? among[0]! : own,
    );
    const { classes, counts, met, pairs } = confusions(list, results);
    expect(classes).toEqual(NAMES);
    const both = list.episodes.filter((e) => e.classes.includes(0) && e.classes.includes(1)).length;
    expect(both).toBeGreaterThan(5);
    expect(pairs[0]).toEqual({
      ...{ a: first, b: second, confused: 5 * both, queries: 10 * both, share: 1 / 2 },
      ...{ aAsB: 5 * both, bAsA: 0, episodes: both },
    });
    expect(pairs.slice(1).every((p) => p.confused === 0)).toBe(true);
    expect(counts[0]![1]).toBe(5 * both);
    expect(met[0]![1]).toBe(5 * both);
    expect(met[1]![0]).toBe(5 * both);
  });

  it("count every known query once, and agree with accuracy", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 29 }), (seed, count) => {
        const rng = random(seed);
        const { list, results } = scored(seed, count, (_, among) => among[rng.int(among.length)]!);
        const { counts, met, pairs } = confusions(list, results, { leastQueries: 1 });
        const sum = (of: readonly (readonly number[])[]): number => of.flat().reduce((a, b) => a + b, 0);
        expect(sum(counts)).toBe(count * shape.nWay * shape.nQuery);
        const right = counts.reduce((all, row, i) => all + row[i]!, 0) / sum(counts);
        const accuracy = results.reduce((all, r) => all + episodeAccuracy(r), 0) / count;
        expect(right).toBeCloseTo(accuracy, 12);
        expect(sum(met)).toBe(shape.nWay * sum(counts));
        for (const [i, row] of counts.entries())
          for (const [j, n] of row.entries()) expect(n).toBeLessThanOrEqual(met[i]![j]!);
        expect(pairs.reduce((all, p) => all + p.confused, 0)).toBe(sum(counts) - right * sum(counts));
        for (const p of pairs) expect(p.queries).toBe(2 * shape.nQuery * p.episodes);
        expect(pairs.every((p, i) => i === 0 || p.share <= pairs[i - 1]!.share)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("leave out pairs that hardly met, and are plain JSON", () => {
    const { list, results } = scored(3, 11, (_, among) => among[0]!);
    const all = confusions(list, results, { leastQueries: 1 });
    const often = confusions(list, results, { leastQueries: 20 });
    expect(often.pairs).toEqual(all.pairs.filter((p) => p.queries >= 20));
    expect(often.pairs.length).toBeLessThan(all.pairs.length);
    expect(JSON.parse(JSON.stringify(all))).toEqual(all);
  });

  it("refuse scores of other episodes", () => {
    const { list, results } = scored(4, 7, (own) => own);
    expect(() => confusions(list, results.slice(1))).toThrow(InputError);
    expect(() => confusions(list, results.slice(1))).toThrow(/6 scored episodes for a list of 7/);
    expect(() => confusions(list, [...results.slice(1), results[0]!])).toThrow(/scored with other queries/);
  });
});
