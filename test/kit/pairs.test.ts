import { beforeAll, describe, expect, it } from "vitest";
import type { PairSet } from "../../lib/data/types.ts";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import { evaluatePairs as evaluateOn, pairScores as scoresOn } from "../../lib/evaluate/pairs.ts";
import { differencesTable } from "../../lib/kit/differences.ts";
import { evaluatePairs, intentPairs, type PairRun, pairScores, pairTable, trainOnPairs } from "../../lib/kit/pairs.ts";
import { evaluate } from "../../lib/kit/use.ts";
import { trainOnPairs as trainInPlace } from "../../lib/studies/pairs.ts";
import { intents } from "../intents.ts";
import { compiled as executor, tinyModel } from "../model/tiny.ts";

const set = intents();
const pairSet: PairSet = {
  ...{ name: "requests in pairs", source: "test", warnings: [] },
  pairs: (["train", "dev", "test"] as const).flatMap((part) => intentPairs(set, { part, pairs: 31, seed: 5 })),
};
const OPTIONS = { steps: 5, lr: 1e-3, pairsPerStep: 7, evaluateEvery: 2, progress: { quiet: true } };
let run: PairRun;
beforeAll(async () => {
  run = await trainOnPairs(await tinyModel({ head: "siamese" }), pairSet, { ...OPTIONS, executor });
});

describe("pairs drawn from intents", () => {
  it("are of one class or of two as they say, from the part that is asked for, and the same for the same seed", () => {
    const home = new Map(Object.entries(set.dev).flatMap(([name, texts]) => texts.map((text) => [text, name])));
    const pairs = intentPairs(set, { part: "dev", pairs: 17, positiveShare: 0.3, seed: 2 });
    expect(pairs).toHaveLength(17);
    for (const { a, b, same, part } of pairs) {
      expect(home.has(a) && home.has(b)).toBe(true);
      expect(home.get(a) === home.get(b)).toBe(same);
      expect(part).toBe("dev");
    }
    expect(pairs.filter((p) => p.same)).toHaveLength(5);
    expect(intentPairs(set, { part: "dev", pairs: 17, positiveShare: 0.3, seed: 2 })).toEqual(pairs);
    expect(intentPairs(set)).toHaveLength(10);
  });
});

describe("training on pairs in one call", () => {
  it("ends where the study's training ends, and leaves the model that it was given as it was", async () => {
    const [given, untouched, trained] = [
      await tinyModel({ head: "siamese" }),
      await tinyModel({ head: "siamese" }),
      await tinyModel({ head: "siamese" }),
    ];
    const again = await trainOnPairs(given, pairSet, { ...OPTIONS, executor });
    await trainInPlace(trained, pairSet, executor, OPTIONS);
    for (const [name, p] of Object.entries(untouched.encoder.params)) {
      expect(given.encoder.params[name]).toEqual(p);
      expect(again.model.encoder.params[name]).toEqual(trained.encoder.params[name]);
    }
  });

  it("is scored as a run and as its model alike", async () => {
    const expected = await evaluateOn(run.model, pairSet, executor);
    expect(await evaluatePairs(run, pairSet)).toEqual(expected);
    expect(await evaluatePairs(run.model, pairSet, { executor })).toEqual(expected);
    expect(expected.items).toHaveLength(31);
    const right = expected.right ?? [];
    expect(right.reduce((sum, r) => sum + r, 0) / right.length).toBeCloseTo(expected.accuracy ?? Number.NaN, 12);
    const scores = await scoresOn(run.model, pairSet.pairs, executor);
    expect(await pairScores(run, pairSet.pairs)).toEqual(scores);
    const { header, lines } = pairTable(pairSet.pairs, { trained: scores });
    expect(header).toEqual(["text", "text", "same class", "trained"]);
    const [first] = pairSet.pairs;
    expect(lines[0]).toEqual([first?.a, first?.b, first?.same ? "yes" : "no", scores[0]?.toFixed(2)]);
  });
});

describe("the table of differences", () => {
  it("has accuracies, and paired differences to the first", async () => {
    const how = { nShot: 2, nQuery: 2, episodes: 23, executor };
    const a = await evaluate(await tinyModel({ head: "siamese" }), set, how);
    const b = await evaluate(run.model, set, how);
    const { cells, columns, rows } = differencesTable({ raw: a, trained: b });
    expect(rows).toEqual([["raw"], ["trained"]]);
    expect(columns).toEqual([["accuracy"], ["difference to raw"]]);
    const { mean, ci95 } = pairedDifference(b.episodeAccuracies, a.episodeAccuracies);
    expect(cells[1]?.map((c) => c.mean)).toEqual([b.accuracy, mean]);
    expect(cells[1]?.map((c) => c.ci95)).toEqual([b.ci95, ci95]);
    expect(cells[0]?.[1]?.mean).toBeNull();
    const other = await evaluate(run.model, set, { ...how, nShot: 1 });
    expect(() => differencesTable({ raw: a, trained: other })).toThrow(
      "trained was scored 5-way 1-shot 2-query on test classes of requests, raw 5-way 2-shot",
    );
  });
});
