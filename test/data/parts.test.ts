import { describe, expect, it } from "vitest";
import { datasetHash } from "../../lib/data/hash.ts";
import { checkDisjoint, requirePart } from "../../lib/data/parts.ts";
import { seedText } from "../../lib/data/seed-text.ts";
import type { IntentSet } from "../../lib/data/types.ts";

const set: IntentSet = {
  name: "toy",
  source: "data/toy",
  split: "01",
  train: { a: ["x", "y"], b: ["z"] },
  dev: { c: ["u"] },
  test: {},
  other: ["v"],
  warnings: [],
};

describe("the parts of a set", () => {
  it("are disjoint, or an error names the classes and the parts", () => {
    expect(() => checkDisjoint(set)).not.toThrow();
    expect(() => checkDisjoint({ ...set, test: { b: ["q"], c: ["r"] } })).toThrow(
      /^data\/toy: class 'b' in train and in test;/,
    );
    expect(() => checkDisjoint({ ...set, test: set.train })).toThrow(/classes 'a' and 'b' in train and in test/);
    const proto = JSON.parse('{"__proto__": ["x"]}') as Record<string, string[]>;
    expect(() => checkDisjoint({ ...set, dev: proto })).not.toThrow();
    expect(() => checkDisjoint({ ...set, dev: proto, test: proto })).toThrow(/class '__proto__' in dev and in test/);
  });

  it("are given, or an error says who needs the empty one", () => {
    expect(requirePart(set, "dev", "evaluation")).toBe(set.dev);
    expect(() => requirePart(set, "test", "evaluation")).toThrow(
      "data/toy: evaluation needs classes in the part test, which is empty (train 2, dev 1, test 0 classes)",
    );
  });
});

describe("the fingerprint of a set", () => {
  it("is 16 hexadecimal digits that name, path and warnings do not change", () => {
    expect(datasetHash(set)).toMatch(/^[0-9a-f]{16}$/);
    const renamed: IntentSet = { ...set, name: "n", source: "s", warnings: ["w"] };
    expect(datasetHash(renamed)).toBe(datasetHash(set));
  });

  it("changes with a text, a class, a part, an order or another text", () => {
    const changed = [
      set,
      { ...set, train: { a: ["x", "y!"], b: ["z"] } },
      { ...set, train: { a: ["x", "y"], B: ["z"] } },
      { ...set, train: { a: ["y", "x"], b: ["z"] } },
      { ...set, train: { b: ["z"], a: ["x", "y"] } },
      { ...set, train: { a: ["x"], b: ["y", "z"] } },
      { ...set, dev: {}, test: set.dev },
      { ...set, other: [] },
    ];
    expect(new Set(changed.map(datasetHash)).size).toBe(changed.length);
  });

  it("stays the same in later versions", () => {
    expect(datasetHash(set)).toMatchInlineSnapshot(`"dff711577bf49ae3"`);
  });
});

describe("the text preparation of the seed protocol", () => {
  it("removes white space of every kind", () => {
    expect(seedText(" 你 好\u3000吗\n\tok ")).toBe("你好吗ok");
  });

  it("keeps 31 characters and cuts 32 to two halves with a full stop between", () => {
    const text = "零一二三四五六七八九".repeat(4);
    expect(seedText(text.slice(0, 31))).toBe(text.slice(0, 31));
    expect(seedText(text.slice(0, 32))).toBe(`${text.slice(0, 16)}。${text.slice(16, 32)}`);
    expect(seedText(text)).toBe(`${text.slice(0, 16)}。${text.slice(24)}`);
  });

  it("counts characters, not halves of them", () => {
    expect(seedText("😀".repeat(31))).toBe("😀".repeat(31));
    expect([...seedText("😀".repeat(37))]).toHaveLength(33);
  });
});
