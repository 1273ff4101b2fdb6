import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadIntents } from "../../lib/data/load.ts";
import type { IntentSet } from "../../lib/data/types.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { auroc, type Confidence, confidences, rejection } from "../../lib/evaluate/open-set.ts";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import type { HeadSettings } from "../../lib/heads/types.ts";
import { type FewShotModel, loadModel } from "../../lib/model/model.ts";
import { trainModel } from "../../lib/studies/fit.ts";
import { type OpenSetConfig, openSet } from "../../lib/studies/open-set.ts";
import { byShots, type ShotsConfig } from "../../lib/studies/shots.ts";
import type { StudyResult } from "../../lib/studies/study.ts";
import { intents } from "../intents.ts";
import { compiled, TINY } from "../model/tiny.ts";

const TRAINING = { nWay: 5, nShot: 2, nQuery: 1, steps: 5, lr: 1e-2, evaluations: 1, devEpisodes: 7 };

let folder = "";
let set: IntentSet;
const subject = () => ({ encoder: TINY, encoderName: "tiny-zh", sets: [{ name: "requests", data: folder }] });
const files = (name: string) => ({ out: join(folder, name), options: { runs: join(folder, "runs"), quiet: true } });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "heads-"));
  const { train, dev, test, other } = intents();
  for (const [name, texts] of Object.entries({ train, dev, test, other })) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(texts));
  }
  set = await loadIntents(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The model that a study trains, trained here. */
async function trainedMatching(shots: HeadSettings["shots"]): Promise<FewShotModel> {
  const model = await loadModel(TINY, { head: "matching", headSettings: { shots } });
  const { evaluations: _, ...how } = TRAINING;
  await trainModel(model, set, compiled, { ...how, evaluateEvery: 5, seed: 1, progress: { quiet: true } });
  return model;
}

describe("the study of shots", () => {
  const shape = { nWay: 3, nQuery: 2, episodes: 23 };
  let config: ShotsConfig;
  let result: StudyResult;
  const row = (head: string, encoder: string, nShot: number, of = result) =>
    of.rows.find((r) => r.head === head && r.encoder === encoder && r.nShot === nShot);

  beforeAll(async () => {
    config = {
      ...{ ...subject(), ...shape, shots: [1, 5], training: TRAINING },
      heads: [
        { name: "prototypical", head: "prototypical" },
        { name: "matching, mean", head: "matching" },
        { name: "matching, max", head: "matching", settings: { shots: "max" } },
      ],
    };
    const { out, options } = files("shots");
    result = await byShots(config, out, compiled, options);
  }, 60_000);

  it("has a row for every head, state and number of shots, scored as evaluate scores it", async () => {
    const cells = ["raw", "trained"].flatMap((state) =>
      ["prototypical", "matching, mean", "matching, max"].flatMap((h) => [1, 5].map((k) => `${state} ${h} ${k}`)),
    );
    expect(result.rows.map((r) => `${r.encoder} ${r.head} ${r.nShot}`)).toEqual(cells);
    const raw = await loadModel(TINY, { head: "matching", headSettings: { shots: "max" } });
    const models = { raw, trained: await trainedMatching("max") };
    for (const [state, model] of Object.entries(models)) {
      const { accuracy, ci95 } = await evaluate(model, set, compiled, { ...shape, nShot: 5 });
      expect(row("matching, max", state, 5)).toMatchObject({ accuracy, ci95 });
    }
  });

  it("compares with the same head raw and with the first head, episode by episode", async () => {
    const each = async (model: FewShotModel) =>
      (await evaluate(model, set, compiled, { ...shape, nShot: 5 })).episodeAccuracies;
    const [trained, raw, first] = [
      await each(await trainedMatching("mean")),
      await each(await loadModel(TINY, { head: "matching" })),
      await each(await loadModel(TINY)),
    ];
    const gain = pairedDifference(trained, raw);
    expect(row("matching, mean", "trained", 5)).toMatchObject({
      ...{ gain: gain.mean, gainCi95: gain.ci95, gainWon: gain.won, gainLost: gain.lost },
    });
    const { mean, ci95 } = pairedDifference(raw, first);
    expect(row("matching, mean", "raw", 5)).toMatchObject({ difference: mean, differenceCi95: ci95 });
    expect(row("matching, mean", "raw", 5)).not.toHaveProperty("gain");
    expect(row("prototypical", "trained", 5)).not.toHaveProperty("difference");
    expect(result.rows[0]).not.toHaveProperty("episodes");
  });

  it("finds no difference between the ways to sum up one support, while the encoder is raw", () => {
    const [mean, max] = [row("matching, mean", "raw", 1), row("matching, max", "raw", 1)];
    expect(max?.accuracy).toBe(mean?.accuracy);
    expect(row("matching, max", "raw", 5)?.accuracy).not.toBe(row("matching, mean", "raw", 5)?.accuracy);
  });

  it("says it in tables and figures, of which the training's are those that it did", () => {
    expect(result.table("gain-requests").columns.flat()).toContain("trained less raw");
    expect(result.table("difference-requests").rows).toHaveLength(4);
    const names = ["shots-raw-requests", "shots-trained-requests", "difference-requests", "training-requests"];
    expect(result.report?.figures.map((f) => f.name)).toEqual(names);
    expect(JSON.stringify(result.figure("training-requests"))).toContain("matching, max");
    expect(result.report?.about[0]).toContain("5 steps of 5-way 2-shot");
  });

  it("takes a model that was trained before, and gives its rows without training it", async () => {
    const model = await trainedMatching("mean");
    const { training: _, ...rest } = config;
    const { out, options } = files("given");
    const heads = [{ name: "mine", head: "matching" as const, trained: { model } }];
    const given = await byShots({ ...rest, heads }, out, compiled, options);
    const { accuracy, gain } = row("matching, mean", "trained", 5) ?? {};
    expect(row("mine", "trained", 5, given)).toMatchObject({ accuracy, gain });
    expect(given.report?.figures.map((f) => f.name)).toEqual(["shots-requests"]);
    expect(() => given.table("difference-requests")).toThrow("there is no table 'difference-requests'");
    const record = (name: string): string => readFileSync(join(folder, name, "config.json"), "utf8");
    const first = record("given");
    model.encoder.params["encoder.layer.1.output.dense.bias"]!.data[3]! += 1;
    await byShots({ ...rest, heads }, out, compiled, options);
    expect(record("given")).not.toBe(first); // other weights are another study
    const twice = byShots({ ...rest, heads: [...heads, ...heads] }, out, compiled, options);
    await expect(twice).rejects.toThrow("study: two heads are called 'mine'; wanted a name of its own for each");
  });
});

describe("the study of other", () => {
  const shape = { nWay: 3, nQuery: 2, nOther: 3, episodes: 23 };
  let config: OpenSetConfig;
  let result: StudyResult;
  beforeAll(async () => {
    config = {
      ...{ ...subject(), nWay: 3, nQuery: 2, nOther: 3, episodes: 23, shots: [1, 3], training: TRAINING },
      heads: [{ name: "matching", head: "matching" }],
      otherFrom: ["both"],
    };
    const { out, options } = files("other");
    result = await openSet(config, out, compiled, options);
  }, 60_000);
  const row = (encoder: string, otherFrom: string, nShot: number) =>
    result.rows.find((r) => r.encoder === encoder && r.otherFrom === otherFrom && r.nShot === nShot);

  it("has a row for each state, kind of others and number of shots, judged as evaluate judges", async () => {
    expect(result.rows).toHaveLength(2 * 2);
    const models = { raw: await loadModel(TINY, { head: "matching" }), trained: await trainedMatching("mean") };
    for (const [state, model] of Object.entries(models)) {
      const on = { ...shape, nShot: 3, otherFrom: "both" } as const;
      const r = await evaluate(model, set, compiled, on);
      const dev = await evaluate(model, set, compiled, { ...on, part: "dev" });
      const wanted = { accuracy: r.accuracy, auroc: r.auroc, ...r.rejection, devAuroc: dev.auroc };
      // Close, not equal: the last bits of a vector depend on its neighbours in a batch, which are others here.
      for (const [name, value] of Object.entries(wanted))
        expect(row(state, "both", 3)?.[name], name).toBeCloseTo(value as number, 2);
    }
  });

  it("tells what not knowing the test episodes costs", async () => {
    let items: Confidence[] = [];
    await evaluate(await loadModel(TINY, { head: "matching" }), set, compiled, {
      ...{ ...shape, nShot: 1, otherFrom: "both" },
      onScored: (_, scored) => {
        items = confidences(scored);
      },
    });
    const at = (threshold: number): number => {
      const accepted = items.filter((i) => i.known && i.score >= threshold).length / (23 * 6);
      return (accepted + rejection(items, threshold).otherRecall) / 2;
    };
    const found = row("raw", "both", 1);
    const best = Math.max(...items.map((i) => at(i.score)));
    expect(found?.bestBalanced).toBeCloseTo(best, 12);
    expect(found?.balanced).toBeCloseTo(at(found?.threshold as number), 12);
    expect(found?.cost).toBeCloseTo(best - at(found?.threshold as number), 12);
    expect(found?.cost).toBeGreaterThanOrEqual(0);
    expect(found?.auroc).toBe(auroc(items));
    expect(found?.knownAccuracy).toBeLessThanOrEqual(found?.knownAccepted as number);
  });

  it("draws ROC, risk and scores of every kind of others and number of shots, also when nothing is left to do", async () => {
    const names = ["both-1", "both-3"].flatMap((n) => [
      ...[`roc-requests-${n}`, `risk-requests-${n}`],
      ...[`scores-raw-matching-requests-${n}`, `scores-trained-matching-requests-${n}`],
    ]);
    const { out, options } = files("other");
    const again = await openSet(config, out, compiled, options);
    expect(again.report).toEqual(result.report && { ...result.report, tables: expect.any(Array) });
    expect(again.rows).toEqual(result.rows);
    expect(again.report?.figures.map((f) => f.name)).toEqual(names);
    const area = (100 * (row("trained", "both", 3)?.auroc as number)).toFixed(1);
    expect(JSON.stringify(again.figure("roc-requests-both-3"))).toContain(`trained, matching<br>AUROC ${area} %`);
    expect(again.table("threshold-requests").rows[0]).toEqual(["both", 1, "matching", "raw"]);
    expect(again.table("threshold-requests").markdown()).toContain("| other classes or texts of no class | 1-shot |");
  });
});
