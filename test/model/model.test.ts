import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { float32, type Params } from "../../lib/core/tensor.ts";
import { loadEncoder } from "../../lib/encoder/encoder.ts";
import { seedSettings } from "../../lib/heads/head.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, loadModel, saveModel } from "../../lib/model/model.ts";
import { readModelSettings, readThreshold } from "../../lib/model/saved.ts";
import { TINY, tinyEncoder, tinyModel } from "./tiny.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "model-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A copy of the fixture with a fewshot.json. */
function folderWith(fewshot: unknown): string {
  const path = folder();
  cpSync(TINY, path, { recursive: true });
  writeFileSync(join(path, "fewshot.json"), typeof fewshot === "string" ? fewshot : JSON.stringify(fewshot));
  return path;
}

/** Bits of parameters by name. */
function bits(params: Params): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, { shape, data }]) => [
      name,
      `${shape} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`,
    ]),
  );
}

async function seedModel(): Promise<FewShotModel> {
  const settings = { ...DEFAULT_MODEL, pooling: "pooler", textForm: "seed", head: seedSettings("matching") } as const;
  const model = createModel(await tinyEncoder(), settings);
  for (const [i, { data }] of Object.values(model.headParams).entries()) data.set(data.map((_, j) => i + j / 7));
  return model;
}

const VALID = { format: "bert-few-shot/model@1", ...DEFAULT_MODEL, head: seedSettings("prototypical") };

describe("a saved model", () => {
  it("comes back with every bit and setting, the parameters of its head among them", async () => {
    const [model, out] = [await seedModel(), folder()];
    await saveModel(out, model, { otherThreshold: 0.25, trainedOn: { data: "a", split: "b" } });
    const again = await loadModel(out);
    expect(again.settings).toEqual(model.settings);
    expect(bits(again.encoder.params)).toEqual(bits(model.encoder.params));
    expect(bits(again.headParams)).toEqual(bits(model.headParams));
    expect(Object.keys(again.headParams)).toHaveLength(4);
    expect(again.encoder.config).toEqual(model.encoder.config);
    const encoded = (m: FewShotModel) => m.encoder.tokenizer.encode("今天 iPhone 20年前！");
    expect(encoded(again)).toEqual(encoded(model));
    expect(readdirSync(out).sort()).toEqual(
      ["config.json", "fewshot.json", "head.safetensors", "model.safetensors", "tokenizer.json"].concat([
        "tokenizer_config.json",
        "vocab.txt",
      ]),
    );
    expect(JSON.parse(readFileSync(join(out, "fewshot.json"), "utf8"))).toMatchObject({ trainedOn: { data: "a" } });
  });

  it("is a plain BERT to whoever does not know of its head", async () => {
    const [model, out] = [await tinyModel(), folder()];
    await saveModel(out, model);
    expect(bits((await loadEncoder(out)).params)).toEqual(bits(model.encoder.params));
    expect(readdirSync(out)).not.toContain("head.safetensors");
  });

  it("gives the defaults, each of which can be overridden", async () => {
    const out = folderWith({
      ...VALID,
      pooling: "cls",
      layer: -2,
      maxLength: 17,
      head: { ...VALID.head, norms: false },
    });
    expect((await loadModel(out)).settings).toMatchObject({ pooling: "cls", layer: -2, maxLength: 17 });
    const { settings } = await loadModel(out, { pooling: "max", layer: 1, headSettings: { margin: 3 } });
    expect(settings).toMatchObject({ pooling: "max", layer: 1, maxLength: 17 });
    expect(settings.head).toEqual({ ...VALID.head, norms: false, margin: 3 });
    const other = await loadModel(out, { head: "matching" });
    expect(other.settings.head).toMatchObject({
      head: "matching",
      distance: "cosine",
      loss: "crossEntropy",
      norms: false,
    });
  });

  it("with another distance keeps neither the loss nor the threshold that belonged to the old one", async () => {
    const out = folderWith({ ...VALID, head: { ...seedSettings("siamese"), norms: false } });
    const same = await loadModel(out, { headSettings: { decision: "mean" } });
    expect(same.settings.head).toMatchObject({ loss: "squaredError", threshold: 0.5, decision: "mean" });
    const euclidean = await loadModel(out, { headSettings: { distance: "euclidean" } });
    expect(euclidean.settings.head).toMatchObject({ loss: "contrastive", threshold: null });
    const scaled = await loadModel(out, { headSettings: { scale: 5 } });
    expect(scaled.settings.head).toMatchObject({ loss: "squaredError", threshold: null });
  });

  it("with parameters of its head must have them", async () => {
    const [model, out] = [await seedModel(), folder()];
    await saveModel(out, model);
    await loadModel(out, { headSettings: { norms: false } }); // they may be left out
    expect(Object.keys((await loadModel(out, { head: "siamese" })).headParams)).toEqual([]);
    rmSync(join(out, "head.safetensors"));
    await expect(loadModel(out)).rejects.toThrow(
      `${join(out, "head.safetensors")}: missing, but fewshot.json says that the head has parameters`,
    );
    const { encoder, settings, headParams } = model;
    const { "head.queryNorm.bias": _, ...some } = headParams;
    expect(() => createModel(encoder, settings, some)).toThrow("the head's parameters lack head.queryNorm.bias");
    const wrong = { ...headParams, "head.queryNorm.bias": float32([1, 2], [2]) };
    expect(() => createModel(encoder, settings, wrong)).toThrow(
      "head.queryNorm.bias is float32[2], the head needs float32[44]",
    );
  });
});

