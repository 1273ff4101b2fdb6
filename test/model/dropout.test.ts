import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { float32, type Tensors } from "../../lib/core/tensor.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import { dropoutSymbols } from "../../lib/model/inputs.ts";
import { allParams, type FewShotModel } from "../../lib/model/model.ts";
import { episodeBatch, episodeLoss } from "../../lib/model/objective.ts";
import { intents } from "../intents.ts";
import { compiled, type TinyOptions, tinyModel } from "./tiny.ts";

const shape = { nWay: 3, nShot: 2, nQuery: 1, nOther: 0 };
const pool = poolOf(intents().train);
const episodes = sampleEpisodes(pool, shape, 1, random("episodes"));

function batchOf(model: FewShotModel, seed?: string): Tensors {
  return episodeBatch(model, pool, episodes, seed === undefined ? undefined : random(seed));
}

function masksOf(batch: Tensors): Tensors {
  return Object.fromEntries(Object.entries(batch).filter(([name]) => name.startsWith("dropout.")));
}

const CASES: [TinyOptions, string[]][] = [
  [{ pooling: "mean" }, ["embeddings", ...[0, 1, 2].flatMap((i) => [`${i}.weights`, `${i}.attention`, `${i}.output`])]],
  [{ pooling: "cls" }, ["embeddings", ...[0, 1, 2].flatMap((i) => [`${i}.weights`, `${i}.attention`, `${i}.output`])]],
  [{ pooling: "mean", layer: 1 }, ["embeddings", "0.weights", "0.attention", "0.output"]],
  [{ pooling: "cls", layer: 0 }, ["embeddings"]],
];

describe("dropout masks of a batch", () => {
  it.each(CASES)("of %o have a name for every place, and each changes the loss", async (options, places) => {
    const model = await tinyModel(options);
    const batch = batchOf(model, "masks");
    const masks = masksOf(batch);
    expect(Object.keys(masks)).toEqual(places.map((name) => `dropout.${name}`));
    const program = compiled.program(episodeLoss(model, shape));
    const loss = async (inputs: Tensors): Promise<number> =>
      (await program.run({ ...allParams(model), ...inputs })).loss?.data[0] as number;
    const whole = await loss(batch);
    const losses = new Set([whole]);
    for (const [name, mask] of Object.entries(masks)) {
      const changed = await loss({ ...batch, [name]: float32(new Float32Array(mask.data.length).fill(1), mask.shape) });
      expect(Math.abs(changed - whole), name).toBeGreaterThan(1e-4);
      losses.add(changed);
    }
    expect(losses.size).toBe(places.length + 1);
    await program.dispose();
  });

  it("have the shapes that their places have, with B rows for a last layer of [CLS] only", async () => {
    const shapes = async (pooling: "mean" | "cls") => {
      const batch = batchOf(await tinyModel({ pooling }), "masks");
      const [b, t] = batch["batch.mask"]!.shape as [number, number];
      const p = batch["batch.ids"]!.data.length;
      const [g, s] = batch["batch.binSentences"]!.shape as [number, number];
      return { b, t, p, g, s, of: (name: string) => batch[`dropout.${name}`]?.shape, batch };
    };
    const { b, t, p, g, s, of } = await shapes("mean");
    expect(b).toBe(9);
    expect([of("embeddings"), of("2.weights"), of("2.attention"), of("2.output")]).toEqual([
      [p, 44],
      [g, 4, s, s],
      [p, 44],
      [p, 44],
    ]);
    const cls = await shapes("cls");
    expect([cls.of("1.weights"), cls.of("2.weights"), cls.of("2.attention"), cls.of("2.output")]).toEqual([
      [g, 4, s, s],
      [b, 4, 1, t],
      [b, 44],
      [b, 44],
    ]);
    expect(dropoutSymbols(cls.batch, 0)).toMatchObject({
      "dropout.embeddings": ["P", 0],
      "dropout.1.weights": ["G", 0, "S", "S"],
      "dropout.2.weights": [0, 0, 0, "T"],
      "dropout.2.output": [0, 0],
    });
  });

  it("drop about the share that the encoder's configuration says, and scale up the rest", async () => {
    const model = await tinyModel();
    const { encoder } = model;
    const rates = { hiddenDropout: 0.3, attentionDropout: 0.2 };
    const other: FewShotModel = { ...model, encoder: { ...encoder, config: { ...encoder.config, ...rates } } };
    const all = poolOf(intents().train);
    const large = sampleEpisodes(all, { nWay: 5, nShot: 5, nQuery: 5, nOther: 0 }, 3, random("large"));
    for (const [name, { data }] of Object.entries(masksOf(episodeBatch(other, all, large, random(1))))) {
      const rate = name.endsWith(".weights") ? 0.2 : 0.3;
      const dropped = data.filter((x) => x === 0).length / data.length;
      expect(Math.abs(dropped - rate), name).toBeLessThan(0.01); // of more than 30,000 numbers: five standard deviations or so
      expect(new Set(data)).toEqual(new Set([0, Math.fround(1 / (1 - rate))]));
    }
    const none = { ...model, encoder: { ...encoder, config: { ...encoder.config, hiddenDropout: 0 } } };
    expect(Object.keys(masksOf(batchOf(none, "masks")))).toEqual([0, 1, 2].map((i) => `dropout.${i}.weights`));
  });

  it("are fixed by the seed, and differ from place to place", async () => {
    const model = await tinyModel();
    expect(batchOf(model, "a")).toEqual(batchOf(model, "a"));
    const [a, b] = [masksOf(batchOf(model, "a")), masksOf(batchOf(model, "b"))];
    for (const [name, mask] of Object.entries(a)) expect(mask.data, name).not.toEqual(b[name]?.data);
    expect(a["dropout.0.attention"]?.data).not.toEqual(a["dropout.1.attention"]?.data);
    expect(masksOf(batchOf(model))).toEqual({});
  });
});
