import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import type { FloatTensor } from "../../lib/core/tensor.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import type { Episode } from "../../lib/episodes/types.ts";
import { createScorer } from "../../lib/evaluate/score.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import type { FewShotModel } from "../../lib/model/model.ts";
import { intents } from "../intents.ts";
import { compiled, type TinyOptions, tinyModel } from "../model/tiny.ts";

type Vector = readonly number[];

const mean = (rows: readonly Vector[]): Vector =>
  rows[0]!.map((_, j) => rows.reduce((a, r) => a + r[j]!, 0) / rows.length);
const dot = (a: Vector, b: Vector): number => a.reduce((sum, x, j) => sum + x * b[j]!, 0);
const squared = (a: Vector, b: Vector): number => a.reduce((sum, x, j) => sum + (x - b[j]!) ** 2, 0);
const cosine = (a: Vector, b: Vector): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

/** What a head says of a query and a class, in double precision and straight from its definition. */
const DEFINITIONS: [string, TinyOptions, (query: Vector, supports: readonly Vector[]) => number][] = [
  ["prototypical", { head: "prototypical" }, (q, s) => -squared(q, mean(s))],
  [
    "prototypical, Euclidean",
    { head: "prototypical", headSettings: { distance: "euclidean" } },
    (q, s) => -Math.sqrt(squared(q, mean(s)) + 1e-10),
  ],
  ["matching", { head: "matching" }, (q, s) => mean(s.map((x) => [5 * cosine(q, x)]))[0]!],
  [
    "matching by the best support",
    { head: "matching", headSettings: { shots: "max", scale: 1 } },
    (q, s) => Math.max(...s.map((x) => cosine(q, x))),
  ],
  [
    "matching by attention",
    { head: "matching", headSettings: { shots: "attention", scale: 3 } },
    (q, s) => Math.log(s.reduce((sum, x) => sum + Math.exp(3 * cosine(q, x)), 0)),
  ],
  ["siamese", { head: "siamese" }, (q, s) => 5 * cosine(q, mean(s))],
  [
    "siamese by the nearest support",
    { head: "siamese", headSettings: { decision: "support", distance: "manhattan" } },
    (q, s) => -Math.min(...s.map((x) => x.reduce((sum, v, j) => sum + Math.abs(v - q[j]!), 0))),
  ],
];

const shape = { nWay: 5, nShot: 3, nQuery: 2, nOther: 2 };
const pool = poolOf(intents().test, intents().other);

async function scored(model: FewShotModel, episodes: readonly Episode[]) {
  const embedder = createEmbedder(model, compiled);
  const scorer = createScorer(model, compiled);
  const vectors: FloatTensor = await embedder.embed(pool.texts);
  const results = await scorer.score(vectors, episodes);
  await Promise.all([embedder.dispose(), scorer.dispose()]);
  const width = vectors.shape[1] as number;
  const row = (i: number): Vector => [...vectors.data.subarray(i * width, (i + 1) * width)];
  return { results, row };
}

describe("a scorer", () => {
  it.each(DEFINITIONS)("gives the scores of the definition: %s", async (_, options, definition) => {
    const episodes = sampleEpisodes(pool, shape, 7, random("score"));
    const { results, row } = await scored(await tinyModel(options), episodes);
    expect(results).toHaveLength(7);
    for (const [e, { scores, labels }] of results.entries()) {
      const { support, query, label } = episodes[e]!;
      expect(scores.shape).toEqual([12, 5]);
      expect(labels).toEqual(label);
      for (const [i, q] of query.entries()) {
        for (const [c, indices] of support.entries()) {
          const wanted = definition(row(q), indices.map(row));
          const off = Math.abs(scores.data[i * 5 + c]! - wanted);
          expect(off, `episode ${e}, query ${i}, class ${c}`).toBeLessThan(2e-5 * Math.max(1, Math.abs(wanted)));
        }
      }
    }
  });

  it("scores an episode the same in a group of any size", async () => {
    const model = await tinyModel();
    const episodes = sampleEpisodes(pool, { nWay: 7, nShot: 5, nQuery: 6, nOther: 0 }, 311, random("many"));
    // 42 queries, 35 supports and 44 numbers an episode: more than the 16 million of one group.
    expect(311 * 42 * 35 * 44).toBeGreaterThan(16e6);
    const { results } = await scored(model, episodes);
    for (const i of [0, 246, 247, 310]) {
      const [alone] = (await scored(model, [episodes[i]!])).results;
      expect(alone?.labels).toEqual(results[i]!.labels);
      for (const [j, s] of alone!.scores.data.entries()) expect(results[i]!.scores.data[j]).toBeCloseTo(s, 3);
    }
  });

  it("scores no episodes as none", async () => {
    expect((await scored(await tinyModel(), [])).results).toEqual([]);
  });
});
