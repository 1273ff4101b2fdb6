import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { parseJson, readJson, readText, writeAtomic } from "../../lib/core/files.ts";
import { fileWith, folderWith } from "../data/written.ts";

describe("writing a file", () => {
  it("makes the folders above it and leaves nothing else behind", async () => {
    const folder = await folderWith({});
    const path = join(folder, "a", "b.txt");
    await writeAtomic(path, "first");
    await writeAtomic(path, "second");
    expect(await readFile(path, "utf8")).toBe("second");
    expect(await readdir(join(folder, "a"))).toEqual(["b.txt"]);
  });

  it("joins parts of bytes in their order", async () => {
    const path = join(await folderWith({}), "x.bin");
    await writeAtomic(path, [Uint8Array.of(3, 1), Uint8Array.of(), Uint8Array.of(4)]);
    expect([...(await readFile(path))]).toEqual([3, 1, 4]);
  });

  it("survives overlapping writes of the same file", async () => {
    const path = join(await folderWith({}), "x.txt");
    const contents = Array.from({ length: 7 }, (_, i) => `${i}`.repeat(10_007));
    await Promise.all(contents.map((content) => writeAtomic(path, content)));
    expect(contents).toContain(await readFile(path, "utf8"));
  });

  it("removes its temporary file when it fails", async () => {
    const folder = await folderWith({});
    await mkdir(join(folder, "taken"));
    await expect(writeAtomic(join(folder, "taken"), "x")).rejects.toThrow();
    expect(await readdir(folder)).toEqual(["taken"]);
  });
});

describe("reading a file", () => {
  it("drops the byte order mark", async () => {
    expect(await readText(await fileWith("x.txt", "\uFEFF问"), "a text")).toBe("问");
  });

  it("names the file and what it was wanted for when it is missing", async () => {
    const error = await readText("no/such.txt", "class names").catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toMatch(/no\/such\.txt: cannot read class names: .*ENOENT/);
  });

  it("refuses a file of another encoding instead of reading garbage", async () => {
    const gbk = Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3); // 你好 in GBK
    await expect(readText(await fileWith("x.csv", gbk), "classes")).rejects.toThrow(
      /x\.csv: cannot read classes: .*UTF-8/,
    );
  });

  it("reads JSON", async () => {
    expect(await readJson(await fileWith("x.json", '{"a": [1]}'), "a list")).toEqual({ a: [1] });
  });

  it.each([
    ['{\n"a": [1,\n]\n}\n\n', 3],
    ['{\n"a": x\n}', 2],
    ['{\n"a": "b\n"}', 2],
    ['{"a": 1}\nrest\n', 2],
    ['{\n"a": [\n1\n', 4],
  ])("names the line of a fault of syntax: %j", (text, line) => {
    expect(() => parseJson(text, "f.json", "the list")).toThrow(
      new RegExp(`^f\\.json:${line}: the list is not JSON: `),
    );
  });
});
