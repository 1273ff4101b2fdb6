/**
 * Exported folders as transformers.js loads them. The same folders in Python (transformers 5.23.0, sentence-transformers
 * 6.2.0) gave the same vectors to 2e-6, relative.
 */
import { cpSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AutoModel, AutoTokenizer, pipeline, Tensor } from "@xenova/transformers";
import type { InferenceSession } from "onnxruntime-node";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FloatTensor } from "../../lib/core/tensor.ts";
import { bert } from "../../lib/encoder/bert.ts";
import type { Pooling } from "../../lib/encoder/pooling.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { exportModel } from "../../lib/model/export.ts";
import { batchInputs, batchOf } from "../../lib/model/inputs.ts";
import { type FewShotModel, loadModel } from "../../lib/model/model.ts";
import { packBatch } from "../../lib/tokenizer/batch.ts";
import { operators, runOn } from "../executor/support.ts";
import { folder, trained } from "./folders.ts";
import { compiled, TINY, tinyEncoder } from "./tiny.ts";

const chinese =
  "水 上海 那他呢 为什么 我想听天气 今天的音乐怎么样？ 给我来一个足球 他说历史很热，对不对 现在就要！ 一二三四五六七八九十".split(
    " ",
  );
const CHINESE = [...chinese, "明天有机场吗".repeat(4), "北京的公园老不老，我要去到那", "后天还有没有iPhone 20"];
const ENGLISH = [
  ...[
    "a",
    "thanks",
    "cancel it, please",
    "what is the weather in Paris tomorrow?",
    "naïve café",
    "book a table for two",
  ],
  ...["play some jazz", "how do I reset my password?", "transfer 200 dollars to my savings account before Friday"],
  ...["turn the lights off in the kitchen and then in the bedroom", "when is my next meeting", "10 %", "is it?!"],
];

/** The note on what transformers.js does to texts of more than so many tokens. */
const cut = (n: number): string =>
  `transformers.js cuts off [SEP] too where a text has more than ${n} tokens; that changes its vector`;

type Vectors = { dims: number[]; data: Float32Array };
type Extract = (texts: string[], options: { pooling: "mean" | "cls" | "none" }) => Promise<Vectors>;

async function extractor(path: string): Promise<Extract> {
  const extract = await pipeline("feature-extraction", path, { local_files_only: true, dtype: "fp32" });
  onTestFinished(() => extract.dispose());
  return extract as unknown as Extract;
}

async function embedded(model: FewShotModel, texts: readonly string[]): Promise<FloatTensor> {
  const embedder = createEmbedder(model, compiled);
  const vectors = await embedder.embed(texts);
  await embedder.dispose();
  return vectors;
}

/** Largest distance of two rows, over the length of the second. */
function distance(a: Float32Array, b: Float32Array, width: number): number {
  expect(a.length).toBe(b.length);
  let worst = 0;
  for (let i = 0; i < a.length; i += width) {
    const row = b.subarray(i, i + width);
    const apart = Math.hypot(...row.map((x, j) => x - a[i + j]!));
    worst = Math.max(worst, apart / Math.hypot(...row));
  }
  return worst;
}

async function sameVectors(path: string, texts: string[]): Promise<void> {
  expect(texts).toHaveLength(13);
  const out = join(folder(), "out");
  await exportModel(path, out);
  const expected = await embedded(await loadModel(path), texts);
  const found = await (await extractor(out))(texts, { pooling: "mean" });
  expect(found.dims).toEqual(expected.shape);
  expect(distance(found.data, expected.data, expected.shape[1]!)).toBeLessThan(1e-5);
}

