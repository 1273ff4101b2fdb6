import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evaluate as evaluateOn } from "../../lib/evaluate/evaluate.ts";
import { copyModel, matching, network, prototypical, siamese } from "../../lib/kit/networks.ts";
import { compareCurves, type Run, train } from "../../lib/kit/run.ts";
import { classifier, embed, evaluate } from "../../lib/kit/use.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { loadModel } from "../../lib/model/model.ts";
import { trainModel } from "../../lib/studies/fit.ts";
import { intents } from "../intents.ts";
import { compiled as executor, tinyEncoder, tinyModel } from "../model/tiny.ts";

const set = intents();
const SHAPE = { nWay: 5, nShot: 2, nQuery: 1, seed: 3 };
const OPTIONS = { ...SHAPE, steps: 7, lr: 1e-3, evaluateEvery: 3, devEpisodes: 11, progress: { quiet: true } };

let folder = "";
let run: Run;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kit-"));
  run = await train(await tinyModel(), set, { ...OPTIONS, executor });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the three networks", () => {
  it("have the head's defaults, and take the options of model and head in one list", async () => {
    const bert = await tinyEncoder();
    expect(prototypical(bert).settings).toMatchObject({ pooling: "mean", head: { distance: "sqEuclidean" } });
    expect(matching(bert, { pooling: "cls", shots: "max" }).settings).toMatchObject({
      ...{ pooling: "cls", layer: -1 },
      head: { head: "matching", distance: "cosine", shots: "max" },
    });
    expect(siamese(bert, { distance: "euclidean" }).settings.head.loss).toBe("contrastive");
    expect(() => network(bert, "matching", { layer: 9 })).toThrow("layer 9: this encoder has");
  });

  it("are copied with parameters of their own", async () => {
    const model = await tinyModel();
    const copy = copyModel(model);
    expect(copy).not.toBe(model);
    for (const [name, p] of Object.entries(model.encoder.params)) {
      expect(copy.encoder.params[name]).toEqual(p);
      expect(copy.encoder.params[name]?.data).not.toBe(p.data);
    }
  });
});

describe("train", () => {
  it("ends where trainModel ends, and leaves the model that it was given as it was", async () => {
    const [given, untouched, trained] = [await tinyModel(), await tinyModel(), await tinyModel()];
    const again = await train(given, set, { ...OPTIONS, executor });
    await trainModel(trained, set, executor, OPTIONS);
    for (const [name, p] of Object.entries(untouched.encoder.params)) {
      expect(given.encoder.params[name]).toEqual(p);
      expect(again.model.encoder.params[name]).toEqual(trained.encoder.params[name]);
      expect(run.model.encoder.params[name]).toEqual(trained.encoder.params[name]);
    }
    expect(again.otherThreshold).toBe(run.otherThreshold);
    expect(run.otherThreshold).toEqual(expect.any(Number));
  });

  it("writes what the command writes where a folder is named", async () => {
    const out = join(folder, "run");
    const saved = await train(await tinyModel(), set, { ...OPTIONS, executor, out });
    expect(existsSync(join(out, "fewshot.json"))).toBe(true);
    expect(saved.otherThreshold).toBe(run.otherThreshold);
    const { encoder } = await loadModel(out);
    for (const [name, p] of Object.entries(run.model.encoder.params)) expect(encoder.params[name]).toEqual(p);
  });

  it("draws the run's curves, and several runs' in one figure", () => {
    const text = JSON.stringify(run.curves({ title: "Requests" }));
    expect(text).toContain("Requests");
    expect(text).toContain("prototypical");
    const both = JSON.stringify(compareCurves({ one: run, two: run }));
    for (const name of ["one", "two"]) expect(both).toContain(`"name":"${name}"`);
  });
});

describe("evaluate, embed and classifier", () => {
  it("evaluate a run on its own set as a model on that set", async () => {
    const options = { nShot: 2, nQuery: 2, nOther: 2, episodes: 31 };
    const { seconds: _, ...mine } = await evaluate(run, options);
    const { seconds: __, ...theirs } = await evaluateOn(run.model, set, executor, options);
    const { seconds: ___, ...model } = await evaluate(run.model, set, { ...options, executor });
    expect(mine).toEqual(theirs);
    expect(model).toEqual(theirs);
    expect(mine.episodeAccuracies).toHaveLength(31);
    // @ts-expect-error a model needs its data
    await expect(evaluate(run.model, options)).rejects.toThrow("a model needs a data set beside it");
  });

  it("embed texts with a run, a model, or an encoder and a pooling", async () => {
    const texts = ["今天的天气怎么样？", "我想听音乐", "今天的天气怎么样？"];
    const own = createEmbedder(run.model, executor);
    expect(await embed(run, texts)).toEqual(await own.embed(texts));
    await own.dispose();
    const model = await tinyModel({ pooling: "max", layer: 1 });
    const byModel = await embed(model, texts, { executor });
    expect(await embed(await tinyEncoder(), texts, { executor, pooling: "max", layer: 1 })).toEqual(byModel);
    expect(await embed(await tinyModel(), texts, { executor, pooling: "max", layer: 1 })).toEqual(byModel);
    expect(byModel.shape).toEqual([3, model.encoder.config.hiddenSize]);
  });

  it("recognise intents with the run's threshold unless another is given", async () => {
    const support = Object.fromEntries(Object.entries(set.test).map(([name, texts]) => [name, texts.slice(0, 3)]));
    const [text = ""] = set.test.体育 ?? [];
    const everything = await classifier(run, support, { threshold: Number.POSITIVE_INFINITY });
    expect((await everything.predict([text]))[0]?.class).toBeNull();
    await everything.dispose();
    const mine = await classifier(run, support);
    const [prediction] = await mine.predict([text]);
    const known = (prediction?.score ?? Number.NaN) >= (run.otherThreshold ?? Number.NaN);
    expect(prediction?.class === null).toBe(!known);
    await mine.dispose();
    const free = await classifier(run.model, support, { executor });
    expect((await free.predict(["为什"]))[0]?.class).not.toBeNull();
    await free.dispose();
  });
});
