import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { type Evaluation, evaluate } from "../../lib/evaluate/evaluate.ts";
import { HEADS } from "../../lib/heads/types.ts";
import { allParams, type FewShotModel } from "../../lib/model/model.ts";
import { trainModel } from "../../lib/studies/fit.ts";
import { type FitOptions, fitPlan } from "../../lib/studies/fit-options.ts";
import { TrainingError } from "../../lib/train/trainer.ts";
import type { TrainResult } from "../../lib/train/types.ts";
import { intents } from "../intents.ts";
import { compiled, tinyModel } from "../model/tiny.ts";

const set = intents();
const quiet = { progress: { quiet: true } };

const lossesOf = ({ history }: TrainResult): number[] => history.flatMap((line) => ("loss" in line ? [line.loss] : []));
const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const paramsOf = (model: FewShotModel): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(allParams(model)).map(([name, p]) => [name, p.data.slice()]));

describe("training", () => {
  it.each(HEADS)("a %s network brings the loss down and puts classes it has never seen apart", async (head) => {
    const gains: number[] = [];
    for (const seed of [1, 2, 3]) {
      // A tiny network of random weights: one seed may learn next to nothing.
      const model = await tinyModel({ head });
      const dev = (): Promise<Evaluation> =>
        evaluate(model, set, compiled, { part: "dev", episodes: 199, seed: "other" });
      const raw = await dev();
      const plan: FitOptions = { steps: 150, lr: 2e-3, nQuery: 3, devEpisodes: 61, evaluateEvery: 30, seed, ...quiet };
      const result = await trainModel(model, set, compiled, plan);
      expect(result).toMatchObject({ status: "done", step: 150 });
      const losses = lossesOf(result);
      expect(losses).toHaveLength(150);
      expect(mean(losses.slice(-20))).toBeLessThan(0.9 * mean(losses.slice(0, 20)));
      gains.push((await dev()).accuracy - raw.accuracy);
      expect(raw.ci95).toBeLessThan(0.03);
    }
    expect(mean(gains), `${gains}`).toBeGreaterThan(0.07);
  });

  it("by default evaluates ten times on dev, and takes the step with the highest accuracy", async () => {
    const model = await tinyModel();
    const result = await trainModel(model, set, compiled, { steps: 41, nShot: 1, devEpisodes: 7, ...quiet });
    const devs = result.history.flatMap((line) => ("dev" in line && line.dev ? [line] : []));
    expect(devs.map((line) => line.step)).toEqual([4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 41]);
    const accuracies = devs.map((line) => (line.dev as { accuracy: number }).accuracy);
    expect(result.best?.metrics.accuracy).toBe(Math.max(...accuracies));
    expect(fitPlan(model, {})).toEqual({
      ...{ nWay: 5, nShot: 5, nQuery: 5, nOther: 0, otherFrom: "classes", dropout: true, devEpisodes: 100 },
      ...{ steps: 500, lr: 5e-5, evaluateEvery: 50, selectBy: "accuracy", seed: 1 },
      ...{ trainsOn: "episodes", episodesPerStep: 1 },
    });
    const plan = fitPlan(await tinyModel({ head: "siamese" }), { episodesPerStep: 3, nOther: 1 });
    expect(plan).toMatchObject({ trainsOn: "pairs", pairsPerStep: 76, positiveShare: 0.5 }); // half of 3 * (5 * 10 + 1)
  });

  const short: FitOptions = { steps: 5, lr: 1e-3, nShot: 2, nQuery: 1, devEpisodes: 5, evaluateEvery: 5, ...quiet };

  it.each(HEADS)("a %s network twice with one seed gives equal bits, and others with another", async (head) => {
    const trained = async (options: FitOptions) => {
      const model = await tinyModel({ head });
      const result = await trainModel(model, set, compiled, { ...short, ...options });
      return { losses: lossesOf(result), best: result.best, params: paramsOf(model) };
    };
    const first = await trained({});
    expect(await trained({})).toEqual(first);
    expect((await trained({ seed: 2 })).losses[0]).not.toBe(first.losses[0]);
    expect((await trained({ dropout: false })).losses[0]).not.toBe(first.losses[0]);
  });

  it("without dev classes keeps the last step", async () => {
    const model = await tinyModel();
    const before = paramsOf(model);
    const result = await trainModel(model, { ...set, dev: {} }, compiled, short);
    expect(result).toMatchObject({ status: "done", step: 5 });
    expect(result.best).toBeUndefined();
    expect(paramsOf(model)).not.toEqual(before);
  });

  it("averages several episodes in a step, other queries among them", async () => {
    const options = { ...short, episodesPerStep: 3, nOther: 2, otherFrom: "both" } as const;
    const result = await trainModel(await tinyModel({ head: "matching" }), set, compiled, options);
    expect(result.status).toBe("done");
  });

  it.each([
    [{ nWay: 12 }, "test/intents.ts (train classes): has 11 classes; 12-way 2-shot with 1 query a class needs 12"],
    [{ nWay: 8 }, "test/intents.ts (dev classes): has 7 classes; 8-way 2-shot with 1 query a class needs 8"],
    [{ nShot: 11 }, "test/intents.ts (train classes): class '天气' has 11 texts; 11-shot with 1 query needs 12"],
    [{ episodesPerStep: 0 }, "training: episodesPerStep is 0, wanted a whole number from 1"],
    [{ devEpisodes: 1.5 }, "training: devEpisodes is 1.5, wanted a whole number from 1"],
    [{ steps: 0 }, "training: steps is 0, wanted a whole number from 1"],
    [{ positiveShare: 2, head: "siamese" }, "pairs: positiveShare is 2, wanted a number from 0 to 1"],
  ] as const)("with %o fails before it begins, with the numbers", async (options, message) => {
    const { head = "prototypical", ...rest } = options as { head?: "siamese" } & FitOptions;
    const error = await trainModel(await tinyModel({ head }), set, compiled, { ...short, ...rest }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  it("that diverges has no best step, and says what is left", async () => {
    const error = await trainModel(await tinyModel(), set, compiled, { ...short, lr: 1e30, evaluateEvery: 1 }).catch(
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(TrainingError);
    expect((error as Error).message).toBe("training: step 2: the loss is NaN; no checkpoint was saved");
    const stopped = trainModel(await tinyModel(), set, compiled, { ...short, lr: 1e30, steps: 1, warmup: 0 });
    expect((await stopped).best).toBeUndefined();
  });

  it("refuses a class in two parts", async () => {
    const mixed = { ...set, dev: { ...set.dev, 音乐: set.train.音乐! } };
    await expect(trainModel(await tinyModel(), mixed, compiled, short)).rejects.toThrow(
      "test/intents.ts: class '音乐' in train and in dev",
    );
  });
});