describe("an exported BERT in transformers.js", () => {
  it("gives 13 texts of different lengths in one padded batch the kit's own vectors", async () => {
    await sameVectors(TINY, CHINESE);
  });

  const minilm = process.env.FEWSHOT_ENCODER ?? "";
  it.skipIf(!existsSync(join(minilm, "model.safetensors")))(
    "does so for all-MiniLM-L6-v2 (needs FEWSHOT_ENCODER)",
    async () => {
      await sameVectors(minilm, ENGLISH);
    },
  );

  it("has the ports of Hugging Face's own exports, of any batch and length, and standard operators alone", async () => {
    const out = join(folder(), "out");
    await exportModel(TINY, out);
    const model = await AutoModel.from_pretrained(out, { local_files_only: true });
    onTestFinished(() => void model.dispose());
    const session = (model as unknown as { sessions: { model: InferenceSession } }).sessions.model;
    const shape = ["batch", "sequence"];
    expect(session.inputMetadata).toMatchObject(
      ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({ name, type: "int64", shape })),
    );
    expect(session.outputMetadata).toMatchObject([
      { name: "last_hidden_state", type: "float32", shape: [...shape, 44] },
    ]);
    const used = operators({ bytes: readFileSync(join(out, "onnx/model.onnx")) });
    expect(used).not.toContain("FusedMatMul"); // the one operator of the executor that is onnxruntime's own
    expect(used.filter((op) => op === "Gather")).toHaveLength(3); // words, places, types: no row is moved
  });

  it("cuts texts where BERT has no more positions, or before where its tokenizer says so", async () => {
    const path = folder();
    cpSync(TINY, join(path, "from"), { recursive: true });
    const file = join(path, "from", "tokenizer_config.json");
    const given = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
    for (const [said, longest] of [
      [undefined, 37],
      [1e30, 37],
      [23, 23],
    ] as const) {
      writeFileSync(file, JSON.stringify({ ...given, model_max_length: said }));
      const out = join(path, String(said));
      const { notes } = await exportModel(join(path, "from"), out);
      expect(notes).toEqual([
        `texts are cut at ${longest} tokens; this kit cuts a plain BERT's at 32 if not told otherwise`,
        cut(longest),
      ]);
      const states = await (await extractor(out))([...CHINESE, "水".repeat(99)], { pooling: "none" });
      expect(states.dims).toEqual([14, longest, 44]);
    }
  });

  it("minds token types, and takes any tokens where the mask is 0", async () => {
    const out = join(folder(), "out");
    await exportModel(TINY, out);
    const model = await AutoModel.from_pretrained(out, { local_files_only: true });
    onTestFinished(() => void model.dispose());
    const encoder = await tinyEncoder();
    const pair = encoder.tokenizer.encode("我想听天气", { pair: "音乐", maxLength: 32 });
    const n = pair.ids.length;
    expect([n, Math.max(...pair.typeIds)]).toEqual([10, 1]);
    const tensor = (row: Iterable<number>, junk: number): Tensor => {
      const all = [...row, ...row, junk, junk, junk];
      const both = [...all.slice(0, n), junk, junk, junk, ...all.slice(n)];
      return new Tensor("int64", BigInt64Array.from(both, BigInt), [2, n + 3]);
    };
    const inputs = { input_ids: tensor(pair.ids, 5), token_type_ids: tensor(pair.typeIds, 1) };
    const { last_hidden_state: states } = (await model({
      ...inputs,
      attention_mask: tensor(new Array(n).fill(1), 0),
    })) as { last_hidden_state: Vectors };
    expect(states.dims).toEqual([2, n + 3, 44]);
    const { y } = await runOn(compiled, (x) => ({ y: bert(x, batchOf(x), encoder.config)[3]! }), {
      ...encoder.params,
      ...batchInputs(packBatch([pair]), encoder.config),
    });
    for (const b of [0, 1]) {
      const rows = states.data.slice(b * (n + 3) * 44, (b * (n + 3) + n) * 44);
      expect(distance(rows, (y as FloatTensor).data, 44)).toBeLessThan(1e-5);
    }
  });

  it("stored in halves takes half the place, and is the model that the folder holds", async () => {
    const path = folder();
    const sizes = async (dtype: "F32" | "F16") =>
      Object.fromEntries((await exportModel(TINY, join(path, dtype), { dtype })).files.map((f) => [f.name, f.bytes]));
    const [whole, half] = [await sizes("F32"), await sizes("F16")];
    for (const name of ["model.safetensors", "onnx/model.onnx"])
      expect(half[name]! / whole[name]!, name).toBeCloseTo(0.51, 1);
    const out = join(path, "F16");
    const found = await (await extractor(out))(CHINESE, { pooling: "mean" });
    const [same, exact] = [
      await embedded(await loadModel(out), CHINESE),
      await embedded(await loadModel(TINY), CHINESE),
    ];
    expect(distance(found.data, same.data, 44)).toBeLessThan(1e-5);
    const rounding = distance(found.data, exact.data, 44);
    expect(rounding).toBeLessThan(5e-3);
    expect(rounding).toBeGreaterThan(1e-5);
    // Else Python would compute in halves.
    expect(JSON.parse(readFileSync(join(out, "config.json"), "utf8"))).toMatchObject({ torch_dtype: "float32" });
  });
});

