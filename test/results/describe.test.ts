import { describe, expect, it } from "vitest";
import { labelled } from "../../lib/data/labelled.ts";
import { describeSet, exampleTexts, tokenCounts } from "../../lib/results/describe.ts";
import { intents, OTHER } from "../intents.ts";
import { tinyEncoder } from "../model/tiny.ts";

describe("the description of a set", () => {
  it("counts classes, texts and tokens of each part", async () => {
    const { tokenizer } = await tinyEncoder();
    const set = intents();
    const dev = { ...set.dev, 地图: ["我", "我要去到地图那"] };
    const rows = describeSet({ ...set, dev }, tokenizer);
    expect(rows.map((r) => [r.part, r.classes, r.texts, r["texts a class"]])).toEqual([
      ["train", 11, 121, "11"],
      ["dev", 7, 68, "2 - 11"],
      ["test", 7, 77, "11"],
      ["other", undefined, OTHER.length, undefined],
    ]);
    const counts = tokenCounts(OTHER, tokenizer);
    expect(counts[0]).toBe(4 + 2); // four characters, [CLS] and [SEP]
    expect(counts).toEqual(OTHER.map((text) => tokenizer.encode(text, { maxLength: 64 }).ids.length));
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
    expect(rows[3]).toMatchObject({ "mean tokens": mean.toFixed(1), "most tokens": Math.max(...counts) });
    const long = counts.filter((n) => n > 4).length / counts.length;
    expect(describeSet(set, tokenizer, 4)[3]).toHaveProperty("longer than 4", `${(100 * long).toFixed(1)} %`);
    expect(long).toBeGreaterThan(0);
  });

  it("leaves out parts that are empty", async () => {
    const { tokenizer } = await tinyEncoder();
    const rows = describeSet(intents({ train: {}, other: [] }), tokenizer);
    expect(rows.map((r) => r.part)).toEqual(["dev", "test"]);
  });
});

describe("example texts", () => {
  it("are some of some classes, in their order, and the same for the same seed", () => {
    const { train } = intents();
    const rows = exampleTexts(train, { classes: 3, texts: 2, seed: 5 });
    expect(rows).toHaveLength(6);
    const names = Object.keys(train);
    const shown = rows.filter((r) => r.class !== "").map((r) => r.class as string);
    expect(shown.map((name) => names.indexOf(name))).toEqual(
      [...shown.map((n) => names.indexOf(n))].sort((a, b) => a - b),
    );
    rows.forEach((row, i) => {
      expect(train[shown[Math.floor(i / 2)] as string]).toContain(row.text);
    });
    expect(exampleTexts(train, { classes: 3, texts: 2, seed: 5 })).toEqual(rows);
    expect(exampleTexts(train, { classes: 3, texts: 2, seed: 6 })).not.toEqual(rows);
    expect(exampleTexts(train, { classes: 99, texts: 99 })).toHaveLength(121);
  });
});

describe("labelled texts", () => {
  it("are flat, each beside its class", () => {
    expect(labelled({ a: ["x", "y"], b: ["z"] })).toEqual({ texts: ["x", "y", "z"], labels: ["a", "a", "b"] });
  });
});
