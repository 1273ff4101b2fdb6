/** Google's form of a BERT tokenizer, a vocab.txt with one token a line, turned into Hugging Face's tokenizer.json. */
import type { BasicOptions } from "./basic.ts";

/** The part of a tokenizer.json that the kit reads and writes; other fields pass through unread. */
export interface TokenizerJson {
  added_tokens: { id: number; content: string; special?: boolean; normalized?: boolean; single_word?: boolean }[];
  normalizer: { type: string; [option: string]: unknown } | null;
  pre_tokenizer: { type: string; [option: string]: unknown } | null;
  model: { type: string; vocab: Record<string, number>; [option: string]: unknown };
  [field: string]: unknown;
}

/** What a tokenizer_config.json holds. */
export type TokenizerConfig = Readonly<Record<string, unknown>>;

/** Names of the five special tokens. */
export interface SpecialNames {
  readonly pad: string;
  readonly unk: string;
  readonly cls: string;
  readonly sep: string;
  readonly mask: string;
}

const bertSpecials: SpecialNames = {
  pad: "[PAD]",
  unk: "[UNK]",
  cls: "[CLS]",
  sep: "[SEP]",
  mask: "[MASK]",
};

/** The names that a tokenizer_config.json gives the special tokens, as strings or as `{content}`; else BERT's. */
export function specialNames(config: TokenizerConfig): SpecialNames {
  const name = (key: keyof SpecialNames): string => {
    const given = config[`${key}_token`];
    if (typeof given === "string") return given;
    const content = (given as { content?: unknown } | null | undefined)?.content;
    return typeof content === "string" ? content : bertSpecials[key];
  };
  return { pad: name("pad"), unk: name("unk"), cls: name("cls"), sep: name("sep"), mask: name("mask") };
}

/** The lines of a vocab.txt: token i on line i. A character such as U+2028 is a token, not an end of line. */
export function parseVocab(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/**
 * Whether a vocabulary is of lower case: no entry has an upper-case letter.
 * Entries such as [UNK], [unused7] and <S> (in Google's Chinese vocabulary) do not count.
 */
export function isLowercase(vocab: readonly string[]): boolean {
  return !vocab.some((token) => /\p{Lu}/u.test(token) && !/^(\[.+\]|<.+>)$/u.test(token));
}

/** A tokenizer.json for a vocabulary, the same as Hugging Face's BertTokenizer makes. */
export function tokenizerJson(vocab: readonly string[], lowercase: boolean, names: SpecialNames): TokenizerJson {
  const ids = Object.create(null) as Record<string, number>; // a token may be called __proto__
  for (const [id, token] of vocab.entries()) ids[token] = id;
  const special = (id: string, type: number) => ({ SpecialToken: { id, type_id: type } });
  const sequence = (id: string, type: number) => ({ Sequence: { id, type_id: type } });
  const template = (token: string) => [token, { id: token, ids: [ids[token]], tokens: [token] }];
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: Object.values<string>({ ...names })
      .filter((token) => ids[token] !== undefined)
      .map((content) => ({
        id: ids[content] as number,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null, // as lowercase
      lowercase,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special(names.cls, 0), sequence("A", 0), special(names.sep, 0)],
      pair: [
        ...[special(names.cls, 0), sequence("A", 0), special(names.sep, 0)],
        ...[sequence("B", 1), special(names.sep, 1)],
      ],
      special_tokens: Object.fromEntries([template(names.cls), template(names.sep)]),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: names.unk,
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: ids,
    },
  };
}

/** The options of a `normalizer` in a tokenizer.json. Accents follow case where they are not spoken of. */
export function basicOptions(normalizer: { readonly [option: string]: unknown }): BasicOptions {
  const lowercase = normalizer.lowercase !== false;
  return {
    cleanText: normalizer.clean_text !== false,
    chineseChars: normalizer.handle_chinese_chars !== false,
    stripAccents: typeof normalizer.strip_accents === "boolean" ? normalizer.strip_accents : lowercase,
    lowercase,
  };
}
