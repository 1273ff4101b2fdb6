import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeFigure } from "../../lib/plots/write.ts";
import { SMALL } from "./draw.ts";
import { readPng } from "./png.ts";

describe("writeFigure", () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), "figures-"));
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("writes the JSON, the SVG and the PNG of a figure into a new folder, and nothing else", async () => {
    const folder = join(root, "study", "figures");
    const files = await writeFigure(folder, "ablation", SMALL, { width: 503, height: 307, scale: 1 });
    expect(readdirSync(folder).sort()).toEqual(["ablation.json", "ablation.png", "ablation.svg"]);
    expect(JSON.parse(readFileSync(files.json, "utf8"))).toEqual(SMALL);
    expect(readFileSync(files.svg, "utf8")).toMatch(
      /^<svg[^>]* width="503" height="307"[\s\S]*平均 first[\s\S]*<\/svg>$/,
    );
    const { width, height } = readPng(readFileSync(files.png));
    expect([width, height]).toEqual([503, 307]);
  });

  it("writes nothing of a figure that cannot be drawn", async () => {
    const folder = join(root, "refused");
    await expect(writeFigure(folder, "x", { data: [{ type: "scatter3d" }], layout: {} })).rejects.toThrow("WebGL");
    expect(existsSync(folder)).toBe(false);
  });
});
