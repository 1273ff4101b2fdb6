import { describe, expect, it } from "vitest";
import { random, shuffled } from "../../lib/core/random.ts";
import type { FloatTensor, Params } from "../../lib/core/tensor.ts";
import { bert } from "../../lib/encoder/bert.ts";
import { POOLINGS, type Pooling, poolTokens, sentenceVectors } from "../../lib/encoder/pooling.ts";
import type { Executor, Program } from "../../lib/executor/types.ts";
import { createEmbedder, encodeText } from "../../lib/model/embed.ts";
import { batchInputs, batchOf } from "../../lib/model/inputs.ts";
import type { FewShotModel } from "../../lib/model/model.ts";
import { packBatch } from "../../lib/tokenizer/batch.ts";
import { intents } from "../intents.ts";
import { compiled, tinyModel } from "./tiny.ts";

const texts = [...Object.values(intents().train).flat(), ...Object.values(intents().test).flat(), ...intents().other];

/** Largest difference of two lists of numbers. */
function difference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((worst, x, i) => Math.max(worst, Math.abs(x - b[i]!)), 0);
}

function rowOf({ data, shape }: FloatTensor, i: number): Float32Array {
  const width = shape[1] as number;
  return data.slice(i * width, (i + 1) * width);
}

/** The executor, and the programs that were made with it. */
function watched(executor: Executor): { executor: Executor; programs: Program[] } {
  const programs: Program[] = [];
  const program: Executor["program"] = (fn, options) => {
    programs.push(executor.program(fn, options));
    return programs.at(-1) as Program;
  };
  return { executor: { ...executor, program }, programs };
}

describe("an embedder", () => {
  it.each(POOLINGS)("pooling by %s gives a text the same vector alone and among longer ones", async (pooling) => {
    const model = await tinyModel({ pooling });
    const embedder = createEmbedder(model, compiled);
    const all = await embedder.embed(texts, { batchTokens: 257 });
    expect(all.shape).toEqual([texts.length, 44]);
    for (const i of [0, 5, texts.length - 1]) {
      const alone = await embedder.embed([texts[i]!]);
      expect(difference(alone.data, rowOf(all, i))).toBeLessThan(1e-5);
    }
    const once = await embedder.embed(texts, { batchTokens: 1e6 });
    expect(difference(once.data, all.data)).toBeLessThan(1e-5);
    await embedder.dispose();
  });

  it("encodes equal texts once, keeps the order, and compiles one program for all sizes", async () => {
    const { executor, programs } = watched(compiled);
    const embedder = createEmbedder(await tinyModel(), executor);
    const many = shuffled([...texts, ...texts, ...texts], random("order"));
    const done: [number, number][] = [];
    const vectors = await embedder.embed(many, { batchTokens: 131, onProgress: (n, all) => done.push([n, all]) });
    expect(embedder.encoded).toBe(texts.length);
    expect(done.length).toBeGreaterThan(7);
    expect(done.at(-1)).toEqual([texts.length, texts.length]);
    const first = await embedder.embed(texts, { batchTokens: 131 });
    expect(embedder.encoded).toBe(2 * texts.length);
    for (const [i, text] of many.entries()) {
      expect(difference(rowOf(vectors, i), rowOf(first, texts.indexOf(text)))).toBeLessThan(1e-5);
    }
    expect(programs.map((p) => p.stats().compiled)).toEqual([1]);
    await embedder.dispose();
  });

  it("that remembers encodes a text once however often it is asked for, until it forgets", async () => {
    const model = await tinyModel();
    const embedder = createEmbedder(model, compiled, { remember: true });
    const before = await embedder.embed(texts.slice(0, 7));
    await embedder.embed(texts.slice(3, 11));
    expect(embedder.encoded).toBe(11);
    const word = model.encoder.params["embeddings.word_embeddings.weight"] as FloatTensor;
    word.data.forEach((x, i) => {
      word.data[i] = x + 0.01 * (i % 5);
    });
    expect(await embedder.embed(texts.slice(0, 7))).toEqual(before);
    embedder.forget();
    expect(difference((await embedder.embed(texts.slice(0, 7))).data, before.data)).toBeGreaterThan(1e-3);
    expect(embedder.encoded).toBe(18);
    await embedder.dispose();
  });

  it("without remembering follows the parameters", async () => {
    const model = await tinyModel();
    const embedder = createEmbedder(model, compiled);
    const before = await embedder.embed(["我想听音乐"]);
    const bias = model.encoder.params["encoder.layer.2.output.LayerNorm.bias"] as FloatTensor;
    bias.data.fill(7);
    expect(difference((await embedder.embed(["我想听音乐"])).data, before.data)).toBeGreaterThan(5);
    await embedder.dispose();
  });

  it("embeds no texts as no rows", async () => {
    const embedder = createEmbedder(await tinyModel(), compiled);
    expect((await embedder.embed([])).shape).toEqual([0, 44]);
    await embedder.dispose();
  });

  it("cuts texts to the model's length, and prepares them as the seed does where the model says so", async () => {
    const long = "北京 今天天气怎么样".repeat(7);
    expect(encodeText(await tinyModel({ maxLength: 11 }), long).ids).toHaveLength(11);
    const seed = await tinyModel({ textForm: "seed" });
    const { tokenizer } = seed.encoder;
    const characters = [...long.replaceAll(" ", "")];
    const expected = `${characters.slice(0, 16).join("")}。${characters.slice(-16).join("")}`;
    expect(encodeText(seed, long)).toEqual(tokenizer.encode(expected, { maxLength: 32 }));
  });
});

