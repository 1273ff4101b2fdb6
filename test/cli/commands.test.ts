import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import type { FloatTensor } from "../../lib/core/tensor.ts";
import { readSafetensors } from "../../lib/encoder/safetensors.ts";
import { intents } from "../intents.ts";
import { TINY } from "../model/tiny.ts";
import { useCli, writeIntents } from "./child.ts";

const cli = useCli();
const set = intents();
const one = ["--threads", "1"];

let data = "";
let trained = "";
let support = "";
beforeAll(async () => {
  data = writeIntents(cli.path);
  trained = cli.path("trained");
  support = cli.path("support.json");
  writeFileSync(
    support,
    JSON.stringify({ 体育: set.test.体育!.slice(0, 3), 英语: set.test.英语!.slice(0, 5), 宗教: ["宗教"] }),
  );
  const shape = ["--n-shot", "2", "--n-query", "1", "--dev-episodes", "11"];
  const args = ["--head", "matching", "--pooling", "cls", "--steps", "20", "--lr", "1e-3", ...shape, "--out", trained];
  const { code, stdout, stderr } = await cli.run(["train", "--encoder", TINY, "--data", data, ...args, ...one]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(
    /^done: 20 steps in \d+ s; best after step \d+: dev loss [\d.]+, accuracy [\d.]+ %\nother: scores below [\d.]+\nmodel and record: .*trained\/, curves: .*trained\/curves.png\n$/,
  );
}, 30_000);

describe("evaluate", () => {
  const shape = ["--n-shot", "2", "--n-query", "2", "--n-other", "2", "--episodes", "31"];

  it("takes head, pooling and distance from the folder that train wrote, and prints one JSON object", async () => {
    const args = ["evaluate", "--encoder", trained, "--data", data, ...shape, ...one];
    const result = await cli.json(args);
    expect(result).toMatchObject({
      ...{ encoder: trained, head: "matching", pooling: "cls", distance: "cosine", layer: -1, maxLength: 32 },
      ...{ part: "test", episodes: 31, nWay: 5, nShot: 2, nQuery: 2, nOther: 2, seed: 1, executor: "compiled cpu" },
      data: { split: "by files", classes: { train: Object.keys(set.train), test: Object.keys(set.test) } },
    });
    for (const name of ["accuracy", "ci95", "auroc", "seconds"]) expect(result[name], name).toEqual(expect.any(Number));
    expect(result).not.toHaveProperty("thresholds");
    const again = await cli.json([...args, "--head", "siamese", "--distance", "euclidean", "--layer", "-2"]);
    expect(again).toMatchObject({ head: "siamese", pooling: "cls", distance: "euclidean", layer: -2 });
  });

  it("says in words what was scored, and with what", async () => {
    const { code, stdout, stderr } = await cli.run(["evaluate", "--encoder", TINY, "--data", data, ...shape, ...one]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toContain(
      "(split by files), 7 test classes: 5-way 2-shot, 2 queries a class and 2 other, 31 episodes",
    );
    expect(lines[1]).toBe("prototypical, mean of layer -1, sqEuclidean");
    expect(lines[2]).toMatch(/^accuracy +[\d.]+ % ± [\d.]+ %$/);
    expect(lines[3]).toMatch(/^whole vector .* chosen on dev classes\)$/);
    expect(lines[5]).toMatch(/^with rejection .* chosen on dev classes\)$/);
    expect(stderr).toMatch(/encoding \d+\/\d+/);
  });

  it("saves its episodes, and scores them again", async () => {
    const file = cli.path("episodes.json");
    const args = ["evaluate", "--encoder", TINY, "--data", data, ...one];
    const first = await cli.json([...args, ...shape, "--save-episodes", file]);
    const second = await cli.json([...args, "--from-episodes", file, "--head", "matching"]);
    expect(second).toMatchObject({ nShot: 2, nOther: 2, episodes: 31, head: "matching" });
    const third = await cli.json([...args, "--from-episodes", file]);
    expect({ ...third, seconds: 0 }).toEqual({ ...first, seconds: 0 });
  });

  it("takes shape, episodes and a plain BERT's head from a protocol", async () => {
    const args = ["evaluate", "--data", data, "--protocol", "seed", ...one, "--encoder"];
    const [plain, own] = await Promise.all([
      cli.json([...args, TINY, "--head", "matching", "--episodes", "31"]),
      cli.json([...args, trained, "--n-shot", "2"]),
    ]);
    expect(plain).toMatchObject({
      ...{
        protocol: "seed",
        nWay: 5,
        nShot: 3,
        nQuery: 2,
        nOther: 2,
        episodes: 31,
        head: "matching",
        pooling: "pooler",
      },
      wholeVector: { threshold: 0.5, chosenOn: "protocol" },
    });
    expect(own).toMatchObject({
      ...{ protocol: "seed", nShot: 2, nQuery: 2, nOther: 2, episodes: 300, head: "matching", pooling: "cls" },
      wholeVector: { chosenOn: "dev" },
    });
  });

  it("tells of classes that the model has been trained on", async () => {
    const file = cli.path("one-file.json");
    writeFileSync(file, JSON.stringify({ ...set.train, ...set.dev, ...set.test }));
    const { code, stderr } = await cli.run([
      "evaluate",
      "--encoder",
      trained,
      "--data",
      file,
      "--json",
      ...shape,
      ...one,
    ]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/note: .*run\.json: this model trained on \d of the \d test classes: /);
  });
});

