import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packGpuKit } from "../../lib/bench/gpu-kit.ts";
import { ENTRY, stage } from "../../lib/bench/staged.ts";
import { tracedFiles } from "../../lib/bench/traced.ts";
import { InputError } from "../../lib/core/errors.ts";
import { useCli } from "../cli/child.ts";

const elsewhere = process.platform !== "linux" || process.arch !== "x64";
const because = elsewhere ? ` (packs for Linux on x64, this is ${process.platform} on ${process.arch})` : "";
const cli = useCli();
let folder = "";
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gpu-kit-test-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("a traced run names the modules that it loads, of both kinds, and those of its children", async () => {
  const files = {
    "main.mjs":
      'import "./one.mjs"; import cp from "node:child_process"; cp.spawnSync(process.execPath, [import.meta.dirname + "/child.cjs"]);',
    "one.mjs": 'const { createRequire } = await import("node:module"); createRequire(import.meta.url)("./two.cjs");',
    "two.cjs": "exports.two = 2;",
    "child.cjs": "exports.child = 1;",
    "never.mjs": "",
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
  const found = await tracedFiles([[at("main.mjs")]], at("coverage"));
  expect(found).toEqual(["child.cjs", "main.mjs", "one.mjs", "two.cjs"].map((name) => at(name)));
  await expect(tracedFiles([["-e", "process.exit(3)"]], at("coverage"))).rejects.toThrow(/ended with 3/);
});

it("a folder with files that are not of a kit is not overwritten", async () => {
  mkdirSync(at("mine"));
  writeFileSync(at("mine", "thesis.txt"), "");
  const packed = packGpuKit({ script: cli.script, out: at("mine"), say: () => {} });
  await expect(packed).rejects.toThrow(elsewhere ? InputError : /mine: this folder has other files in it/);
  expect(readdirSync(at("mine"))).toEqual(["thesis.txt"]);
});

describe.skipIf(elsewhere)(`a copy for a GPU machine${because}`, () => {
  beforeAll(async () => {
    await stage(at("root", "app"), { script: cli.script, work: at("work") });
    mkdirSync(at("root", "bin"));
    mkdirSync(at("root", "spare"));
    // Node itself is large: it is not copied here.
    writeFileSync(at("root", "bin", "node"), `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
    chmodSync(at("root", "bin", "node"), 0o755);
  }, 120_000);

  it("has what is loaded and nothing else: no maps, no types, no images, no other system's runtime", () => {
    const names = readdirSync(at("root", "app"), { recursive: true }) as string[];
    expect(names.filter((name) => /\.(map|d\.ts|dll|dylib)$|darwin|win32|\.min\.js$/.test(name))).toEqual([]);
    expect(existsSync(at("root", "app", "node_modules", "plotly.js"))).toBe(false);
    expect(readdirSync(at("root", "app", "node_modules", "sharp")).sort()).toEqual(["index.js", "package.json"]);
    expect(names).toContain(join("data", "models", "tiny-bert", "model.safetensors"));
    expect(names).toContain(join("lib", "bench", "peers.py"));
    const record = JSON.parse(readFileSync(at("root", "app", "gpu-kit.json"), "utf8")) as Record<string, unknown>;
    expect(record).toMatchObject({ node: process.version });
  });

  it("runs by its script with nothing of this shell, from a packed folder, and leaves its results", () => {
    mkdirSync(at("kit"));
    expect(spawnSync("tar", ["-C", at("root"), "-czf", at("kit", "kit.tar.gz"), "."]).status).toBe(0);
    cpSync(join("lib", "bench", "gpu-kit.sh"), at("kit", "run.sh"));
    const settings = [
      "GPU_KIT_QUICK=1",
      "GPU_KIT_DEVICE=cpu",
      "GPU_KIT_PYTHON=no-python",
      "VK_ICD_FILENAMES=none.json",
    ];
    const { status, stdout } = spawnSync("env", ["-i", ...settings, "sh", at("kit", "run.sh")], {
      ...{ cwd: at(), encoding: "utf8" },
    });
    expect(status).toBe(0);
    expect(readdirSync(at("out")).sort()).toEqual([
      "bench.txt",
      "doctor.txt",
      "parity.txt",
      "rows.csv",
      "rows.jsonl",
      "run.json",
      "table.md",
    ]);
    expect(stdout).toMatch(/works compiled cpu/);
    expect(stdout).toMatch(/largest difference: 0\n/);
    expect(stdout).toMatch(/\| step \| tiny-bert \| .* \| time of a step \| 6 \| ms \|/);
    const { packed } = JSON.parse(readFileSync(at("out", "run.json"), "utf8")) as { packed: { node: string } };
    expect(packed.node).toBe(process.version);
    expect(readFileSync(at("root", "app", ENTRY), "utf8")).toMatch(/^import ".*cli\/main\.js";$/m);
  }, 120_000);
});
