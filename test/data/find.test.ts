import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dataFolders } from "../../lib/data/find.ts";
import { KNOWN_SETS, nearest } from "../../lib/data/known.ts";
import { loadIntents } from "../../lib/data/load.ts";
import { loadPairs } from "../../lib/data/pairs.ts";
import { folderWith } from "./written.ts";

const root = process.cwd();
afterEach(() => {
  vi.unstubAllEnvs();
  process.chdir(root);
});

const DATA = JSON.stringify({ a: ["x"], b: ["y"] });

describe("finding data", () => {
  it("looks for a name in dataDir, then FEWSHOT_DATA", async () => {
    const one = await folderWith({ "clinc150/data.json": DATA });
    const two = await folderWith({ "clinc150/data.json": DATA, "my-set/data.json": DATA });
    vi.stubEnv("FEWSHOT_DATA", two);
    expect(await loadIntents("clinc150")).toMatchObject({ name: "clinc150", source: join(two, "clinc150") });
    expect((await loadIntents("clinc150", { dataDir: one })).source).toBe(join(one, "clinc150"));
    expect((await loadIntents("my-set")).source).toBe(join(two, "my-set"));
  });

  it("looks beside the kit last", async () => {
    const folder = await folderWith({ "kit/readme.md": "x", "shared/datasets/snips/data.json": DATA });
    vi.stubEnv("FEWSHOT_DATA", join(folder, "kit"));
    process.chdir(join(folder, "kit"));
    expect((await loadIntents("snips")).source).toBe(join("..", "shared", "datasets", "snips"));
  });

  it("looks beside the kit from its own folders, such as that of the notebooks", async () => {
    vi.stubEnv("FEWSHOT_DATA", "");
    const from = async (folder: string): Promise<string | undefined> => {
      process.chdir(join(root, folder));
      return (await dataFolders()).at(-1)?.folder;
    };
    expect(await from(".")).toBe(join("..", "shared", "datasets"));
    expect(await from("test/data")).toBe(join("..", "..", "..", "shared", "datasets"));
  });

  it("says where a known set comes from, its licence and which places were searched", async () => {
    process.chdir(join(await folderWith({ "kit/readme.md": "x" }), "kit"));
    vi.stubEnv("FEWSHOT_DATA", "");
    await expect(loadIntents("clinc150")).rejects.toThrow(
      /^clinc150: .* searched \.\.\/shared\/datasets \(FEWSHOT_DATA is not set\)\. It comes from https:\/\/github\.com\/clinc\/oos-eval \(licence: CC BY 3\.0\)\..*data\.json.*splits.*FEWSHOT_DATA$/,
    );
    await expect(loadPairs("mqp", { dataDir: "mine" })).rejects.toThrow(
      /^mqp: .* searched mine and \.\.\/shared\/datasets\. .*medical-question-pair-dataset.*none stated.*pairs\.tsv/,
    );
  });

  it("lists the known names for one that is unknown, with the nearest first", async () => {
    await expect(loadIntents("clinc-15")).rejects.toThrow(
      /'clinc-15' is no file or folder, nor a known set \(did you mean clinc150\?\); known are clinc150, banking77, .*cais$/,
    );
    await expect(loadPairs("bq")).rejects.toThrow(/known are bustm, afqmc, triclue, mqp$/);
  });

  it("does not take a mistyped path for a name", async () => {
    await expect(loadIntents("data/no.json")).rejects.toThrow(/^data\/no\.json: no such file or folder/);
    await expect(loadIntents("no.csv")).rejects.toThrow(/^no\.csv: no such file or folder/);
  });

  it("says which reader reads the other kind of set", async () => {
    await expect(loadIntents("bustm")).rejects.toThrow("bustm: is a set of sentence pairs; loadPairs reads it");
    await expect(loadPairs("snips")).rejects.toThrow("snips: is a set of classes; loadIntents reads it");
  });

  it.each([
    ["BANKING-77", "banking77"],
    ["clinc", "clinc150"],
    ["hwu46", "hwu64"],
    ["XSID zh", "xsid-zh"],
    ["imagenet", undefined],
  ])("suggests for %s: %s", (name, near) => {
    expect(nearest(name, [...KNOWN_SETS.keys()])).toBe(near);
  });
});