describe("predict", () => {
  const classes = ["体育", "英语", "宗教"];

  it("puts arguments, lines of a file and standard input into classes", async () => {
    const args = ["predict", "--encoder", trained, "--support", support, ...one];
    const file = cli.path("texts.txt");
    writeFileSync(file, "\uFEFF我想听英语\r\n\n  他说体育很热  \n");
    const [given, read, piped] = await Promise.all([
      cli.json([...args, "我想听英语", "他说体育很热"]),
      cli.json([...args, "--texts", file]),
      cli.json(args, { input: "我想听英语\n他说体育很热\n" }),
    ]);
    expect(given).toMatchObject({ encoder: trained, head: "matching", threshold: expect.any(Number) });
    expect(read).toEqual(given);
    expect(piped).toEqual(given);
    const predictions = given.predictions as { text: string; class: string | null; score: number; scores: object }[];
    expect(predictions.map((p) => p.text)).toEqual(["我想听英语", "他说体育很热"]);
    for (const p of predictions) {
      expect(Object.keys(p.scores)).toEqual(classes);
      expect(p.score).toBe(Math.max(...Object.values(p.scores)));
    }
  });

  it("says other below the threshold, and prints class, text and scores a line", async () => {
    const args = ["predict", "--encoder", TINY, "--support", support, ...one];
    const text = set.test.英语![0] as string;
    const [plain, strict, other] = await Promise.all([
      cli.run([...args, text, "a\tb"]),
      cli.run([...args, text, "--top", "1", "--threshold", "-1e9"]),
      cli.json([...args, text, "--threshold=1e9"]),
    ]);
    const [first, second] = plain.stdout.split("\n");
    expect(first).toMatch(/^英语\t我想听英语\t英语 -[\d.]+, \S+ -[\d.]+, \S+ -[\d.]+$/);
    expect(second?.split("\t")).toHaveLength(3);
    expect(strict.stdout).toMatch(/^英语\t我想听英语\t英语 -[\d.]+\n$/);
    expect(other).toMatchObject({ threshold: 1e9, predictions: [{ class: null, text }] });
    expect((await cli.run([...args, text, "--threshold", "1e9"])).stdout).toMatch(/^other\t我想听英语\t英语/);
  });

  it("says what is wrong with supports and texts", async () => {
    const bad = cli.path("bad.json");
    writeFileSync(bad, '{"a": ["一"],\n "b": []}');
    const args = ["predict", "--encoder", TINY, "--support"];
    const [empty, none] = await Promise.all([
      cli.run([...args, bad, "x"]),
      cli.run([...args, support], { input: "\n \n" }),
    ]);
    expect(empty).toMatchObject({ code: 2, stderr: `bert-few-shot predict: ${bad}:2: class 'b' has no texts\n` });
    expect(none).toMatchObject({
      code: 2,
      stderr: "bert-few-shot predict: no texts: the input has no lines with text\n",
    });
  });
});

