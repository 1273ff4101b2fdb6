import { describe, expect, it } from "vitest";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { headSettings } from "../../lib/heads/head.ts";
import { HEADS } from "../../lib/heads/types.ts";
import { loadModel } from "../../lib/model/model.ts";
import { trainModel } from "../../lib/studies/fit.ts";
import { protocolDefaults } from "../../lib/studies/protocol.ts";
import { intents } from "../intents.ts";
import { compiled, TINY } from "../model/tiny.ts";

describe("the protocol of the seed", () => {
  // YC-wind/bert_few_shot_learning at 99cd5bb; its optimizer is that of google-research/bert.
  it("has its episodes, text form, schedule and optimizer", () => {
    const { model, fit } = protocolDefaults("seed", "prototypical");
    expect(model).toMatchObject({
      head: "prototypical",
      pooling: "pooler",
      layer: -1,
      maxLength: 32,
      textForm: "seed",
    });
    expect(fit).toEqual({
      ...{ nWay: 5, nShot: 3, nQuery: 2, nOther: 2, episodesPerStep: 3 },
      ...{ steps: 50_000, evaluateEvery: 500, evaluateFrom: 1000, devEpisodes: 300, selectBy: "loss" },
      ...{ lr: 1e-5, warmup: 0.1, schedule: "bert", clip: 1 },
      optimizer: { decay: 0.01, eps: 1e-6, biasCorrection: false },
    });
  });

  it("has its prototypical network: Euclid, contrastive with margin 10, yes up to a distance of 10", () => {
    expect(protocolDefaults("seed", "prototypical").model.headSettings).toMatchObject({
      ...{ distance: "euclidean", loss: "contrastive", margin: 10, norms: true, threshold: -10 },
    });
  });

  it("has its matching network: best cosine of the shots, squared error, yes from 0.5, 38,766 steps", () => {
    const { model, fit } = protocolDefaults("seed", "matching");
    expect(model.headSettings).toMatchObject({
      ...{ distance: "cosine", scale: 1, loss: "squaredError", shots: "max", norms: true, threshold: 0.5 },
    });
    expect(fit.steps).toBe(38_766);
  });

  it("has the siamese network that it describes: cosine, compared with stored sentences", () => {
    expect(protocolDefaults("seed", "siamese").model).toMatchObject({
      head: "siamese",
      headSettings: { distance: "cosine", scale: 1, loss: "squaredError", decision: "support" },
    });
  });

  it.each(["matching", "prototypical"] as const)(
    "trains a %s network, other queries and normalisations included, and counts whole vectors at its threshold",
    async (head) => {
      const { model: overrides, fit } = protocolDefaults("seed", head);
      const model = await loadModel(TINY, overrides);
      const before = Object.values(model.headParams).map((p) => p.data.slice());
      const set = intents();
      const small = { steps: 7, warmup: 0, lr: 1e-3, devEpisodes: 11, evaluateEvery: 7 };
      const { status, history, best } = await trainModel(model, set, compiled, {
        ...{ ...fit, ...small, progress: { quiet: true } },
      });
      expect([status, history.length, best?.step]).toEqual(["done", 8, 7]);
      for (const [i, p] of Object.values(model.headParams).entries()) expect(p.data).not.toEqual(before[i]);
      const { nWay, nShot, nQuery, nOther } = fit as Required<typeof fit>;
      const r = await evaluate(model, set, compiled, { nWay, nShot, nQuery, nOther, episodes: 31 });
      expect(r.wholeVector).toMatchObject({ threshold: head === "matching" ? 0.5 : -10, chosenOn: "protocol" });
      expect(r.wholeVector!.accuracy).toBeGreaterThanOrEqual(0);
      expect(r.wholeVector!.accuracy).toBeLessThanOrEqual(1);
    },
  );
});

describe("the protocols of FewShotText and ProtAugment", () => {
  it.each([
    ["fewshottext", 25],
    ["protaugment", 20],
  ] as const)(
    "%s: 5-way 5-shot 5-query, plain Adam at 2e-5, the pooler's output, patience %i",
    (protocol, patience) => {
      const { model, fit } = protocolDefaults(protocol, "matching");
      expect(model).toMatchObject({ head: "matching", pooling: "pooler", layer: -1, maxLength: 64, textForm: "plain" });
      expect(model.headSettings).toMatchObject({ distance: "cosine", scale: 5, shots: "mean", loss: "crossEntropy" });
      expect(fit).toEqual({
        ...{ nWay: 5, nShot: 5, nQuery: 5, nOther: 0, episodesPerStep: 1 },
        ...{ steps: 10_000, evaluateEvery: 100, evaluateFrom: 100, devEpisodes: 600, selectBy: "accuracy", patience },
        ...{ lr: 2e-5, warmup: 0, schedule: "constant", clip: Number.POSITIVE_INFINITY },
        optimizer: { decay: 0, eps: 1e-8 },
      });
      expect(protocolDefaults(protocol).model.headSettings).toMatchObject({
        ...{ distance: "sqEuclidean", loss: "crossEntropy", norms: false },
      });
    },
  );

  it("want more positions than a small encoder has, and say so", async () => {
    await expect(loadModel(TINY, protocolDefaults("protaugment").model)).rejects.toThrow(
      `${TINY}: maximum length 64; this encoder takes 3 .. 37 tokens`,
    );
  });
});

describe("no protocol", () => {
  it("leaves every default as it is", async () => {
    expect(protocolDefaults(undefined)).toEqual({ model: {}, fit: {} });
    for (const head of HEADS) {
      expect((await loadModel(TINY, { head })).settings.head).toEqual(headSettings(head));
    }
  });
});
