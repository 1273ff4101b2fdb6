import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPairs } from "../../lib/data/pairs.ts";
import { FIXTURES, fileWith, folderWith } from "./written.ts";

describe("reading sentence pairs", () => {
  it("reads pairs.tsv, without quoting, and warns of pairs in two parts", async () => {
    const path = join(FIXTURES, "pairs.tsv");
    const set = await loadPairs(path);
    expect(set.pairs).toEqual([
      { a: "how old is it", b: "what age has it", same: true, part: "train" },
      { a: "how old is it", b: "where is it", same: false, part: "dev" },
      { a: 'say "hi"', b: "greet", same: true, part: "test" },
      { a: "what age has it", b: "how old is it", same: true, part: "test" },
    ]);
    expect(set.warnings).toHaveLength(1);
    expect(set.warnings[0]).toMatch(
      /pairs\.tsv: 1 pair in more than one part, the first "what age has it" and .* in train and test/,
    );
  });

  it("reads CSV, other orders of columns, a folder, and pairs without parts", async () => {
    const csv = await fileWith("p.csv", '\uFEFFLabel,text_b,text_a\r\n1,"b, c",a\r\n');
    expect((await loadPairs(csv)).pairs).toEqual([{ a: "a", b: "b, c", same: true, part: "all" }]);
    const folder = await folderWith({ "pairs.tsv": "text_a\ttext_b\tlabel\nx\ty\t0\n" });
    expect((await loadPairs(folder)).source).toBe(join(folder, "pairs.tsv"));
  });

  it.each<[string, string, string, RegExp]>([
    ["no header", "p.tsv", "", /p\.tsv:1: no column text_a, text_b and label; found none/],
    ["no label", "p.tsv", "text_a\ttext_b\nx\ty", /p\.tsv:1: no column label; found text_a and text_b/],
    ["a wrong label", "p.tsv", "text_a\ttext_b\tlabel\nx\ty\tyes", /p\.tsv:2: label is 'yes', wanted 0 or 1/],
    ["a blank text", "p.tsv", "text_a\ttext_b\tlabel\nx\ty\t1\nx\t \t1", /p\.tsv:3: text_b is blank/],
    ["a cell too many", "p.csv", "text_a,text_b,label\nx,y,z,1", /p\.csv:2: has 4 cells, the header has 3/],
    [
      "an unknown part",
      "p.csv",
      "text_a,text_b,label,part\nx,y,1,late",
      /p\.csv:2: part is 'late', wanted one of train/,
    ],
    ["no pairs", "p.csv", "text_a,text_b,label\n", /p\.csv: has no pairs/],
    ["an unknown extension", "p.json", "{}", /p\.json: .* known are \.tsv and \.csv/],
  ])("says what is wrong in a file with %s", async (_, name, content, message) => {
    await expect(loadPairs(await fileWith(name, content))).rejects.toThrow(message);
  });
});
