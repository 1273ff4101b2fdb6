import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import { loadModel } from "../../lib/model/model.ts";
import { readThreshold } from "../../lib/model/saved.ts";
import type { FitOptions } from "../../lib/studies/fit.ts";
import { seenClasses } from "../../lib/studies/record.ts";
import { trainRun } from "../../lib/studies/train-run.ts";
import { intents } from "../intents.ts";
import { compiled, type TinyOptions, tinyModel } from "../model/tiny.ts";

const set = intents();
const FILES = ["config.json", "fewshot.json", "log.jsonl", "model.safetensors", "run.json", "tokenizer.json"];

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "run-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const OPTIONS: FitOptions = {
  ...{ steps: 11, lr: 1e-3, nShot: 2, nQuery: 1, devEpisodes: 13, evaluateEvery: 3, progress: { quiet: true } },
};

async function run(out: string, options: Partial<Parameters<typeof trainRun>[3]> = {}, given: TinyOptions = {}) {
  const model = await tinyModel(given);
  return { model, ...(await trainRun(model, set, compiled, { ...OPTIONS, ...options, out })) };
}

/** A signal that comes after so many lines on the screen: each step writes one, and each evaluation. */
function stoppingAt(line: number): Pick<FitOptions, "signal" | "progress"> {
  const controller = new AbortController();
  let lines = 0;
  const write = (): boolean => {
    if (++lines === line) controller.abort();
    return true;
  };
  const stream = { write, isTTY: false } as unknown as NodeJS.WriteStream;
  return { signal: controller.signal, progress: { stream, plainEvery: 0 } };
}

