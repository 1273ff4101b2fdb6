import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { environment, versionOf } from "../../lib/results/environment.ts";

describe("the environment of a result", () => {
  it("has the versions of Node, of the kit and of what computes, and the machine", () => {
    const { packages, ...machine } = environment();
    expect(Object.keys(packages)).toEqual([
      "bert-few-shot",
      "@tensorflow/tfjs",
      "onnxruntime-node",
      "@xenova/transformers",
    ]);
    for (const [name, version] of Object.entries(packages)) expect(version, name).toMatch(/^\d+\.\d+\.\d+/);
    expect(packages["@xenova/transformers"]).toContain("(@huggingface/transformers)"); // installed under its old name
    expect(machine).toMatchObject({ node: process.version, platform: `${process.platform} ${process.arch}` });
    expect(machine.cores).toBeGreaterThan(0);
    expect(machine.cpu.length).toBeGreaterThan(0);
    expect(JSON.parse(JSON.stringify(machine))).toEqual(machine);
  });

  it("says what is not found from a folder", () => {
    const folder = mkdtempSync(join(tmpdir(), "environment-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    expect(environment(folder).packages).toMatchObject({ "onnxruntime-node": "not found" });
    expect(versionOf("no-such-package")).toBeUndefined();
    expect(versionOf("onnxruntime-node", [folder, process.cwd()])).toMatch(/^\d/);
  });
});
