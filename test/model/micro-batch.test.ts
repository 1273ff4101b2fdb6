/** A step in parts has the loss and the gradients of the step in one. */
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import type { FloatTensor, Tensors } from "../../lib/core/tensor.ts";
import { samplePairs } from "../../lib/episodes/pairs.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import { densify, gradientName, gradientOf, isSparse, withGradients } from "../../lib/executor/gradients.ts";
import type { StepProgram } from "../../lib/executor/types.ts";
import { batchSymbols, dropoutSymbols } from "../../lib/model/inputs.ts";
import { microBatched } from "../../lib/model/micro-batch.ts";
import { allParams, type FewShotModel } from "../../lib/model/model.ts";
import {
  EMBEDDING_TABLES,
  episodeBatch,
  episodeVectorLoss,
  lossOf,
  pairBatch,
  pairVectorLoss,
} from "../../lib/model/objective.ts";
import { splitBatch } from "../../lib/model/split-batch.ts";
import { trainModel } from "../../lib/studies/fit.ts";
import { intents } from "../intents.ts";
import { compiled, type TinyOptions, tinyModel } from "./tiny.ts";

const shape = { nWay: 5, nShot: 2, nQuery: 3, nOther: 1 };
const set = intents();
const pool = poolOf(set.train);

function stepOf(model: FewShotModel) {
  const masks = (i: number) => random("masks").stream(i);
  if (model.head.trainsOn === "pairs") {
    const pairs = (i: number) => samplePairs(pool, { pairs: 13 }, random("pairs").stream(i));
    return { loss: pairVectorLoss(model), batch: (i: number) => pairBatch(model, pool, pairs(i), masks(i)) };
  }
  const episodes = (i: number) => sampleEpisodes(pool, shape, 1, random("episodes").stream(i));
  return {
    loss: episodeVectorLoss(model, shape),
    batch: (i: number) => episodeBatch(model, pool, episodes(i), masks(i)),
  };
}

/** Scalars and dense gradients of a run. */
async function outcome(program: StepProgram, model: FewShotModel, batch: Tensors) {
  const params = allParams(model);
  const out = await program.run({ ...params, ...batch });
  const names = Object.keys(params).filter((n) =>
    Object.keys(out).some((key) => key.split("#")[0] === gradientName(n)),
  );
  const gradients = names.map((name): [string, FloatTensor] => {
    const g = gradientOf(out, name);
    return [name, isSparse(g) ? densify(g, params[name]!.shape) : g];
  });
  return {
    loss: out.loss!.data[0] as number,
    accuracy: out.accuracy!.data[0] as number,
    gradients: new Map(gradients),
  };
}

const norm = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));

const CASES: TinyOptions[] = [
  { head: "prototypical", pooling: "mean" },
  { head: "prototypical", pooling: "cls" },
  { head: "matching", pooling: "max" },
  { head: "siamese", pooling: "first-last" },
  { head: "siamese", pooling: "pooler" },
  { head: "prototypical", pooling: "mean", layer: 1 },
];

