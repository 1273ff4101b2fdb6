import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { loadIntents } from "../../lib/data/load.ts";
import { FIXTURES, fileWith, folderWith } from "./written.ts";

/** `{c0: [c0 x, c0 y], ...}` with n classes. */
function numbered(n: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: n }, (_, i) => [`c${i}`, [`c${i} x`, `c${i} y`]])));
}

const sizes = (set: { train: object; dev: object; test: object }): number[] =>
  [set.train, set.dev, set.test].map((part) => Object.keys(part).length);

describe("a folder with a file for each part", () => {
  it("loads the parts and the other texts", async () => {
    const set = await loadIntents(join(FIXTURES, "parts"));
    expect(Object.keys(set.train)).toEqual(["greet", "thank"]);
    expect(set.dev).toEqual({ leave: ["see you tomorrow", "I have to go now"] });
    expect(set.test.时间).toEqual(["现在几点了", "今天星期几"]);
    expect(set.other).toEqual(["the moon is made of stone", "两只老虎"]);
    expect(set).toMatchObject({ name: join(FIXTURES, "parts"), split: "by files", warnings: [] });
  });

  it("takes valid for dev, and leaves a part without a file empty", async () => {
    const folder = await folderWith({ "train.jsonl": '{"text":"x","label":"a"}', "valid.csv": "text,label\ny,b\n" });
    const set = await loadIntents(folder);
    expect([set.train, set.dev, set.test]).toEqual([{ a: ["x"] }, { b: ["y"] }, {}]);
  });

  it("refuses a class in two parts, naming both files and lines", async () => {
    const folder = await folderWith({ "train.json": '{"a": ["x"],\n"b": ["y"]}', "test.json": '{\n\n"b": ["z"]}' });
    await expect(loadIntents(folder)).rejects.toThrow(/test\.json:3: class 'b' stands in .*train\.json:2 too/);
  });

  it("reads the numbers of train_data.json and dev_data.json as classes of their own", async () => {
    const set = await loadIntents(join(FIXTURES, "numbered"));
    expect(Object.keys(set.train)).toEqual(["train/1", "train/2", "train/3"]);
    expect(Object.keys(set.dev)).toEqual(["dev/1", "dev/2"]);
    expect(set.test).toEqual({});
    expect(set.warnings[0]).toMatch(/number their classes each from the start \('1' and '2' in more than one\)/);
  });

  it("does not take equal numbers with a common text, or equal names, for different classes", async () => {
    for (const name of ["1", "greet"]) {
      const other = name === "1" ? "hi" : "hello";
      const folder = await folderWith({
        "train_data.json": JSON.stringify({ [name]: ["hi"] }),
        "dev_data.json": JSON.stringify({ [name]: [other] }),
      });
      await expect(loadIntents(folder)).rejects.toThrow(new RegExp(`class '${name}' stands in`));
    }
  });

  it("keeps the line of a wrong text in numbered classes", async () => {
    const folder = await folderWith({ "train_data.json": '{"1": ["x"]}', "dev_data.json": '{"1": ["y",\n7]}' });
    await expect(loadIntents(folder)).rejects.toThrow(/dev_data\.json:2: class 'dev\/1': text 2 is a number/);
  });

  it("warns of texts under classes of two parts, and of other texts under a class", async () => {
    const folder = await folderWith({
      "train.json": '{"a": ["x", "y"]}',
      "test.json": '{"b": ["y", "z"]}',
      "other.json": '["z", "w", "w"]',
    });
    const { warnings, other } = await loadIntents(folder);
    expect(other).toEqual(["z", "w"]);
    expect(warnings).toHaveLength(3);
    expect(warnings[0]).toMatch(/other\.json: 1 repeated text .*"w"/);
    expect(warnings[1]).toMatch(
      /1 text stands under more than one class, the first "y" under 'a' \(train\) and 'b' \(test\)/,
    );
    expect(warnings[2]).toMatch(/1 text stands out of scope and under a class, the first "z" under 'b' \(test\)/);
    await expect(loadIntents(folder, { strict: true })).rejects.toThrow(/stands twice/);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      "nothing to read",
      { "readme.md": "x" },
      /no train\.json, dev\.json and test\.json, nor data\.json; found readme\.md/,
    ],
    ["nothing at all", {}, /it is empty/],
    ["a part twice", { "dev.json": "{}", "valid.json": "{}" }, /dev\.json and .*valid\.json hold the same part/],
    ["parts and data", { "train.json": "{}", "data.json": "{}" }, /has .*data\.json and also .*train\.json/],
    [
      "a wrong other",
      { "test.json": '{"a": ["x"]}', "other.json": '["x",\n ""]' },
      /other\.json:2: class 'other': text 2 is blank/,
    ],
  ])("with %s is an error that says so", async (_, files, message) => {
    const error = await loadIntents(await folderWith(files)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toMatch(message);
  });

  it("cannot be split otherwise", async () => {
    await expect(loadIntents(join(FIXTURES, "parts"), { split: "01" })).rejects.toThrow(/is split by its files/);
  });
});

