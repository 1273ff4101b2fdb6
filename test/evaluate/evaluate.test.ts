import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import type { ClassTexts, IntentSet } from "../../lib/data/types.ts";
import { freezeEpisodes } from "../../lib/episodes/frozen.ts";
import { thawEpisodes } from "../../lib/episodes/thaw.ts";
import type { EpisodeList } from "../../lib/episodes/types.ts";
import { episodeAccuracy } from "../../lib/evaluate/accuracy.ts";
import { drawEpisodes } from "../../lib/evaluate/draw.ts";
import { type EvaluateOptions, evaluate } from "../../lib/evaluate/evaluate.ts";
import { otherOf } from "../../lib/evaluate/pool.ts";
import { createScorer, type ScoredEpisode } from "../../lib/evaluate/score.ts";
import { seedSettings } from "../../lib/heads/head.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { createModel } from "../../lib/model/model.ts";
import { intents, OTHER } from "../intents.ts";
import { compiled, tinyModel } from "../model/tiny.ts";

const set = intents();
const small = { nWay: 5, nShot: 1, nQuery: 2, nOther: 2, episodes: 31 } as const;

async function run(of: IntentSet, options: EvaluateOptions = {}, given: Parameters<typeof tinyModel>[0] = {}) {
  return evaluate(await tinyModel(given), of, compiled, { ...small, ...options });
}

/** Two of every text's characters, so that it is another text. */
const changed = (classes: ClassTexts): ClassTexts =>
  Object.fromEntries(Object.entries(classes).map(([name, texts]) => [name, texts.map((t) => `${t}${t.slice(0, 2)}`)]));

