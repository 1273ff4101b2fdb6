/** Loading a tokenizer from a folder, what it says of wrong folders, and saving it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { loadTokenizer } from "../../lib/tokenizer/load.ts";
import type { Tokenizer } from "../../lib/tokenizer/types.ts";
import { isLowercase, parseVocab } from "../../lib/tokenizer/vocabulary.ts";

const fixtures = "test/fixtures/tokenizer";
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "tokenizer-"));
});
afterAll(() => rm(root, { recursive: true }));

/** A new folder with the given files. */
async function folder(files: Record<string, unknown>): Promise<string> {
  const path = await mkdtemp(join(root, "model-"));
  for (const [name, content] of Object.entries(files))
    await writeFile(join(path, name), typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

const vocab = [
  "[PAD]",
  "[unused1]",
  "[UNK]",
  "[CLS]",
  "[SEP]",
  "[MASK]",
  "<S>",
  "i",
  "##s",
  "rain",
  "é",
  "e",
  "雨",
  "!",
];
const vocabText = `${vocab.join("\n")}\n`;

/** Message of the InputError that loading ends with. */
async function failure(files: Record<string, unknown>): Promise<string> {
  const error: unknown = await loadTokenizer(await folder(files)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InputError);
  return (error as Error).message;
}

describe("a folder with vocab.txt alone", () => {
  let tokenizer: Tokenizer;
  beforeAll(async () => {
    tokenizer = await loadTokenizer(await folder({ "vocab.txt": vocabText, "config.json": { model_type: "bert" } }));
  });

  it("has the ids of the lines", () => {
    expect(tokenizer.vocabSize).toBe(14);
    expect(tokenizer.ids).toEqual({ pad: 0, unk: 2, cls: 3, sep: 4, mask: 5 });
  });

  it("is of lower case, accents stripped, when no entry has an upper-case letter but the bracketed ones", () => {
    expect(tokenizer.tokens("Rain IS é雨雨!")).toEqual(["rain", "i", "##s", "e", "雨", "雨", "!"]);
  });

  it("is of both cases when one entry has an upper-case letter", async () => {
    const cased = await loadTokenizer(await folder({ "vocab.txt": `${vocabText}Rain\n` }));
    expect(cased.tokens("Rain rain RAIN é")).toEqual(["Rain", "rain", "[UNK]", "é"]);
  });

  it("follows tokenizer_config.json where that speaks, accents with case", async () => {
    const config = { do_lower_case: true, tokenize_chinese_chars: false };
    const told = await loadTokenizer(
      await folder({ "vocab.txt": `${vocabText}Rain\n`, "tokenizer_config.json": config }),
    );
    expect(told.tokens("Rain É 雨 雨雨")).toEqual(["rain", "e", "雨", "[UNK]"]);
  });

  it("may name its special tokens otherwise", async () => {
    const names = ["<pad>", "<unk>", "<s>", "</s>", "<mask>", "rain"];
    const config = { pad_token: "<pad>", unk_token: "<unk>", cls_token: { content: "<s>" }, sep_token: "</s>" };
    const other = await loadTokenizer(
      await folder({ "vocab.txt": names.join("\r\n"), "tokenizer_config.json": { ...config, mask_token: "<mask>" } }),
    );
    expect([...other.encode("rain <mask> [MASK]").ids]).toEqual([2, 5, 4, 1, 1, 1, 3]);
  });
});

describe("encode", () => {
  it("keeps [CLS] and [SEP] at every length", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "zh"));
    const { cls, sep } = tokenizer.ids;
    const text = "明天早上七点半从北京南站出发";
    const whole = tokenizer.encode(text, { maxLength: 101 }).ids;
    expect(whole.length).toBe(16);
    for (let maxLength = 2; maxLength < 19; maxLength++) {
      const { ids } = tokenizer.encode(text, { maxLength });
      expect([...ids]).toEqual([cls, ...whole.slice(1, Math.min(maxLength, 16) - 1), sep]);
    }
  });

  it("cuts at 32 tokens unless told otherwise", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "zh"));
    expect(tokenizer.encode("一".repeat(53)).ids.length).toBe(32);
  });

  it("gives the same ids however often it is asked", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "en"));
    const first = tokenizer.encode("Book a table, please!");
    expect(tokenizer.encode("Book a table, please!")).toEqual(first);
  });

  it("refuses a length without room for the special tokens", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "en"));
    expect(() => tokenizer.encode("a", { maxLength: 1 })).toThrow(
      "encode: maxLength is 1; wanted a whole number, 2 or more",
    );
    expect(() => tokenizer.encode("a", { maxLength: 2, pair: "b" })).toThrow(
      "maxLength is 2; wanted a whole number, 3",
    );
    expect(() => tokenizer.encode("a", { maxLength: 7.5 })).toThrow(InputError);
  });
});