describe.each(CASES)("a step of %o", (options) => {
  it("is the same in parts of any number of sentences, dropout included", async () => {
    const model = await tinyModel(options);
    const { loss, batch } = stepOf(model);
    const first = batch(0);
    const fn = withGradients(lossOf(model, loss), Object.keys(allParams(model)), { unused: "skip" });
    const whole = compiled.program(fn, {
      symbols: { ...batchSymbols(0), ...dropoutSymbols(first, 0) },
      sparse: EMBEDDING_TABLES.map(gradientName),
    });
    for (const most of [1, 7, 1000]) {
      const parts = microBatched(model, loss, compiled, { sentences: most });
      for (const i of [0, 1]) {
        const [wanted, found] = [await outcome(whole, model, batch(i)), await outcome(parts, model, batch(i))];
        expect(Math.abs(found.loss - wanted.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(wanted.loss));
        expect(found.accuracy).toBe(wanted.accuracy);
        expect([...found.gradients.keys()].sort()).toEqual([...wanted.gradients.keys()].sort());
        const all = norm([...wanted.gradients.values()].map((g) => norm(g.data)));
        for (const [name, g] of wanted.gradients) {
          const apart = norm(g.data.map((x, k) => x - (found.gradients.get(name)!.data[k] as number)));
          expect(apart, name).toBeLessThan(1e-5 * all);
        }
      }
      expect(parts.stats().compiled).toBe(3); // one session each for vectors, loss and gradients, whatever the sizes
      await parts.dispose();
    }
    await whole.dispose();
  });
});

describe("a batch in parts", () => {
  it("has each sentence once, in parts no larger than asked for but for a bin that holds more", async () => {
    const model = await tinyModel();
    const batch = stepOf(model).batch(0);
    for (const most of [1, 2, 5, 11, 1000]) {
      const parts = splitBatch(batch, model.encoder.config, most);
      const sentences = parts.flatMap((p) => p.sentences);
      expect([...sentences].sort((a, b) => a - b)).toEqual([...batch["batch.clsIndex"]!.data.keys()]);
      const tokens = parts.reduce((sum, p) => sum + (p.inputs["batch.ids"]?.data.length as number), 0);
      expect(tokens).toBe(batch["batch.ids"]?.data.length);
      for (const { sentences, inputs } of parts)
        expect(sentences.length <= most || inputs["batch.binSentences"]?.shape[0] === 1).toBe(true);
      expect(parts.length).toBeGreaterThan(most >= 1000 ? 0 : 1);
    }
  });
});

describe("training in micro-batches", () => {
  const plan = { nWay: 5, nShot: 2, nQuery: 2, steps: 5, lr: 1e-3, evaluateEvery: 5, devEpisodes: 7 };

  it("learns what training on whole steps learns", async () => {
    const params = async (microBatch?: number) => {
      const model = await tinyModel();
      const given = { ...plan, ...(microBatch && { microBatch }), progress: { quiet: true } };
      const { best } = await trainModel(model, set, compiled, given);
      return { all: allParams(model), loss: best?.metrics.loss as number };
    };
    const [whole, parts] = [await params(), await params(7)];
    expect(Math.abs(whole.loss - parts.loss)).toBeLessThan(1e-3 * whole.loss);
    const raw = allParams(await tinyModel());
    for (const name of ["encoder.layer.1.output.dense.weight", "embeddings.word_embeddings.weight"]) {
      const apart = (a: typeof raw, b: typeof raw) =>
        norm(a[name]!.data.map((x, i) => x - (b[name]!.data[i] as number)));
      // Adam's first steps divide by gradients of any size, so that rounding counts for more than in the gradients.
      expect(apart(whole.all, parts.all), name).toBeLessThan(0.02 * apart(whole.all, raw));
    }
  });

  it("refuses a number that is none", async () => {
    await expect(trainModel(await tinyModel(), set, compiled, { ...plan, microBatch: 0 })).rejects.toThrow(
      "training: microBatch is 0, wanted a whole number from 1",
    );
  });

  it("works with frozen layers, which stay as they are to the bit", async () => {
    const train = async (microBatch?: number) => {
      const model = await tinyModel();
      const given = { ...plan, freeze: 1, ...(microBatch && { microBatch }), progress: { quiet: true } };
      await trainModel(model, set, compiled, given);
      return allParams(model);
    };
    const [raw, whole, parts] = [allParams(await tinyModel()), await train(), await train(7)];
    for (const name of Object.keys(raw)) {
      const still = /^(embeddings|encoder\.layer\.0|pooler)\./.test(name);
      for (const now of [whole, parts])
        expect(norm(now[name]!.data.map((x, i) => x - raw[name]!.data[i]!)) === 0, name).toBe(still);
    }
    await expect(trainModel(await tinyModel(), set, compiled, { ...plan, freeze: 4 })).rejects.toThrow(
      "training: freeze is 4; this encoder has 3 layers, wanted 0 .. 3",
    );
  });
});
