/** Text to word piece ids: special tokens found in the text, basic tokenization, then the library's word pieces. */
import { InputError } from "../core/errors.ts";
import { type BasicOptions, normalize, splitWords } from "./basic.ts";
import { runs, runsOrChinese } from "./unicode.ts";
import type { TokenizerJson } from "./vocabulary.ts";

/** What is used of the library's Tokenizer. */
export interface Library {
  readonly model: { encode(words: string[]): string[] } | null;
  token_to_id(token: string): number | undefined;
  tokenize(text: string): string[];
  decode(ids: number[], options: { skip_special_tokens: boolean }): string;
}

/** Most runs remembered, and the longest one that is. */
const remembered = 65536;
const longest = 32;

/**
 * A function from text to ids, without [CLS] and [SEP]; it may stop after `limit` of them.
 * Runs of characters come back often, so each one's ids are remembered. Without `basic` (a tokenizer.json of another
 * make) the library does all the work, in its own way.
 */
export function pieceIds(
  library: Library,
  json: TokenizerJson,
  basic: BasicOptions | null,
  unk: number,
  where: string,
): (text: string, limit?: number) => number[] {
  const { model } = library;
  const idOf = (token: string): number => library.token_to_id(token) ?? unk;
  if (basic === null || model === null) return (text) => library.tokenize(text).map(idOf);
  const single = json.added_tokens.find((token) => token.single_word);
  if (single) throw new InputError(`${where}: token '${single.content}' is marked single_word, which is not supported`);

  const pieces = (normalized: string): number[] => model.encode(splitWords(normalized)).map(idOf);
  const memory = new Map<string, readonly number[]>();
  const recall = (run: string): readonly number[] => {
    const known = memory.get(run);
    if (known) return known;
    const ids = pieces(normalize(run, basic));
    if (memory.size >= remembered) memory.clear();
    if (run.length <= longest) memory.set(run, ids);
    return ids;
  };

  const written = splitter(json, false, (content) => content);
  const normalized = splitter(json, true, (content) => normalize(content, basic));
  const run = basic.chineseChars ? runsOrChinese : runs;
  return (text, limit = Number.POSITIVE_INFINITY) => {
    const ids: number[] = [];
    for (const part of written(text)) {
      if (typeof part === "number") ids.push(part);
      else if (normalized.empty) {
        for (const found of part.match(run) ?? []) {
          if (ids.length >= limit) break;
          ids.push(...recall(found));
        }
      } else {
        for (const inner of normalized(normalize(part, basic)))
          ids.push(...(typeof inner === "number" ? [inner] : pieces(inner)));
      }
    }
    return ids;
  };
}

type Splitter = ((text: string) => (string | number)[]) & { empty: boolean };

/** Cuts added tokens out of a text: the leftmost first, and of two that begin together the longer. */
function splitter(json: TokenizerJson, normalized: boolean, form: (content: string) => string): Splitter {
  const tokens = json.added_tokens.filter((token) => (token.normalized ?? !token.special) === normalized);
  const ids = new Map(tokens.map((token) => [form(token.content), token.id]));
  const escaped = [...ids.keys()]
    .filter((content) => content !== "")
    .sort((a, b) => b.length - a.length)
    .map((content) => content.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.join("|")})`, "u");
  const split = (text: string): (string | number)[] => {
    if (escaped.length === 0 || !pattern.test(text)) return [text];
    return text.split(pattern).map((part, i) => (i % 2 === 1 ? (ids.get(part) as number) : part));
  };
  return Object.assign(split, { empty: escaped.length === 0 });
}
