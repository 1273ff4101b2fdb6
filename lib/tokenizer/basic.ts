/** BERT's basic tokenization: text to normalized words, equal to Hugging Face's on every Unicode character. */
import { chinese, dropped, marks, unknown, words } from "./unicode.ts";

export interface BasicOptions {
  /** Control characters go, every white space is a space. */
  readonly cleanText: boolean;
  /** Chinese characters are words of their own. */
  readonly chineseChars: boolean;
  /** é is e. */
  readonly stripAccents: boolean;
  readonly lowercase: boolean;
}

/*
 * The library's own BertNormalizer and BertPreTokenizer are not used. They miss Chinese characters outside the basic
 * plane, turn a final capital sigma into ς where Hugging Face gives σ, and classify characters by the Unicode version
 * of the JavaScript engine instead of Hugging Face's.
 */

/** The text as its words are looked up in the vocabulary. */
export function normalize(text: string, options: BasicOptions): string {
  let out = text;
  if (/^[\x20-\x7e]*$/.test(text)) return options.lowercase ? text.toLowerCase() : text;
  if (options.cleanText) out = out.replace(dropped, "").replace(/\p{White_Space}/gu, " ");
  if (options.chineseChars) out = out.replace(chinese, " $& ");
  if (options.stripAccents) out = stripAccents(out);
  if (options.lowercase) out = out.replace(/Σ/g, "σ").toLowerCase(); // elsewhere lower case depends on no neighbour
  return out;
}

/** The words of a normalized text: cut at white space, and before and after every punctuation character. */
export function splitWords(normalized: string): string[] {
  return normalized.match(words) ?? [];
}

function stripAccents(text: string): string {
  return text
    .split(unknown)
    .map((part, i) => (i % 2 === 1 ? part : part.normalize("NFD").replace(marks, "")))
    .join("");
}
