/** The embedded encoder as users meet it: complete, small, and what its card says. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { AutoConfig, AutoTokenizer, env } from "@xenova/transformers";
import { describe, expect, it } from "vitest";
import { loadIntents } from "../../lib/data/load.ts";
import { type Encoder, loadEncoder } from "../../lib/encoder/encoder.ts";
import { encoderHash } from "../../lib/encoder/hash.ts";
import { readSafetensors } from "../../lib/encoder/safetensors.ts";

const FOLDER = "data/models/tiny-bert";
const FILES = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "vocab.txt"];
const card = (): string => readFileSync(join(FOLDER, "MODEL_CARD.md"), "utf8");
const load = (): Promise<Encoder> => loadEncoder(FOLDER);

describe("the embedded encoder", () => {
  it("has the files of Hugging Face's layout, a card, no checkpoint, and at most 10 MB in all", () => {
    const found = readdirSync(FOLDER);
    for (const name of [...FILES, "MODEL_CARD.md"]) expect(found).toContain(name);
    expect(found.filter((name) => /checkpoint|log\.jsonl/.test(name))).toEqual([]);
    const bytes = found.reduce((sum, name) => sum + statSync(join(FOLDER, name)).size, 0);
    expect(bytes).toBeLessThanOrEqual(10_000_000);
  });

  it("stores every number in 16 bits", async () => {
    const header = readFileSync(join(FOLDER, "model.safetensors"));
    const json = JSON.parse(header.toString("utf8", 8, 8 + Number(header.readBigUInt64LE(0)))) as Record<
      string,
      { dtype?: string }
    >;
    const { __metadata__: _, ...tensors } = json;
    expect(new Set(Object.values(tensors).map((t) => t.dtype))).toEqual(new Set(["F16"]));
    const { tensors: read } = await readSafetensors(join(FOLDER, "model.safetensors"));
    for (const [name, t] of read) expect([...t.data.slice(0, 5)].every(Number.isFinite), name).toBe(true);
  });

  it("is the one whose hash, shape and perplexity the card tells", async () => {
    const { config, params, tokenizer } = await load();
    expect(card()).toContain(encoderHash({ config, params }));
    expect(card()).toContain(`${config.layers} layers`);
    expect(tokenizer.vocabSize).toBe(config.vocabSize);
    const record = JSON.parse(readFileSync(join(FOLDER, "pretrain.json"), "utf8")) as {
      best: { metrics: { perplexity: number } };
    };
    expect(card()).toContain(record.best.metrics.perplexity.toFixed(2));
  });

  it("gives the ids that transformers.js gives, which loads tokenizer and configuration unchanged", async () => {
    env.allowRemoteModels = false;
    const [theirs, config, { tokenizer }] = await Promise.all([
      AutoTokenizer.from_pretrained(resolve(FOLDER)),
      AutoConfig.from_pretrained(resolve(FOLDER)),
      load(),
    ]);
    expect(config.model_type).toBe("bert");
    for (const language of ["en", "zh"]) {
      const { test } = await loadIntents(`data/intents/${language}`);
      for (const text of Object.values(test).flat()) {
        const { ids } = tokenizer.encode(text, { maxLength: 128 });
        expect([...ids], text).toEqual(theirs.encode(text));
      }
    }
  });

  it("knows the words of both languages: hardly a piece of the intents is [UNK]", async () => {
    const { tokenizer } = await load();
    for (const language of ["en", "zh"]) {
      const { train, dev, test } = await loadIntents(`data/intents/${language}`);
      const ids = [train, dev, test]
        .flatMap((p) => Object.values(p).flat())
        .flatMap((t) => [...tokenizer.encode(t).ids]);
      const unknown = ids.filter((id) => id === tokenizer.ids.unk).length / ids.length;
      expect(unknown, language).toBeLessThan(0.005);
    }
  });
});
