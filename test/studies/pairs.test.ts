import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PairSet, Part, TextPair } from "../../lib/data/types.ts";
import { bestPairThreshold, evaluatePairs, pairScores } from "../../lib/evaluate/pairs.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { trainOnPairs } from "../../lib/studies/pairs.ts";
import { intents } from "../intents.ts";
import { compiled, tinyModel } from "../model/tiny.ts";

/** Pairs of neighbouring texts of a class, and of texts of neighbouring classes. */
function pairSet(): PairSet {
  const set = intents();
  const pairs = (["train", "dev", "test"] as const).flatMap((part: Part) => {
    const classes = Object.values(set[part]);
    return classes.flatMap((texts, c) =>
      texts.slice(1).flatMap((text, i): TextPair[] => [
        { a: texts[i] as string, b: text, same: true, part },
        { a: text, b: classes[(c + 1) % classes.length]?.[i] as string, same: false, part },
      ]),
    );
  });
  return { name: "requests in pairs", source: "test", pairs, warnings: [] };
}

describe("sentence pairs", () => {
  it("are scored with the cosine of their vectors, each text encoded once", async () => {
    const model = await tinyModel({ head: "siamese" });
    const pairs = pairSet().pairs.slice(0, 17);
    const embedder = createEmbedder(model, compiled, { remember: true });
    const scores = await pairScores(model, pairs, compiled, { embedder });
    expect(embedder.encoded).toBe(new Set(pairs.flatMap((p) => [p.a, p.b])).size);
    for (const [i, { a, b }] of pairs.entries()) {
      const { data, shape } = await embedder.embed([a, b]);
      const [x, y] = [data.subarray(0, shape[1]), data.subarray(shape[1])];
      const dot = (u: Float32Array, v: Float32Array): number => u.reduce((sum, n, j) => sum + n * (v[j] as number), 0);
      expect(scores[i]).toBeCloseTo(dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y)), 5);
    }
    await embedder.dispose();
  });

  it("are told apart better after training on others, whose order the seed fixes", async () => {
    const [model, again] = [await tinyModel({ head: "siamese" }), await tinyModel({ head: "siamese" })];
    const set = pairSet();
    const before = await evaluatePairs(model, set, compiled);
    const options = {
      steps: 150,
      lr: 1e-3,
      evaluateEvery: 30,
      dropout: false,
      pairsPerStep: 31,
      progress: { quiet: true },
    };
    const result = await trainOnPairs(model, set, compiled, options);
    const after = await evaluatePairs(model, set, compiled);
    expect(after.auroc).toBeGreaterThan(before.auroc + 0.05);
    expect(after.accuracy).toBeGreaterThan(0.5);
    expect(after).toMatchObject({ part: "test", pairs: 140, same: 0.5, threshold: expect.any(Number) });
    expect(result.best?.metrics.accuracy).toBeGreaterThan(0.5);
    await trainOnPairs(again, set, compiled, options);
    for (const [name, p] of Object.entries(model.encoder.params)) expect(again.encoder.params[name]).toEqual(p);
  }, 60_000);

  it("that are missing, or a head that knows no pairs, are refused in words", async () => {
    const siamese = await tinyModel({ head: "siamese" });
    const whole: PairSet = { ...pairSet(), pairs: pairSet().pairs.map((p) => ({ ...p, part: "all" })) };
    await expect(trainOnPairs(siamese, whole, compiled)).rejects.toThrow(
      "requests in pairs: training on pairs needs pairs of the part train; it has all",
    );
    await expect(trainOnPairs(await tinyModel(), pairSet(), compiled)).rejects.toThrow(
      "training on pairs: the head is prototypical, wanted siamese",
    );
    await expect(trainOnPairs(siamese, pairSet(), compiled, { pairsPerStep: 1000 })).rejects.toThrow(
      "pairsPerStep is 1000, wanted a whole number from 1 to the 220 train pairs",
    );
    expect(await evaluatePairs(siamese, whole, compiled)).not.toHaveProperty("accuracy");
  });
});

describe("bestPairThreshold", () => {
  it("has as many right answers as the best of all thresholds", () => {
    const item = fc.record({ score: fc.integer({ min: -3, max: 3 }), same: fc.boolean() });
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 23 }), (pairs) => {
        const right = (t: number): number => pairs.filter(({ score, same }) => score >= t === same).length;
        const all = [Number.POSITIVE_INFINITY, ...pairs.map((p) => p.score)].map(right);
        expect(right(bestPairThreshold(pairs))).toBe(Math.max(...all));
      }),
    );
  });
});
