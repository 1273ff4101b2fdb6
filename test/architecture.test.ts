import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

// The way data flows; `executor` stands beside: it may use `core` alone, and any folder after `heads` may use it.
const ORDER = [
  ...["core", "executor", "data", "episodes", "tokenizer", "encoder", "heads", "train", "model", "evaluate", "results"],
  ...["plots", "pretrain", "studies", "kit", "notebook", "bench", "cli"],
];
const files = (root: string): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && f.name.endsWith(".ts"))
    .map((f) => join(f.parentPath, f.name));

describe("the layout", () => {
  it("has a place in the order for every folder of lib", () => {
    const folders = readdirSync("lib", { withFileTypes: true })
      .filter((f) => f.isDirectory())
      .map((f) => f.name);
    expect(folders.sort()).toEqual([...ORDER].sort());
  });

  it.each(ORDER)("%s imports only from folders before it", (folder) => {
    for (const file of files(join("lib", folder))) {
      const imported = [...readFileSync(file, "utf8").matchAll(/from "\.\.\/([a-z]+)\//g)].map((m) => m[1] as string);
      for (const other of imported)
        expect(ORDER.indexOf(other), `${file} imports ${other}`).toBeLessThan(ORDER.indexOf(folder));
    }
  });

  it.each(["data", "episodes", "tokenizer"])("%s knows nothing of executors", (folder) => {
    for (const file of files(join("lib", folder))) expect(readFileSync(file, "utf8"), file).not.toMatch(/\/executor\//);
  });

  it("has no file above 300 lines, and each opens with a sentence of purpose", () => {
    for (const file of files("lib")) {
      const lines = readFileSync(file, "utf8").split("\n");
      expect(lines.length, file).toBeLessThanOrEqual(301);
      expect(lines.slice(0, 2).join("\n"), file).toMatch(/^(#!.*\n)?\/\*\*/);
    }
  });
});
