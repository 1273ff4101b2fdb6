import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { saveModel } from "../../lib/model/model.ts";
import { TINY, tinyModel } from "../model/tiny.ts";
import { useCli } from "./child.ts";

const cli = useCli();

/** The code under a heading of what the command printed, without its indentation. */
function code(stdout: string, heading: string): string[] {
  const lines = stdout.split("\n");
  const from = lines.findIndex((line) => line.startsWith(heading)) + 1;
  return lines.slice(from, from + 3).map((line) => line.trim());
}

describe("export", { timeout: 30_000 }, () => {
  it("writes a plain BERT, and prints three lines of JavaScript that give the vectors of encode", async () => {
    const out = cli.path("plain");
    const { code: exit, stdout, stderr } = await cli.run(["export", "--encoder", TINY, "--out", out]);
    expect([exit, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^.*plain:\n {2}config\.json +1 kB\n {2}model\.safetensors +308 kB\n {2}onnx\/model\.onnx +31\d kB\n/,
    );
    expect(stdout).not.toContain("sentence");
    const script = join(dirname(cli.script), "load.mjs"); // from there Node finds the repository's packages
    const lines = [...code(stdout, "JavaScript (npm install"), "console.log(JSON.stringify(vectors.tolist()));"];
    const js = lines.join("\n").replace("@huggingface/transformers", "@xenova/transformers");
    writeFileSync(script, js.replace('["a text", "another"]', '["我想听天气", "水"]'));
    const vectors = JSON.parse(execFileSync(process.execPath, [script], { encoding: "utf8" })) as number[][];
    const expected = await cli.json(["encode", "--encoder", TINY, "我想听天气", "水"]);
    expect(vectors).toEqual((expected.vectors as number[][]).map((row) => row.map((x) => expect.closeTo(x, 5))));
    expect(code(stdout, "Python (pip install transformers torch)")).toEqual([
      "from transformers import AutoModel, AutoTokenizer",
      `model, tokenizer = AutoModel.from_pretrained("${out}"), AutoTokenizer.from_pretrained("${out}")`,
      'states = model(**tokenizer(["a text", "another"], padding=True, truncation=True, return_tensors="pt")).last_hidden_state',
    ]);
  });

  it("says of a trained folder how sentence-transformers loads it, and what others cannot do", async () => {
    const [max, lower] = [cli.path("max"), cli.path("lower")];
    await saveModel(max, await tinyModel({ pooling: "max" }));
    await saveModel(lower, await tinyModel({ pooling: "cls", layer: -2 }));
    writeFileSync(join(max, "run.json"), "{}");
    const out = cli.path("max-out");
    const known = await cli.run(["export", "--encoder", max, "--out", out, "--dtype", "F16"]);
    expect(known.code, known.stderr).toBe(0);
    expect(readdirSync(out)).toEqual(expect.arrayContaining(["1_Pooling", "fewshot.json", "modules.json", "run.json"]));
    expect(known.stdout).toMatch(/\n {2}onnx\/model\.onnx +1[5-7]\d kB\n/);
    expect(known.stdout).toContain("\nnote: the pipeline of transformers.js pools mean and cls alone, not max;");
    expect(code(known.stdout, "JavaScript")[2]).toBe('const vectors = await extract(["a text", "another"]);');
    expect(code(known.stdout, "Python (pip install sentence-transformers)")).toEqual([
      "from sentence_transformers import SentenceTransformer",
      `model = SentenceTransformer("${out}")`,
      'vectors = model.encode(["a text", "another"])',
    ]);
    const unknown = await cli.run(["export", "--encoder", lower, "--out", cli.path("lower-out")]);
    expect(unknown.stdout).toContain(
      "\nnote: no files for sentence-transformers: the model pools layer -2, and it pools the last\n",
    );
    expect(unknown.stdout).toContain("\nPython (pip install transformers torch):\n");
  });

  it("prints one JSON object where asked, and refuses a folder with something else with code 2", async () => {
    const out = cli.path("json");
    const args = ["export", "--encoder", TINY, "--out", out];
    const result = await cli.json(args);
    expect(result).toMatchObject({ encoder: TINY, out, dtype: "F32", sentenceTransformers: false });
    expect((result.files as { name: string }[]).map((f) => f.name)).toContain("onnx/model.onnx");
    const { code: exit, stdout, stderr } = await cli.run([...args, "--dtype", "F16"]);
    expect([exit, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      /^bert-few-shot export: .*json: holds another model, of hash .*; wanted a new or empty folder/,
    );
  });
});
