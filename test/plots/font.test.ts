import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fontPaths } from "../../lib/plots/assets.ts";
import { readFont } from "../../lib/plots/font.ts";

// Expected widths: fontTools 4.60, by reference/font-widths.py.
describe("readFont", () => {
  const [regular, , chinese] = fontPaths().map((path) => readFont(readFileSync(path)));

  it.each([
    ["A", 1401],
    [" ", 651],
    ["W", 2025],
    ["i", 569],
    ["é", 1260],
    ["😀", 2135], // beyond the 16 bits of cmap format 4
  ])("knows the width of %s in DejaVu Sans", (letter, width) => {
    expect(regular?.advance(letter.codePointAt(0) as number)).toBe(width / 2048);
  });

  it.each([
    ["A", 0.635],
    ["你", 1.024],
    ["，", 1.024],
  ])("knows the width of %s in ZCOOL XiaoWei, whose map is of format 4", (letter, width) => {
    expect(chinese?.advance(letter.codePointAt(0) as number)).toBe(width);
  });

  it("says where a font has no such letter", () => {
    expect(regular?.advance("你".codePointAt(0) as number)).toBeUndefined();
    expect(chinese?.advance("龘".codePointAt(0) as number)).toBeUndefined();
    expect(chinese?.advance("😀".codePointAt(0) as number)).toBeUndefined();
  });

  it("has all letters of the Chinese intents in one font or the other", () => {
    const texts = ["train", "dev", "test", "other"].map((part) => readFileSync(`data/intents/zh/${part}.json`, "utf8"));
    const letters = [...new Set(texts.join("").replace(/\s/g, ""))];
    expect(letters.length).toBeGreaterThan(1000);
    const absent = letters.filter((l) =>
      [regular, chinese].every((f) => f?.advance(l.codePointAt(0) as number) === undefined),
    );
    expect(absent).toEqual([]);
  });
});