/** Vectors of some texts with these parameters, and those of a full forward pooled at the layer. */
async function bothWays(model: FewShotModel, params: Params): Promise<{ short: FloatTensor; full: FloatTensor }> {
  const { config } = model.encoder;
  const { pooling, layer } = model.settings;
  const depth = layer < 0 ? config.layers + 1 + layer : layer;
  const batch = batchInputs(packBatch(texts.slice(0, 17).map((text) => encodeText(model, text))), model.encoder.config);
  const short = compiled.program((x) => ({ v: sentenceVectors(x, batchOf(x), config, { pooling, layer }) }));
  const full = compiled.program((x) => ({
    v: poolTokens(bert(x, batchOf(x), config), x, batchOf(x), pooling, depth),
  }));
  const out = {
    short: (await short.run({ ...params, ...batch })).v as FloatTensor,
    full: (await full.run({ ...model.encoder.params, ...batch })).v as FloatTensor,
  };
  await short.dispose();
  await full.dispose();
  return out;
}

describe("what is not needed is not computed", () => {
  const cases = (["cls", "mean", "max", "first-last"] as const).flatMap((pooling) =>
    [0, 1, -2, -1].map((layer): [Pooling, number] => [pooling, layer]),
  );
  it.each(cases)(
    "%s of layer %i needs no parameters of higher layers and equals a full forward",
    async (pooling, layer) => {
      const model = await tinyModel({ pooling, layer });
      const depth = layer < 0 ? 4 + layer : layer;
      const lower = Object.entries(model.encoder.params).filter(([name]) => {
        const i = /^encoder\.layer\.(\d+)\./.exec(name)?.[1];
        return i === undefined ? !name.startsWith("pooler.") : Number(i) < depth;
      });
      expect(lower.length).toBe(5 + 16 * depth);
      const { short, full } = await bothWays(model, Object.fromEntries(lower));
      expect(difference(short.data, full.data)).toBeLessThan(1e-5);
    },
  );

  it("the pooler's output with a last layer of [CLS] rows only equals that of a full one", async () => {
    const model = await tinyModel({ pooling: "pooler" });
    const { short, full } = await bothWays(model, model.encoder.params);
    expect(difference(short.data, full.data)).toBeLessThan(1e-5);
  });
});
