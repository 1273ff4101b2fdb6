/** A tokenizer from the contents of tokenizer.json and tokenizer_config.json. */
import { InputError, list } from "../core/errors.ts";
import type { BasicOptions } from "./basic.ts";
import { truncatedPair } from "./truncate.ts";
import type { Encoding, SpecialIds, Tokenizer } from "./types.ts";
import {
  basicOptions,
  type SpecialNames,
  specialNames,
  type TokenizerConfig,
  type TokenizerJson,
} from "./vocabulary.ts";
import { type Library, pieceIds } from "./wordpiece.ts";

/**
 * Makes a tokenizer. `where` names its origin in messages.
 * The library is imported here and not at the top, because that takes a quarter of a second.
 */
export async function createTokenizer(json: TokenizerJson, config: TokenizerConfig, where: string): Promise<Tokenizer> {
  const names = specialNames(config);
  const { json: effective, basic } = withConfig(json, config);
  const ids = specialIds(effective, names, where);
  const { BertTokenizer } = await import("@xenova/transformers");
  const plainConfig = { ...config, ...tokenizerConfig(basic, names) };
  const library: Library = new BertTokenizer(effective, plainConfig)._tokenizer;
  const toIds = pieceIds(library, effective, basic, ids.unk, where);
  const tokenOf = tokensById(effective);
  return {
    vocabSize: tokenOf.length,
    ids,
    encode(text, { maxLength = 32, pair } = {}) {
      const special = pair === undefined ? 2 : 3;
      if (!(Number.isInteger(maxLength) && maxLength >= special))
        throw new InputError(`encode: maxLength is ${maxLength}; wanted a whole number, ${special} or more`);
      const room = maxLength - special;
      if (pair === undefined) return single(toIds(text, room).slice(0, room), ids);
      return double(...truncatedPair(toIds(text), toIds(pair), room), ids);
    },
    tokens: (text) => toIds(text).map((id) => tokenOf[id] as string),
    decode: (given) => (given.length === 0 ? "" : library.decode(Array.from(given), { skip_special_tokens: true })),
    files: () => ({
      "tokenizer.json": JSON.stringify(effective),
      "tokenizer_config.json": `${JSON.stringify(plainConfig, null, 2)}\n`,
      "vocab.txt": `${tokenOf.join("\n")}\n`,
    }),
  };
}

function single(a: readonly number[], { cls, sep }: SpecialIds): Encoding {
  return { ids: Int32Array.of(cls, ...a, sep), typeIds: new Int32Array(a.length + 2) };
}

function double(a: readonly number[], b: readonly number[], { cls, sep }: SpecialIds): Encoding {
  const ids = Int32Array.of(cls, ...a, sep, ...b, sep);
  return { ids, typeIds: new Int32Array(ids.length).fill(1, a.length + 2) };
}

/** What tokenizer_config.json says of case, accents and Chinese goes before tokenizer.json, as in Hugging Face. */
function withConfig(json: TokenizerJson, config: TokenizerConfig): { json: TokenizerJson; basic: BasicOptions | null } {
  if (json.normalizer?.type !== "BertNormalizer" || json.pre_tokenizer?.type !== "BertPreTokenizer")
    return { json, basic: null };
  const option = (key: string, name: string) => (key in config ? { [name]: config[key] } : {});
  const normalizer = {
    ...json.normalizer,
    ...option("do_lower_case", "lowercase"),
    ...option("strip_accents", "strip_accents"),
    ...option("tokenize_chinese_chars", "handle_chinese_chars"),
  };
  const basic = basicOptions(normalizer);
  return { json: { ...json, normalizer: { ...normalizer, strip_accents: basic.stripAccents } }, basic };
}

function tokenizerConfig(basic: BasicOptions | null, names: SpecialNames): Record<string, unknown> {
  const tokens = Object.fromEntries(Object.entries(names).map(([key, token]) => [`${key}_token`, token]));
  if (basic === null) return tokens;
  return {
    tokenizer_class: "BertTokenizer",
    do_lower_case: basic.lowercase,
    strip_accents: basic.stripAccents,
    tokenize_chinese_chars: basic.chineseChars,
    ...tokens,
  };
}

function specialIds(json: TokenizerJson, names: SpecialNames, where: string): SpecialIds {
  const added = new Map(json.added_tokens.map((token) => [token.content, token.id]));
  const id = (token: string): number => added.get(token) ?? json.model.vocab[token] ?? -1;
  const missing = Object.values<string>({ ...names }).filter((token) => id(token) < 0);
  if (missing.length > 0) {
    throw new InputError(
      `${where}: the vocabulary has no ${list(missing)}; a BERT tokenizer needs ${list(Object.values({ ...names }))}`,
    );
  }
  return { pad: id(names.pad), unk: id(names.unk), cls: id(names.cls), sep: id(names.sep), mask: id(names.mask) };
}

/** Tokens by id. A number that no token has gets a name that no text contains. */
function tokensById(json: TokenizerJson): string[] {
  const tokens: string[] = [];
  for (const [token, id] of Object.entries(json.model.vocab)) tokens[id] = token;
  for (const { id, content } of json.added_tokens) tokens[id] = content;
  return Array.from(tokens, (token, id) => token ?? `[no token ${id}]`);
}