describe("a training run", () => {
  it("leaves a model that loads again, its record, its log and its checkpoint", async () => {
    const out = folder();
    const { model, result, otherThreshold } = await run(
      out,
      { protocol: "none of ours" },
      { head: "matching", pooling: "cls" },
    );
    expect(readdirSync(out)).toEqual(expect.arrayContaining([...FILES, "checkpoint.safetensors"]));
    expect(readdirSync(out).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const again = await loadModel(out);
    expect(again.settings).toEqual(model.settings);
    for (const [name, p] of Object.entries(model.encoder.params)) expect(again.encoder.params[name]).toEqual(p);
    expect(await readThreshold(out, again.settings)).toBe(otherThreshold);
    const lines = readFileSync(join(out, "log.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(11 + 4);
    expect(result).toMatchObject({ status: "done", step: 11 });
    const options = { nWay: 5, nShot: 2, nQuery: 1, episodes: 17 };
    const [a, b] = [await evaluate(model, set, compiled, options), await evaluate(again, set, compiled, options)];
    expect({ ...b, seconds: 0 }).toEqual({ ...a, seconds: 0 });
  });

  it("records every setting, defaults too, all classes, versions, and what came out", async () => {
    const out = folder();
    const { result, otherThreshold } = await run(out, { clip: Number.POSITIVE_INFINITY, protocol: "fewshottext" });
    const record = JSON.parse(readFileSync(join(out, "run.json"), "utf8"));
    expect(record.settings).toEqual({
      ...{ pooling: "mean", layer: -1, maxLength: 32, textForm: "plain" },
      head: {
        ...{ head: "prototypical", distance: "sqEuclidean", loss: "crossEntropy", scale: 5, margin: 10 },
        ...{ shots: "mean", decision: "mean", norms: false, threshold: null },
      },
      ...{ nWay: 5, nShot: 2, nQuery: 1, nOther: 0, otherFrom: "classes", trainsOn: "episodes", episodesPerStep: 1 },
      ...{ dropout: true, devEpisodes: 13, steps: 11, lr: 1e-3, warmup: 0.1, schedule: "linear", clip: "Infinity" },
      ...{ evaluateEvery: 3, evaluateFrom: 0, checkpointEvery: 3, selectBy: "accuracy", patience: "Infinity", seed: 1 },
      optimizer: { betas: [0.9, 0.999], eps: 1e-8, decay: 0.01, biasCorrection: true },
      protocol: "fewshottext",
    });
    expect(record.data).toMatchObject({
      ...{ name: "requests", source: "test/intents.ts", split: "by hand" },
      classes: { train: Object.keys(set.train), dev: Object.keys(set.dev), test: Object.keys(set.test) },
    });
    expect(record.environment.packages["onnxruntime-node"]).toMatch(/^\d+\./);
    expect(record).toMatchObject({
      executor: "compiled cpu",
      otherThreshold,
      encoder: "test/fixtures/encoder/tiny-zh",
    });
    expect(record.result).toMatchObject({ status: "done", step: 11, best: result.best });
  });

  it("chooses the threshold for other on dev classes alone", async () => {
    const [a, b] = [await run(folder()), folder()];
    const model = await tinyModel();
    const moved = { ...set, test: { 一: ["一", "二", "三"], 二: ["四", "五", "六"] } };
    const other = await trainRun(model, moved, compiled, { ...OPTIONS, out: b });
    expect(other.otherThreshold).toBe(a.otherThreshold);
    expect(a.otherThreshold).toBeLessThan(0);
    const few = { ...set, dev: Object.fromEntries(Object.entries(set.dev).slice(0, 5)) };
    const without = await trainRun(await tinyModel(), few, compiled, { ...OPTIONS, out: folder() });
    expect(without.otherThreshold).toBeUndefined(); // five dev classes, all in each episode: none is outside
    const none = await trainRun(await tinyModel(), { ...set, dev: {} }, compiled, { ...OPTIONS, out: folder() });
    expect(none).toMatchObject({ result: { status: "done" } });
    expect(none.otherThreshold).toBeUndefined();
  });

  it.each([
    ["a prototypical network", {}],
    ["a siamese network", { head: "siamese" }],
    [
      "the seed's matching network",
      { head: "matching", pooling: "pooler", headSettings: { norms: true, shots: "max" } },
    ],
  ] as const)("of %s ended by a signal and resumed ends with the very same bits", async (_, given) => {
    const [whole, out] = [folder(), folder()];
    const uninterrupted = await run(whole, {}, given);
    const first = await run(out, stoppingAt(6), given);
    expect(first.result).toMatchObject({ status: "interrupted", step: 5 });
    expect(existsSync(join(out, "model.safetensors"))).toBe(false);
    const second = await run(out, { resume: true }, given);
    expect(second.result).toMatchObject({ status: "done", best: uninterrupted.result.best });
    expect(second.otherThreshold).toBe(uninterrupted.otherThreshold);
    for (const name of [
      "model.safetensors",
      "fewshot.json",
      ...("headSettings" in given ? ["head.safetensors"] : []),
    ]) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(whole, name))), name).toBe(true);
    }
  });

  it("is written again from its checkpoint where a kill came before the model was there", async () => {
    const out = folder();
    await run(out);
    const files = Object.fromEntries(FILES.map((name) => [name, readFileSync(join(out, name))]));
    for (const name of ["fewshot.json", "model.safetensors", "run.json"]) rmSync(join(out, name));
    await run(out, { resume: true });
    for (const name of ["fewshot.json", "model.safetensors", "log.jsonl"]) {
      expect(readFileSync(join(out, name)).equals(files[name]!), name).toBe(true);
    }
  });

  it("is not resumed with other data, shape, model or executor, nor overwritten", async () => {
    const out = folder();
    await run(out);
    const before = readFileSync(join(out, "checkpoint.safetensors"));
    const file = join(out, "checkpoint.safetensors");
    await expect(run(out)).rejects.toThrow(`${file}: a run is already there, at step 11; resume it`);
    await expect(run(out, { resume: true, nShot: 3, lr: 2e-3 })).rejects.toThrow(
      /cannot resume with other settings: lr is 0.002, was 0.001; .*nShot is 3, was 2/,
    );
    await expect(run(out, { resume: true }, { pooling: "cls" })).rejects.toThrow(
      'settings.model.pooling is "cls", was "mean"',
    );
    const again = { ...OPTIONS, resume: true, out };
    const other = { ...set, train: { ...set.train, 音乐: [...set.train.音乐!, "又一首"] } };
    await expect(trainRun(await tinyModel(), other, compiled, again)).rejects.toThrow(/settings\.data\.hash is/);
    await expect(trainRun(await tinyModel(), set, eagerExecutor(), again)).rejects.toThrow(
      'settings.executor is "eager cpu", was "compiled cpu"',
    );
    await trainRun(await tinyModel(), { ...set, name: "another/path/to/it" }, compiled, again);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it("does not write over a model that is no run's, such as the encoder's own folder", async () => {
    const out = folder();
    writeFileSync(join(out, "config.json"), "{}");
    const error = await run(out).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toBe(
      `${join(out, "config.json")}: a model is already there; train into another folder`,
    );
    expect(readdirSync(out)).toEqual(["config.json"]);
  });
});

describe("classes that a model has seen", () => {
  it("are told from the record beside it", async () => {
    const out = folder();
    await run(out, { steps: 1 });
    const file = join(out, "run.json");
    expect(await seenClasses(out, Object.keys(set.test), "test")).toEqual([]);
    expect(await seenClasses(out, ["体育", "音乐", "地图", "天气"], "test")).toEqual([
      `${file}: this model trained on 2 of the 4 test classes: 音乐 and 天气`,
      `${file}: this model chose its best step on 1 of the 4 test classes: 地图`,
    ]);
    expect(await seenClasses(out, Object.keys(set.train), "train")).toEqual([]);
    expect(await seenClasses("test/fixtures/encoder/tiny-zh", ["音乐"], "test")).toEqual([]);
  });
});