describe("decode", () => {
  it("joins the pieces of words and leaves special tokens out", async () => {
    const tokenizer = await loadTokenizer(join(fixtures, "en"));
    expect(tokenizer.decode(tokenizer.encode("unaffable  people,").ids)).toBe("unaffable people,");
    expect(tokenizer.decode(new Int32Array(0))).toBe("");
  });
});

describe("a tokenizer saved by files()", () => {
  it.each(["en", "zh", "cased", "added"])("gives the same ids when loaded again: %s", async (name) => {
    const tokenizer = await loadTokenizer(join(fixtures, name));
    const files = tokenizer.files();
    const again = await loadTokenizer(await folder(files));
    const { hard, chinese } = JSON.parse(await readFile(join(fixtures, "texts.json"), "utf8")) as Record<
      string,
      string[]
    >;
    for (const text of [...(hard ?? []), ...(chinese ?? [])])
      expect(again.encode(text, { maxLength: 101 })).toEqual(tokenizer.encode(text, { maxLength: 101 }));
    expect(JSON.stringify(again.files()) === JSON.stringify(files), "the files change").toBe(true);
  });

  it("has the vocabulary it was loaded from in vocab.txt", async () => {
    const text = await readFile(join(fixtures, "zh", "vocab.txt"), "utf8");
    expect((await loadTokenizer(join(fixtures, "zh"))).files()["vocab.txt"]).toBe(text);
  });
});

describe("a tokenizer.json of another make", () => {
  it("is left to the library when its normalizer is not BERT's", async () => {
    const json = JSON.parse((await loadTokenizer(join(fixtures, "en"))).files()["tokenizer.json"]) as object;
    const other = { ...json, normalizer: { type: "Lowercase" }, pre_tokenizer: { type: "WhitespaceSplit" } };
    const tokenizer = await loadTokenizer(await folder({ "tokenizer.json": other }));
    expect(tokenizer.tokens("THE x [MASK]the.")).toEqual(["the", "x", "[MASK]", "[UNK]"]);
  });
});

describe("a folder that holds no BERT tokenizer", () => {
  it("is told which files are wanted", async () => {
    expect(await failure({ "config.json": {} })).toMatch(
      /no tokenizer here; wanted tokenizer\.json \(Hugging Face\) or vocab\.txt \(Google\)$/,
    );
  });

  it("is told which special tokens are missing", async () => {
    expect(await failure({ "vocab.txt": "[PAD]\n[UNK]\n[SEP]\nrain\n" })).toMatch(
      /vocab\.txt: the vocabulary has no \[CLS\] and \[MASK\]; a BERT tokenizer needs \[PAD\], \[UNK\]/,
    );
  });

  it("is told that byte-pair encoding is not BERT's", async () => {
    const json = { model: { type: "BPE", vocab: {}, merges: [] } };
    expect(await failure({ "tokenizer.json": json })).toMatch(
      /tokenizer\.json: the model is of type "BPE"; BERT's is "WordPiece"/,
    );
  });

  it("is told where the JSON is broken", async () => {
    expect(await failure({ "tokenizer.json": '{\n"model": }' })).toMatch(
      /tokenizer\.json:2: the tokenizer is not JSON/,
    );
    expect(await failure({ "tokenizer.json": "[]" })).toMatch(/wanted a JSON object/);
  });

  it("is told of a token option that is not supported", async () => {
    const json = JSON.parse((await loadTokenizer(join(fixtures, "en"))).files()["tokenizer.json"]) as {
      added_tokens: object[];
    };
    json.added_tokens.push({ id: 5, content: "cat", single_word: true });
    expect(await failure({ "tokenizer.json": json })).toMatch(
      /token 'cat' is marked single_word, which is not supported/,
    );
  });
});

describe("a vocab.txt", () => {
  it("has a token on each line, whatever ends the lines, U+2028 being none of these ends", () => {
    expect(parseVocab("a\nb\n\u2028\nc\n")).toEqual(["a", "b", "\u2028", "c"]);
    expect(parseVocab("a\r\nb\r\n")).toEqual(["a", "b"]);
    expect(parseVocab("a\n\nb")).toEqual(["a", "", "b"]);
  });

  it("is of lower case in spite of Roman numerals and bracketed names", () => {
    expect(isLowercase(["[UNK]", "[unused3]", "<S>", "Ⅱ", "ⓐ", "##a", "中"])).toBe(true);
    expect(isLowercase(["a", "##É"])).toBe(false);
  });
});
