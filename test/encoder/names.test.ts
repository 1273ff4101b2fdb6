/** Parameters of a checkpoint by their canonical names. */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { float32, type HostTensor, int32, sizeOf } from "../../lib/core/tensor.ts";
import { type BertConfig, parseConfig } from "../../lib/encoder/config.ts";
import { bertShapes, canonicalParams } from "../../lib/encoder/names.ts";
import { readSafetensors } from "../../lib/encoder/safetensors.ts";

const folder = "test/fixtures/encoder/tiny-zh";
let config: BertConfig;
let checkpoint: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  config = parseConfig(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")), "config.json");
  checkpoint = (await readSafetensors(`${folder}/model.safetensors`)).tensors;
});

/** The checkpoint under other names; undefined leaves a tensor out. */
const renamed = (rename: (name: string) => string | undefined): Map<string, HostTensor> =>
  new Map(
    [...checkpoint].flatMap(([name, tensor]) => {
      const other = rename(name);
      return other === undefined ? [] : [[other, tensor]];
    }),
  );
const numbers = (n: number): HostTensor => float32(new Float32Array(n), [n]);

describe("bertShapes", () => {
  it("names every parameter of Hugging Face's BertModel with its shape", () => {
    const found = Object.fromEntries([...checkpoint].map(([name, { shape }]) => [name, shape]));
    expect(bertShapes(config)).toEqual(found);
  });

  it("counts the parameters of the published BERTs", () => {
    const base = { ...config, hiddenSize: 768, layers: 12, heads: 12, intermediateSize: 3072, maxPositions: 512 };
    const total = (vocabSize: number): number =>
      Object.values(bertShapes({ ...base, vocabSize })).reduce((sum, shape) => sum + sizeOf(shape), 0);
    expect(total(30522)).toBe(109_482_240); // bert-base-uncased
    expect(total(21128)).toBe(102_267_648); // bert-base-chinese
  });
});

describe("canonicalParams", () => {
  it("takes a checkpoint as it is, in its order", () => {
    const { params, extra, hasPooler } = canonicalParams(checkpoint, config, "m");
    expect(Object.keys(params)).toEqual(Object.keys(bertShapes(config)));
    expect(params["pooler.dense.bias"]).toBe(checkpoint.get("pooler.dense.bias"));
    expect([extra, hasPooler]).toEqual([{}, true]);
  });

  it("takes the names of old checkpoints: bert. before them, gamma and beta", () => {
    const old = renamed(
      (name) =>
        `bert.${name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")}`,
    );
    expect([...old.keys()]).toContain("bert.encoder.layer.2.output.LayerNorm.beta");
    expect(canonicalParams(old, config, "m").params).toEqual(canonicalParams(checkpoint, config, "m").params);
  });

  it("puts heads aside and leaves buffers out", () => {
    const more = new Map(checkpoint);
    more.set("cls.predictions.bias", numbers(701));
    more.set("cls.predictions.transform.LayerNorm.gamma", numbers(44));
    more.set("classifier.weight", numbers(3));
    more.set("bert.embeddings.position_ids", int32([0, 1, 2], [1, 3]));
    more.set("norm.num_batches_tracked", int32([7], [1]));
    const { params, extra } = canonicalParams(more, config, "m");
    expect(Object.keys(extra)).toEqual([
      "cls.predictions.bias",
      "cls.predictions.transform.LayerNorm.gamma",
      "classifier.weight",
    ]);
    expect(params).toEqual(canonicalParams(checkpoint, config, "m").params);
  });

  it("does without a pooler where that is allowed", () => {
    const none = renamed((name) => (name.startsWith("pooler.") ? undefined : name));
    const { params, hasPooler } = canonicalParams(none, config, "m", { pooler: "optional" });
    expect(hasPooler).toBe(false);
    expect(Object.keys(params).length).toBe(checkpoint.size - 2);
    expect(() => canonicalParams(none, config, "m")).toThrow(
      "m: missing for a BERT of 3 layers: pooler.dense.weight and pooler.dense.bias",
    );
    const half = renamed((name) => (name === "pooler.dense.bias" ? undefined : name));
    expect(() => canonicalParams(half, config, "m", { pooler: "optional" })).toThrow("layers: pooler.dense.bias");
  });

  it("names tensors that are missing, unknown, there twice or of another shape", () => {
    const refuse = (tensors: ReadonlyMap<string, HostTensor>, given: BertConfig, message: string): void => {
      const read = () => canonicalParams(tensors, given, "dir/model.safetensors");
      expect(read).toThrow(InputError);
      expect(read).toThrow(`dir/model.safetensors: ${message}`);
    };
    const query = "encoder.layer.1.attention.self.query.weight";
    refuse(
      renamed((name) => (name === query ? undefined : name)),
      config,
      `missing for a BERT of 3 layers: ${query}`,
    );
    refuse(
      new Map([...checkpoint, ["encoder.odd", numbers(1)]]),
      config,
      "not parameters of a BERT of 3 layers: encoder.odd",
    );
    refuse(checkpoint, { ...config, layers: 2 }, "not parameters of a BERT of 2 layers: encoder.layer.2.attention.");
    refuse(
      new Map([...checkpoint, [`bert.${query}`, numbers(1)]]),
      config,
      `${query} and bert.${query} are the same parameter; wanted one of them`,
    );
    refuse(
      checkpoint,
      { ...config, vocabSize: 703 },
      "embeddings.word_embeddings.weight is float32[701,44]; config.json asks for float32[703,44]",
    );
    refuse(
      new Map([...checkpoint, [query, int32(new Int32Array(1936), [44, 44])]]),
      config,
      `${query} is int32[44,44]; config.json asks for float32[44,44]`,
    );
  });
});
