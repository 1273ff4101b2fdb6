import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadEncoder } from "../../lib/encoder/encoder.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import type { Corpus } from "../../lib/pretrain/corpus.ts";
import { newEncoder, type PretrainOptions, pretrain } from "../../lib/pretrain/pretrain.ts";

const root = mkdtempSync(join(tmpdir(), "pretrain-"));
afterAll(() => rmSync(root, { recursive: true }));
const source = await loadEncoder("test/fixtures/encoder/tiny-zh");

// Sentences with a rule in them: the last character follows from the first.
const pairs = [
  ["天", "气"],
  ["音", "乐"],
  ["北", "京"],
  ["上", "海"],
  ["明", "天"],
  ["今", "年"],
  ["放", "歌"],
];
const middles = ["我想听一首", "请问现在的", "帮我看看那个", "你知道不知道这个", "给我来一点", "有没有"];
const all = pairs.flatMap(([a, b]) => middles.map((m) => `${a}${m}${b}`));
const corpus: Corpus = {
  train: all.filter((_, i) => i % 5 !== 0),
  heldOut: all.filter((_, i) => i % 5 === 0),
  files: {},
};
const options = (name: string, more: Partial<PretrainOptions> = {}): PretrainOptions => ({
  out: join(root, name),
  steps: 20,
  lr: 3e-3,
  batchSize: 11,
  maxLength: 24,
  evaluateEvery: 10,
  progress: { quiet: true },
  ...more,
});
const bytes = (name: string): Buffer => readFileSync(join(root, name, "model.safetensors"));

describe("pre-training", () => {
  it("lowers the perplexity of held-out sentences and writes an encoder with its record", async () => {
    const encoder = newEncoder(source.config, source.tokenizer, 1);
    const result = await pretrain(
      encoder,
      corpus,
      compiledExecutor(),
      options("new", { steps: 120, evaluateEvery: 30 }),
    );
    const dev = result.history.flatMap((l) => ("dev" in l ? [l.dev as { perplexity?: number }] : []));
    expect(dev).toHaveLength(4);
    expect(dev.at(-1)?.perplexity as number).toBeLessThan(0.5 * (dev[0]?.perplexity as number));
    expect(Math.exp(result.best?.metrics.loss as number)).toBeCloseTo(result.best?.metrics.perplexity as number, 6);
    const saved = await loadEncoder(join(root, "new"));
    expect(saved.config).toEqual(encoder.config);
    expect(saved.params).toEqual(encoder.params);
    const record = JSON.parse(readFileSync(join(root, "new", "pretrain.json"), "utf8"));
    expect(record).toMatchObject({ steps: 120, settings: { batchSize: 11, maxLength: 24 } });
  }, 60_000);

  it("interrupted and resumed ends with the same bits, dropout included", async () => {
    const run = async (name: string, more: Partial<PretrainOptions>) =>
      pretrain(
        newEncoder(source.config, source.tokenizer, 1),
        corpus,
        compiledExecutor(),
        options(name, { dropout: 0.1, ...more }),
      );
    await run("whole", {});
    const stop = new AbortController();
    const early = await run("parts", { signal: stop.signal, onBest: () => stop.abort() });
    expect(early).toMatchObject({ status: "interrupted", step: 10 });
    expect(existsSync(join(root, "parts", "model.safetensors"))).toBe(false);
    await run("parts", { resume: true });
    expect(bytes("parts").equals(bytes("whole"))).toBe(true);
  }, 60_000);

  it("carries on from an existing encoder and may write F16", async () => {
    const encoder = await loadEncoder("test/fixtures/encoder/tiny-zh");
    const before = Float32Array.from(encoder.params["encoder.layer.0.output.dense.weight"]!.data);
    await pretrain(encoder, corpus, compiledExecutor(), options("on", { lr: 1e-4, dtype: "F16" }));
    const after = encoder.params["encoder.layer.0.output.dense.weight"]!.data;
    expect(after).not.toEqual(before);
    const saved = (await loadEncoder(join(root, "on"))).params["encoder.layer.0.output.dense.weight"]!.data;
    expect(
      saved.every((v, i) => Math.abs(v - (after[i] as number)) <= Math.abs(after[i] as number) * 2 ** -11 + 1e-7),
    ).toBe(true);
    expect(encoder.params["pooler.dense.weight"]).toBeDefined(); // left as it was
  }, 60_000);
});