describe("fewshot.json", () => {
  const { head } = VALID;
  it.each([
    ["{", /fewshot\.json:1: the model's settings is not JSON/],
    [[], "wanted a JSON object"],
    [{}, 'format is missing, wanted "bert-few-shot/model@1"'],
    [{ ...VALID, format: "bert-few-shot/model@2" }, 'format is "bert-few-shot/model@2", wanted'],
    [{ ...VALID, pooling: "first" }, 'pooling is "first", wanted cls, pooler, mean, max, first-last'],
    [{ ...VALID, layer: 0.5 }, "layer is 0.5, wanted a whole number"],
    [{ ...VALID, maxLength: "32" }, 'maxLength is "32", wanted a whole number'],
    [{ ...VALID, textForm: undefined }, "textForm is missing, wanted plain, seed"],
    [{ ...VALID, head: "matching" }, 'head is "matching", wanted an object with'],
    [
      { ...VALID, head: { ...head, head: "relation" } },
      'head.head is "relation", wanted siamese, matching, prototypical',
    ],
    [{ ...VALID, head: { ...head, distance: "l2" } }, 'head.distance is "l2", wanted euclidean, sqEuclidean'],
    [{ ...VALID, head: { ...head, loss: undefined } }, "head.loss is missing, wanted crossEntropy"],
    [{ ...VALID, head: { ...head, scale: null } }, "head.scale is null, wanted a number"],
    [{ ...VALID, head: { ...head, shots: "min" } }, 'head.shots is "min", wanted mean, max, attention'],
    [{ ...VALID, head: { ...head, decision: 1 } }, "head.decision is 1, wanted support, mean"],
    [{ ...VALID, head: { ...head, norms: "yes" } }, 'head.norms is "yes", wanted true or false'],
    [{ ...VALID, head: { ...head, threshold: "-10" } }, 'head.threshold is "-10", wanted a number or null'],
  ])("%j is refused by field", async (content, message) => {
    const error = await loadModel(folderWith(content)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain("fewshot.json");
  });

  it("is absent in a plain BERT, which then has raw defaults", async () => {
    expect(await readModelSettings(TINY)).toBeUndefined();
    expect((await loadModel(TINY)).settings).toEqual((await tinyModel()).settings);
    expect(
      (await loadModel(TINY, { head: "siamese", headSettings: { distance: "manhattan" } })).settings.head,
    ).toMatchObject({ head: "siamese", distance: "manhattan", loss: "contrastive" });
  });

  it("has a threshold for the model as it was trained, and for no other", async () => {
    const [model, out] = [await tinyModel(), folder()];
    await saveModel(out, model, { otherThreshold: -3.5 });
    expect(await readThreshold(out, model.settings)).toBe(-3.5);
    for (const changes of [{ pooling: "cls" }, { layer: -2 }, { head: "matching" }] as const) {
      expect(await readThreshold(out, (await loadModel(out, changes)).settings)).toBeUndefined();
    }
    expect(await readThreshold(TINY, model.settings)).toBeUndefined();
    await saveModel(out, model);
    expect(await readThreshold(out, model.settings)).toBeUndefined();
  });
});

describe("settings that do not fit the encoder", () => {
  it("name the pooler that an encoder lacks", async () => {
    const encoder = await tinyEncoder();
    const { "pooler.dense.weight": _, "pooler.dense.bias": __, ...params } = encoder.params;
    const bare = { ...encoder, params };
    const settings = { ...VALID, pooling: "pooler" } as const;
    expect(() => createModel(bare, settings)).toThrow(InputError);
    expect(() => createModel(bare, settings)).toThrow(
      `${TINY}: pooling "pooler" needs the tensors pooler.dense.weight and .bias, which this encoder lacks`,
    );
    createModel(bare, { ...settings, pooling: "cls" });
    expect(() => createModel(encoder, { ...settings, layer: 2 })).toThrow(
      `${TINY}: pooling "pooler" is made for the last layer; layer is 2`,
    );
    createModel(encoder, { ...settings, layer: 3 });
  });

  it.each([2, 38, 7.5, Number.NaN])("refuse %d tokens of 3 .. 37", async (maxLength) => {
    const error = await tinyModel({ maxLength }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(`${TINY}: maximum length ${maxLength}; this encoder takes 3 .. 37 tokens`);
  });

  it.each([4, -5, 1.5])("refuse layer %d of 3", async (layer) => {
    for (const pooling of ["mean", "pooler"] as const) {
      const error = await tinyModel({ layer, pooling }).catch((e: unknown) => e);
      expect(error).toBeInstanceOf(InputError);
      expect((error as Error).message).toBe(`${TINY}: layer ${layer}: this encoder has 3 layers; wanted -4 .. 3`);
    }
  });

  it("name a tokenizer with more tokens than the encoder has embeddings for", async () => {
    const out = folder();
    cpSync(TINY, out, { recursive: true });
    rmSync(join(out, "tokenizer.json"));
    const vocab = [...Array(801).keys()].map((i) => ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"][i] ?? `w${i}`);
    writeFileSync(join(out, "vocab.txt"), vocab.join("\n"));
    await expect(loadModel(out)).rejects.toThrow(
      `${out}: the tokenizer has 801 tokens, the encoder 701 rows of word embeddings; they do not belong together`,
    );
  });
});