describe("encode", () => {
  const texts = ["今天的天气怎么样", "放一首音乐", "今天的天气怎么样"];

  it("prints a JSON line a text, or one object, or writes a safetensors file", async () => {
    const args = ["encode", "--encoder", trained, ...texts, ...one];
    const out = cli.path("vectors.safetensors");
    const [lines, object, file] = await Promise.all([
      cli.run(args),
      cli.json(args),
      cli.json([...args, "--out", out, "--pooling", "mean", "--layer", "0"]),
    ]);
    const rows = lines.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { text: string; vector: number[] });
    expect(rows.map((r) => r.text)).toEqual(texts);
    expect(rows[0]?.vector).toHaveLength(44);
    expect(rows[2]?.vector).toEqual(rows[0]?.vector);
    expect(object).toEqual({ encoder: trained, width: 44, texts, vectors: rows.map((r) => r.vector) });
    expect(file).toEqual({ out, texts: 3, width: 44 });
    const { tensors, metadata } = await readSafetensors(out);
    const vectors = tensors.get("vectors") as FloatTensor;
    expect(vectors.shape).toEqual([3, 44]);
    expect([...vectors.data.subarray(0, 44)]).not.toEqual(rows[0]?.vector); // another pooling and layer
    expect(JSON.parse(metadata.texts as string)).toEqual(texts);
  });

  it("does not mind a reader that leaves early", async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `第${i}个`).join("\n");
    const command = `"${process.execPath}" "${cli.script}" encode --encoder ${TINY} | head -n 1`;
    const child = spawn("bash", ["-c", `set -o pipefail; ${command}`]);
    const out = { stdout: "", stderr: "" };
    child.stdout.on("data", (text) => {
      out.stdout += String(text);
    });
    child.stderr.on("data", (text) => {
      out.stderr += String(text);
    });
    child.stdin.end(lines);
    const code = await new Promise((resolve) => child.on("close", resolve));
    expect(out.stderr).not.toMatch(/EPIPE|Error/);
    expect(code, out.stderr).toBe(0);
    expect(out.stdout.split("\n")).toHaveLength(2);
    expect(JSON.parse(out.stdout)).toMatchObject({ text: "第0个" });
  });
});

describe("doctor", () => {
  it("reports versions, executors and data as one JSON object", async () => {
    const report = await cli.json(["doctor"], { env: { FEWSHOT_DATA: cli.path("nothing") } });
    expect(report).toMatchObject({
      node: process.version,
      packages: { "bert-few-shot": expect.stringMatching(/^\d/), "onnxruntime-node": expect.stringMatching(/^\d/) },
      executors: expect.arrayContaining([expect.objectContaining({ name: "compiled cpu", works: true })]),
      data: expect.arrayContaining([{ folder: cli.path("nothing"), sets: [] }]),
    });
  });

  it("says in words why an executor does not work", async () => {
    const { code, stdout } = await cli.run(["doctor"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}works compiled cpu /m);
    // In the folder that this command line was built into, TensorFlow was not.
    expect(stdout).toMatch(/^ {2}no {4}eager tensorflow +TensorFlow cannot be loaded: .*`npm run tensorflow`$/m);
  });
});

describe("train", () => {
  it("prints one JSON object, and takes a protocol with options in its place", async () => {
    const out = cli.path("protocol");
    const result = await cli.json([
      ...["train", "--encoder", TINY, "--data", data, "--out", out, "--protocol", "seed", "--head", "matching"],
      ...["--steps", "3", "--dev-episodes", "5", "--n-shot", "2", "--distance", "euclidean", ...one],
    ]);
    expect(result).toMatchObject({
      status: "done",
      step: 3,
      best: { step: 3 },
      out,
      otherThreshold: expect.any(Number),
    });
    const { settings } = JSON.parse(readFileSync(`${out}/run.json`, "utf8"));
    expect(settings).toMatchObject({
      ...{ protocol: "seed", pooling: "pooler", textForm: "seed", nWay: 5, nShot: 2, nQuery: 2, nOther: 2 },
      ...{ episodesPerStep: 3, steps: 3, lr: 1e-5, schedule: "bert", selectBy: "loss" },
      head: { head: "matching", distance: "euclidean", shots: "max", norms: true, threshold: null },
      optimizer: { decay: 0.01, eps: 1e-6, biasCorrection: false },
    });
    expect(existsSync(`${out}/head.safetensors`)).toBe(true);
  });
});