describe("an exported trained folder", () => {
  it("keeps settings, head and threshold, and cuts texts where the model does", async () => {
    const { from, out } = await trained({
      head: "matching",
      pooling: "cls",
      maxLength: 11,
      headSettings: { norms: true },
    });
    writeFileSync(join(from, "run.json"), "{}");
    const { files, settings, sentenceTransformers, notes } = await exportModel(from, out, {
      keep: ["run.json", "none"],
    });
    const again = await loadModel(out);
    expect(again.settings).toEqual((await loadModel(from)).settings);
    expect(settings).toEqual(again.settings);
    expect(Object.keys(again.headParams)).toHaveLength(4);
    expect(again.headParams).toEqual((await loadModel(from)).headParams);
    expect(readFileSync(join(out, "fewshot.json"), "utf8")).toBe(readFileSync(join(from, "fewshot.json"), "utf8"));
    expect(files.map((f) => f.name)).toEqual([
      ...["1_Pooling/config.json", "config.json", "fewshot.json", "head.safetensors", "model.safetensors"],
      ...["modules.json", "onnx/model.onnx", "run.json", "sentence_bert_config.json", "tokenizer.json"],
      ...["tokenizer_config.json", "vocab.txt"],
    ]);
    for (const { name, bytes } of files) expect(statSync(join(out, name)).size, name).toBe(bytes);
    expect([sentenceTransformers, notes]).toEqual([true, [cut(11)]]);

    const { tokenizer } = again.encoder;
    const ids = CHINESE.map((text) => [...tokenizer.encode(text, { maxLength: 32 }).ids]);
    const short = CHINESE.filter((_, i) => ids[i]!.length <= 11);
    expect(short).toHaveLength(9);
    const found = await (await extractor(out))(CHINESE, { pooling: "cls" });
    expect(found.dims).toEqual([13, 44]);
    const rows = short.flatMap((text) => [...found.data.subarray(CHINESE.indexOf(text) * 44).subarray(0, 44)]);
    const expected = await embedded(again, short);
    expect(distance(Float32Array.from(rows), expected.data, 44)).toBeLessThan(1e-5);
    const theirs = await AutoTokenizer.from_pretrained(out, { local_files_only: true });
    const { input_ids } = theirs(CHINESE, { padding: true, truncation: true, return_tensor: false }) as unknown as {
      input_ids: number[][];
    };
    for (const [i, row] of input_ids.entries())
      expect(row).toEqual([...ids[i]!, ...new Array<number>(11).fill(0)].slice(0, 11)); // [SEP] among what is cut off
  });

  it.each(["cls", "mean", "max"] as const)("pooled by %s tells sentence-transformers so", async (pooling) => {
    const { from, out } = await trained({ pooling, layer: 3, maxLength: 29 });
    const { sentenceTransformers, notes } = await exportModel(from, out);
    const json = (name: string): unknown => JSON.parse(readFileSync(join(out, name), "utf8"));
    expect(sentenceTransformers).toBe(true);
    expect(json("1_Pooling/config.json")).toEqual({
      word_embedding_dimension: 44,
      pooling_mode_cls_token: pooling === "cls",
      pooling_mode_mean_tokens: pooling === "mean",
      pooling_mode_max_tokens: pooling === "max",
    });
    expect(json("modules.json")).toEqual([
      { idx: 0, name: "0", path: "", type: "sentence_transformers.models.Transformer" },
      { idx: 1, name: "1", path: "1_Pooling", type: "sentence_transformers.models.Pooling" },
    ]);
    expect(json("sentence_bert_config.json")).toEqual({ max_seq_length: 29, do_lower_case: false });
    expect(notes).toEqual(
      pooling === "max"
        ? ["the pipeline of transformers.js pools mean and cls alone, not max; take the tokens' vectors", cut(29)]
        : [cut(29)],
    );
  });

  const last = (pooling: string, layer: number): string =>
    `onnx/model.onnx gives the last layer alone; the model pools ${pooling} of layer ${layer}`;
  const none = "no files for sentence-transformers: ";
  const cases: [Pooling, number, string[]][] = [
    ["first-last", -1, [`${none}it has no pooling first-last, only cls, mean, max`, last("first-last", -1)]],
    [
      "pooler",
      -1,
      [
        `${none}it has no pooling pooler, only cls, mean, max`,
        "the pipeline of transformers.js pools mean and cls alone, not pooler; take the tokens' vectors",
      ],
    ],
    ["mean", -2, [`${none}the model pools layer -2, and it pools the last`, last("mean", -2)]],
    ["cls", 0, [`${none}the model pools layer 0, and it pools the last`, last("cls", 0)]],
  ];
  it.each(cases)("pooled by %s of layer %i says what others cannot do", async (pooling, layer, notes) => {
    const { from, out } = await trained({ pooling, layer });
    const result = await exportModel(from, out);
    expect(result).toMatchObject({ sentenceTransformers: false, notes: [...notes, cut(32)] });
    for (const name of ["modules.json", "1_Pooling", "sentence_bert_config.json"])
      expect(existsSync(join(out, name)), name).toBe(false);
  });

  it("tells of texts that the model prepares in a way of its own", async () => {
    const { from, out } = await trained({ textForm: "seed" });
    const { notes } = await exportModel(from, out);
    expect(notes).toEqual([
      expect.stringMatching(/^the model removes white space and keeps the first .* 16 /),
      cut(32),
    ]);
  });
});