describe("a folder with data and lists of splits", () => {
  const folder = join(FIXTURES, "lists");

  it("takes split 01 when none is named, with the classes in the order of the data", async () => {
    const set = await loadIntents(folder);
    expect(set.split).toBe("01");
    expect([set.train, set.dev, set.test].map((part) => Object.keys(part))).toEqual([
      ["lamp/on", "lamp/off"],
      ["radio", "clock"],
      ["door/open", "door/close"],
    ]);
    expect(set.other).toEqual(["you are funny", "mm hm"]);
    expect(set.warnings).toEqual([]);
  });

  it("takes the split that is named and warns of classes in none of its lists", async () => {
    const set = await loadIntents(folder, { split: "near" });
    expect(Object.keys(set.train)).toEqual(["lamp/on", "door/open", "radio"]);
    expect(set.warnings).toEqual([`${folder}: 1 class in no list of split near: lamp/off`]);
  });

  it("takes 01 before others, and the first where there is no 01", async () => {
    const load = async (splits: readonly string[]): Promise<string> => {
      const files: Record<string, string> = { "data.json": numbered(6) };
      for (const split of splits) {
        for (const [i, part] of ["train", "valid", "test"].entries()) {
          files[`splits/${split}/${part}.txt`] = `c${2 * i}\r\nc${2 * i + 1}\r\n`;
        }
      }
      const set = await loadIntents(await folderWith(files));
      expect(Object.keys(set.dev)).toEqual(["c2", "c3"]);
      return set.split;
    };
    expect(await load(["smp", "00", "01"])).toBe("01");
    expect(await load(["smp", "bao"])).toBe("bao");
  });

  it("names the splits there are when another is asked for", async () => {
    await expect(loadIntents(folder, { split: "02" })).rejects.toThrow(
      /no split '02'; it has 01 and near, and 'drawn'/,
    );
  });

  it("draws the classes when asked to", async () => {
    const drawn = await loadIntents(folder, { split: "drawn", seed: 3 });
    expect(drawn.split).toBe("drawn from seed 3");
    expect(sizes(drawn)).toEqual([2, 2, 2]);
    const shares = await loadIntents(folder, { fractions: [0, 0.5, 0.5] });
    expect(shares.split).toBe("drawn from seed 1 as 0/0.5/0.5");
    expect(sizes(shares)).toEqual([0, 3, 3]);
    expect(shares.other).toEqual(drawn.other);
    await expect(loadIntents(folder, { split: "01", fractions: [0, 0.5, 0.5] })).rejects.toThrow(/both given/);
  });

  it.each<[string, string, RegExp]>([
    ["an unknown class", "c0\nC1\n", /train\.txt:2: class 'C1' has no texts in the data \(did you mean 'c1'\?\)/],
    ["a class of another list", "c0\nc1\n\n", /valid\.txt:1: class 'c1' stands in the split before, at .*train\.txt:2/],
    ["a class twice", "c0\nc0\n", /train\.txt:2: class 'c0' stands in the split before, at .*train\.txt:1/],
  ])("refuses a list with %s", async (_, train, message) => {
    const lists = { "splits/01/train.txt": train, "splits/01/valid.txt": "c1\n", "splits/01/test.txt": "c2\n" };
    const path = await folderWith({ "data.json": numbered(3), ...lists });
    await expect(loadIntents(path)).rejects.toThrow(message);
  });

  it("says which list of a split is missing", async () => {
    const path = await folderWith({ "data.json": numbered(3), "splits/01/train.txt": "c0\n" });
    await expect(loadIntents(path)).rejects.toThrow(/valid\.txt: cannot read the class names of a split/);
  });
});

describe("a single file", () => {
  it("is split by class, the same way for the same seed", async () => {
    const path = await fileWith("x.json", numbered(11));
    const set = await loadIntents(path, { seed: 5 });
    expect(sizes(set)).toEqual([3, 4, 4]);
    expect(set.split).toBe("drawn from seed 5");
    expect(await loadIntents(path, { seed: 5 })).toEqual(set);
    expect(Object.keys((await loadIntents(path, { seed: 6 })).train)).not.toEqual(Object.keys(set.train));
  });

  it("has no published splits", async () => {
    const path = await fileWith("x.json", numbered(11));
    await expect(loadIntents(path, { split: "01" })).rejects.toThrow(/x\.json: no split '01'; it has no splits/);
  });

  it("gives all classes to test where they are too few, and says so", async () => {
    const set = await loadIntents(await fileWith("x.json", numbered(5)));
    expect(sizes(set)).toEqual([0, 0, 5]);
    expect(set.warnings[0]).toMatch(
      /x\.json: 5 classes cannot be split into train, dev and test of at least 2; all are in test/,
    );
  });
});
