import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { loadIntents } from "../../lib/data/load.ts";
import { checkPool, checkShape } from "../../lib/episodes/check.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { PROTOCOLS } from "../../lib/episodes/protocols.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";

const folder = process.env.FEWSHOT_DATA ?? "../shared/datasets";
const has = (name: string): boolean => existsSync(join(folder, name, "data.json"));

describe("the protocols", () => {
  it.each(Object.entries(PROTOCOLS))("%s names a main shape among its ways and shots, and counts that fit", (_, p) => {
    expect(() => checkShape(p.shape)).not.toThrow();
    expect([p.ways[0], p.shots[0]]).toEqual([p.shape.nWay, p.shape.nShot]);
    expect(p.steps % p.evaluateEvery).toBe(0);
    expect(p.evaluateFrom % p.evaluateEvery).toBe(0);
    expect(p.evaluationEpisodes % p.episodesPerStep).toBe(0);
  });

  it("of the seed draw 36 queries a step: 3 episodes of 5 classes by 2 and 2 other", () => {
    const { shape, episodesPerStep } = PROTOCOLS.seed;
    expect(episodesPerStep * (shape.nWay * shape.nQuery + shape.nOther)).toBe(36);
  });

  it.skipIf(!has("clinc150")).each(Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[])(
    "%s draws its episodes from every part of each of its splits of clinc150 (needs it)",
    async (name) => {
      const { shape, splits, evaluationEpisodes } = PROTOCOLS[name];
      for (const split of splits.length > 0 ? splits : ["01"]) {
        const set = await loadIntents("clinc150", { dataDir: folder, split });
        for (const part of ["train", "dev", "test"] as const) {
          const pool = poolOf(set[part], set.other);
          expect(checkPool(pool, shape, `clinc150, ${part}`)).toEqual([]);
          expect(sampleEpisodes(pool, shape, evaluationEpisodes, random(1))).toHaveLength(evaluationEpisodes);
        }
      }
    },
  );

  it.skipIf(!has("iflytek119"))("warns of small classes and draws without them (needs iflytek119)", async () => {
    const set = await loadIntents("iflytek119", { dataDir: folder });
    const pool = poolOf(set.test);
    const { shape } = PROTOCOLS.fewshottext;
    expect(checkPool(pool, shape, "iflytek119, test").join()).toMatch(/^iflytek119, test: \d+ of 40 classes not drawn/);
    for (const { classes } of sampleEpisodes(pool, shape, 101, random(1))) {
      for (const c of classes) expect(pool.members[c]!.length).toBeGreaterThanOrEqual(10);
    }
  });
});
