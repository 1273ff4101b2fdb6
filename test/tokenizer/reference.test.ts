/** Ids equal those of Hugging Face's BertTokenizerFast; test/reference/tokenizer.py made the expected ones. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BasicOptions, normalize, splitWords } from "../../lib/tokenizer/basic.ts";
import { loadTokenizer } from "../../lib/tokenizer/load.ts";
import type { Tokenizer } from "../../lib/tokenizer/types.ts";

const fixtures = "test/fixtures/tokenizer";
const read = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;
const texts = read<{
  hard: string[];
  english: string[];
  chinese: string[];
  commonvoice: string[];
  pairs: [string, string, number][];
}>(join(fixtures, "texts.json"));
const all = [...texts.hard, ...texts.english, ...texts.chinese, ...texts.commonvoice];
const expected = read<{
  sets: { folder: string; config: Record<string, boolean> | null; texts: string; maxLength: number; ids: number[][] }[];
  pairs: { folder: string; encodings: { ids: number[]; typeIds: number[] }[] };
}>(join(fixtures, "expected.json"));

const sha = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex").slice(0, 16);

/** The tokenizer of a fixture folder, with the options of a tokenizer_config.json put beside it. */
async function load(folder: string, config: Record<string, boolean> | null): Promise<Tokenizer> {
  if (config === null) return loadTokenizer(join(fixtures, folder));
  const copy = await mkdtemp(join(tmpdir(), "tokenizer-"));
  try {
    await cp(join(fixtures, folder), copy, { recursive: true });
    await writeFile(join(copy, "tokenizer_config.json"), JSON.stringify(config));
    return await loadTokenizer(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
}

describe("ids equal Hugging Face's", () => {
  for (const set of expected.sets) {
    const options = set.config === null ? "as the folder says" : JSON.stringify(set.config);
    it(`on ${set.ids.length} texts with the vocabulary ${set.folder}, ${options}`, async () => {
      const tokenizer = await load(set.folder, set.config);
      const chosen = set.texts === "all" ? all : texts.hard;
      expect(set.ids.length).toBe(chosen.length);
      for (const [i, text] of chosen.entries()) {
        const { ids, typeIds } = tokenizer.encode(text, { maxLength: set.maxLength });
        expect({ text, ids: [...ids] }).toEqual({ text, ids: set.ids[i] });
        expect(typeIds).toEqual(new Int32Array(ids.length));
      }
    });
  }

  it(`on ${texts.pairs.length} pairs, cut from the longer text first`, async () => {
    const tokenizer = await load(expected.pairs.folder, null);
    for (const [i, [a, b, maxLength]] of texts.pairs.entries()) {
      const { ids, typeIds } = tokenizer.encode(a, { pair: b, maxLength });
      expect({ a, b, ids: [...ids], typeIds: [...typeIds] }).toEqual({ a, b, ...expected.pairs.encodings[i] });
    }
  });
});

describe("basic tokenization equals Hugging Face's on every character of Unicode 14", () => {
  const { ranges, blocks } = read<{ ranges: [number, number][]; blocks: Record<string, Record<string, string>> }>(
    join(fixtures, "codepoints.json"),
  );
  const members = new Map<string, string[]>();
  for (const [from, to] of ranges) {
    for (let c = from; c <= to; c++) {
      const block = (c & ~0xfff).toString(16);
      if (!members.has(block)) members.set(block, []);
      members.get(block)?.push(`a${String.fromCodePoint(c)}b`);
    }
  }
  const basic = (lowercase: boolean, stripAccents: boolean): BasicOptions => ({
    cleanText: true,
    chineseChars: true,
    lowercase,
    stripAccents,
  });
  const functions: Record<string, (text: string) => string> = {
    lower: (text) => normalize(text, basic(true, true)),
    cased: (text) => normalize(text, basic(false, false)),
    lowerKeepAccents: (text) => normalize(text, basic(true, false)),
    casedStripAccents: (text) => normalize(text, basic(false, true)),
    words: (text) => splitWords(text).join("\t"),
  };
  for (const [name, apply] of Object.entries(functions)) {
    it(name === "words" ? "cut into words" : `normalized: ${name}`, () => {
      const different = Object.entries(blocks).filter(
        ([block, digests]) => sha((members.get(block) ?? []).map(apply).join("\n")) !== digests[name],
      );
      expect(different.map(([block]) => `a character from U+${block} on`)).toEqual([]);
    });
  }
});

describe("ids equal Hugging Face's on tens of thousands of texts", () => {
  const data = process.env.FEWSHOT_DATA ?? "../shared/datasets";
  const digests = read<{
    maxLength: number;
    sets: { vocabulary: string; files: string[]; count: number; texts: string; ids: string[] }[];
  }>(join(fixtures, "digests.json"));
  for (const set of digests.sets) {
    const encoder = process.env.FEWSHOT_ENCODER ?? "";
    const folder = set.vocabulary === "minilm" ? encoder : join(fixtures, set.vocabulary);
    const present = existsSync(join(folder, "config.json")) || set.vocabulary !== "minilm";
    const skip = !present || set.files.some((file) => !existsSync(join(data, file)));
    const needs = `${set.vocabulary === "minilm" ? "$FEWSHOT_ENCODER, all-MiniLM-L6-v2, and " : ""}the data sets`;
    it.skipIf(skip)(`${set.vocabulary}: ${set.count} texts of ${set.files.join(", ")} (needs ${needs})`, async () => {
      const every = set.files.flatMap((file) => Object.values(read<Record<string, string[]>>(join(data, file))).flat());
      expect([every.length, sha(every.join("\n"))], "the data sets are not those of the fixture").toEqual([
        set.count,
        set.texts,
      ]);
      const tokenizer = await loadTokenizer(folder);
      const found: string[] = [];
      for (let start = 0; start < every.length; start += 1000) {
        const rows = every.slice(start, start + 1000).map((text) => {
          const { ids } = tokenizer.encode(text, { maxLength: digests.maxLength });
          return Int32Array.of(ids.length, ...ids);
        });
        found.push(sha(Buffer.concat(rows.map((row) => new Uint8Array(row.buffer)))));
      }
      expect(found).toEqual(set.ids);
    });
  }
});