describe("an evaluation", () => {
  it("has the numbers, what they were counted on, and the classes of all parts", async () => {
    const r = await run(set, {}, { head: "matching", pooling: "cls" });
    expect(r).toMatchObject({ part: "test", nWay: 5, nShot: 1, nQuery: 2, nOther: 2, episodes: 31 });
    expect(r.accuracy).toBeGreaterThan(0.1);
    expect(r.accuracy).toBeLessThan(0.7);
    expect(r.ci95).toBeCloseTo((1.96 * r.sd) / Math.sqrt(31), 12);
    expect(r.seconds).toBeGreaterThan(0);
    expect(r.data.classes).toEqual({
      train: Object.keys(set.train),
      dev: Object.keys(set.dev),
      test: Object.keys(set.test),
    });
    expect(r.data).toMatchObject({ name: "requests", split: "by hand", hash: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(r.wholeVector?.chosenOn).toBe("dev");
    expect(r.auroc).toBeGreaterThan(0);
    expect(r.rejection?.knownAccuracy).toBeLessThanOrEqual(r.accuracy);
    expect(r.thresholds).toBeUndefined(); // test classes choose none
  });

  it("encodes each distinct text once, of dev too, and none that no episode uses", async () => {
    const used = (part: "dev" | "test", options: EvaluateOptions): string[] => {
      const { pool, episodes } = drawEpisodes(set, part, { ...small, ...options });
      return episodes.flatMap((e) => [...e.support.flat(), ...e.query].map((i) => pool.texts[i]!));
    };
    for (const options of [{}, { otherFrom: "set" }, { episodes: 2 }] as const) {
      const texts = new Set([...used("dev", options), ...used("test", options)]);
      expect((await run(set, options)).encoded).toBe(texts.size);
    }
    const shared = intents({ dev: { ...set.dev, 也在: [...set.test.体育!] } });
    const both = new Set(Object.values({ ...shared.dev, ...shared.test }).flat());
    expect(both.size).toBe(7 * 11 + 7 * 11);
    const done: number[] = [];
    const onProgress = (n: number, all: number): void => void done.push(n / all);
    expect((await run(shared, { episodes: 97, nShot: 5, onProgress })).encoded).toBe(both.size);
    expect(done.at(-1)).toBe(1);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it("of a thousand episodes takes little more than one of ten", async () => {
    const began = performance.now();
    const r = await run(set, { episodes: 1000, nShot: 5, nQuery: 5, nOther: 0 });
    expect(r.episodes).toBe(1000);
    expect(r.encoded).toBe(14 * 11);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it("shares an embedder with another one: their texts are encoded once in all", async () => {
    const model = await tinyModel();
    const embedder = createEmbedder(model, compiled, { remember: true });
    const own = await evaluate(model, set, compiled, { ...small, nShot: 5 });
    const first = await evaluate(model, set, compiled, { ...small, nShot: 5, embedder });
    const second = await evaluate(model, set, compiled, { ...small, nShot: 5, embedder });
    expect([first.encoded, second.encoded]).toEqual([own.encoded, 0]);
    expect({ ...second, seconds: 0, encoded: 0 }).toEqual({ ...own, seconds: 0, encoded: 0 });
    await embedder.dispose();
  });

  it("draws the same episodes for equal seeds, whatever the model, and others for others", async () => {
    const [a, b] = [drawEpisodes(set, "test", small), drawEpisodes(set, "test", small)];
    expect(a).toEqual(b);
    expect(drawEpisodes(set, "test", { ...small, seed: 2 }).episodes).not.toEqual(a.episodes);
    expect(drawEpisodes(set, "test", { ...small, seed: "1" }).episodes).toEqual(a.episodes);
    const more = drawEpisodes(set, "test", { ...small, episodes: 37 });
    expect(more.episodes.slice(0, 31)).toEqual(a.episodes);
    for (const options of [{}, { head: "siamese", pooling: "cls" }] as const) {
      const [drawn, given] = [await run(set, {}, options), await run(set, { list: a }, options)];
      expect({ ...given, seconds: 0 }).toEqual({ ...drawn, seconds: 0 });
    }
  });

  it("hands out the episodes and their scores in the same order, those of the part that is scored", async () => {
    const options = { ...small, nShot: 2 };
    const model = await tinyModel();
    const embedder = createEmbedder(model, compiled, { remember: true });
    const scorer = createScorer(model, compiled);
    for (const part of ["test", "dev"] as const) {
      let list: EpisodeList | undefined;
      let scored: readonly ScoredEpisode[] = [];
      const r = await evaluate(model, set, compiled, {
        ...{ ...options, part, embedder },
        onScored: (drawn, results) => {
          [list, scored] = [drawn, results];
        },
      });
      const drawn = drawEpisodes(set, part, options);
      expect(list).toEqual(drawn);
      expect(scored.map((s) => s.labels)).toEqual(drawn.episodes.map((e) => e.label));
      expect(scored.map(episodeAccuracy)).toEqual(r.episodeAccuracies);
      // Labels alone would not show episodes that have changed places: each is scored by itself.
      const vectors = await embedder.embed(drawn.pool.texts);
      for (const i of [0, 3, 30]) {
        const [alone] = await scorer.score(vectors, [drawn.episodes[i]!]);
        for (const [j, s] of alone!.scores.data.entries()) expect(scored[i]!.scores.data[j]).toBeCloseTo(s, 3);
      }
    }
    await Promise.all([embedder.dispose(), scorer.dispose()]);
  });

  it("scores frozen episodes as they were, and refuses those of classes that are not unseen", async () => {
    const list = thawEpisodes(freezeEpisodes(drawEpisodes(set, "test", { ...small, nShot: 3 })), "frozen.json");
    const r = await run(set, { list });
    expect(r).toMatchObject({ nShot: 3, episodes: 31 });
    expect({ ...r, seconds: 0 }).toEqual({ ...(await run(set, { nShot: 3 })), seconds: 0 });
    const trained = drawEpisodes(set, "train", small);
    await expect(run(set, { list: trained })).rejects.toThrow(
      "frozen episodes: 11 of their 11 classes are train classes of requests (split by hand): 天气, 音乐, 电影 and 8 more",
    );
    await expect(run(set, { list: drawEpisodes(set, "dev", small) })).rejects.toThrow("are dev classes of requests");
  });
});

describe("thresholds", () => {
  it("are chosen on dev classes: test texts do not move them, dev texts do", async () => {
    const thresholds = async (of: IntentSet) => {
      const { wholeVector, rejection } = await run(of, { nOther: 5 });
      return [wholeVector!.threshold, rejection!.threshold];
    };
    const before = await thresholds(set);
    expect(await thresholds({ ...set, test: changed(set.test), train: changed(set.train) })).toEqual(before);
    const moved = await thresholds({ ...set, dev: changed(set.dev) });
    expect(moved[0]).not.toBe(before[0]);
    expect(moved[1]).not.toBe(before[1]);
  });

  it("of dev are those that test is then judged by", async () => {
    const [dev, test] = [await run(set, { part: "dev" }), await run(set)];
    expect(dev.thresholds).toEqual({ vector: test.wholeVector?.threshold, other: test.rejection?.threshold });
    expect(dev.wholeVector).toBeUndefined(); // it could only be judged by what it chose itself
    expect(dev.rejection).toBeUndefined();
    expect((await run(set, { part: "dev", nOther: 0 })).thresholds).toEqual({ vector: expect.any(Number) });
  });

  it("of a protocol need no dev classes", async () => {
    const plain = await tinyModel({ pooling: "pooler" });
    const model = createModel(plain.encoder, { ...plain.settings, head: seedSettings("matching") });
    const { wholeVector } = await evaluate(model, { ...set, dev: {} }, compiled, small);
    expect(wholeVector).toMatchObject({ threshold: 0.5, chosenOn: "protocol" });
  });

  it("are absent where dev classes are too few or none, and the accuracy stands", async () => {
    const few = Object.fromEntries(Object.entries(set.dev).slice(0, 5)); // as many as an episode has: none outside
    for (const dev of [few, {}]) {
      const r = await run({ ...set, dev });
      expect(r.accuracy).toBeCloseTo((await run(set)).accuracy, 12);
      expect([r.wholeVector, r.rejection]).toEqual([undefined, undefined]);
      expect(r.auroc).toBeGreaterThan(0);
    }
  });
});

describe("texts of no class", () => {
  it("are shared out among the parts, so that dev has other ones than test", async () => {
    const [train, dev, test] = (["train", "dev", "test"] as const).map((part) => otherOf(set, part));
    expect([...train!, ...dev!, ...test!].sort()).toEqual([...OTHER].sort());
    expect([train!.length, dev!.length, test!.length]).toEqual([4, 4, 3]);
    expect(otherOf({ ...set, train: {}, dev: {} }, "test")).toEqual(OTHER);
    const drawn = drawEpisodes(set, "test", { ...small, otherFrom: "set", episodes: 97 });
    const others = drawn.episodes.flatMap((e) => e.query.filter((_, i) => e.label[i] === -1));
    expect(new Set(others.map((i) => drawn.pool.texts[i]))).toEqual(new Set(test));
  });

  it("come from the set, from classes, or from both", async () => {
    const from = (otherFrom: "classes" | "set" | "both"): boolean[] => {
      const { pool, episodes } = drawEpisodes(set, "test", { ...small, otherFrom, episodes: 97 });
      return episodes.flatMap((e) => e.query.filter((_, i) => e.label[i] === -1).map((i) => pool.other!.includes(i)));
    };
    expect(new Set(from("set"))).toEqual(new Set([true]));
    expect(new Set(from("classes"))).toEqual(new Set([false]));
    expect(new Set(from("both"))).toEqual(new Set([true, false]));
    const [a, b] = [await run(set, { otherFrom: "set" }), await run(set, { otherFrom: "classes" })];
    expect(a.auroc).not.toBe(b.auroc);
  });
});

describe("what cannot be evaluated", () => {
  it.each([
    [
      { nWay: 8, nOther: 0 },
      "test/intents.ts (test classes): has 7 classes; 8-way 1-shot with 2 queries a class needs 8",
    ],
    [
      { nWay: 7 },
      "test/intents.ts (test classes): has 7 classes; 7-way with 2 other queries needs 8, one to stand outside",
    ],
    [
      { nShot: 7, nQuery: 5 },
      "test/intents.ts (test classes): class '体育' has 11 texts; 7-shot with 5 queries needs 12; only 0 of 7 classes have as many, 5-way needs 5",
    ],
    [
      { nOther: 5, otherFrom: "set" },
      'test/intents.ts (test classes, with 3 of 11 texts of no class): has 3 texts of no class; 5 other queries with otherFrom "set" need 5',
    ],
    [{ episodes: 1 }, "evaluate: 1 episodes; wanted a whole number of at least 2"],
    [{ nWay: 0.5 }, "test/intents.ts (test classes): nWay is 0.5, wanted a whole number from 1"],
  ] as const)("%o says so with the numbers", async (options, message) => {
    const error = await run(set, options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(message);
  });

  it("is a model whose weights are broken", async () => {
    const model = await tinyModel();
    model.encoder.params["encoder.layer.1.output.dense.bias"]!.data[3] = Number.NaN;
    const result = evaluate(model, set, compiled, small);
    await expect(result).rejects.toThrow("tiny-zh: its scores are not numbers (NaN): the model's weights are broken");
  });

  it("is a set without the part, or with a class in two parts", async () => {
    await expect(run({ ...set, test: {} })).rejects.toThrow(
      "test/intents.ts: evaluation needs classes in the part test, which is empty (train 11, dev 7, test 0 classes)",
    );
    await expect(run({ ...set, test: { ...set.test, 音乐: ["一", "二", "三"] } })).rejects.toThrow(
      "test/intents.ts: class '音乐' in train and in test; the parts of a split have no class in common",
    );
  });
});
