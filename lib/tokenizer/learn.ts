/**
 * Learns a WordPiece vocabulary from texts, by merging the pair of pieces that stands side by side most often, as Hugging
 * Face's trainer for BERT does (byte-pair merges, Sennrich et al. 2016, with ## before pieces inside a word).
 */
import { InputError } from "../core/errors.ts";
import { normalize, splitWords } from "./basic.ts";

export interface LearnOptions {
  /** Entries of the vocabulary, the five special tokens among them. */
  size: number;
  /** Letters are made lower case and lose their accents. Default true. */
  lowercase?: boolean;
  /** Characters seen less often are left out and become [UNK]. Default 2. */
  minCharacter?: number;
  /** Pairs seen less often are not merged. Default 2. */
  minPair?: number;
}

const SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] as const;

/** A vocabulary in the order of its ids: special tokens, characters by text order, pieces in the order of merging. */
export function learnVocabulary(texts: Iterable<string>, options: LearnOptions): string[] {
  const { size, lowercase = true, minCharacter = 2, minPair = 2 } = options;
  const words = countWords(texts, lowercase);
  const characters = countCharacters(words);
  const alphabet = [...characters]
    .filter(([, n]) => n >= minCharacter)
    .map(([c]) => c)
    .sort(byText);
  const vocabulary = [...SPECIALS, ...alphabet];
  if (vocabulary.length > size) {
    throw new InputError(
      `vocabulary of ${size}: the texts have ${alphabet.length} characters seen ${minCharacter} times or more; wanted at least ${vocabulary.length}`,
    );
  }
  const known = new Set(alphabet);
  const merges = new Merges(
    [...words].map(([word, n]) => ({ pieces: pieces(word), n })).filter((w) => w.pieces.every((p) => known.has(p))),
  );
  while (vocabulary.length < size) {
    const best = merges.best();
    if (!best || best.n < minPair) break;
    const joined = best.left + best.right.slice(2);
    merges.apply(best.left, best.right, joined);
    if (known.has(joined)) continue; // two ways to the same piece
    known.add(joined);
    vocabulary.push(joined);
  }
  return vocabulary;
}

/** h ##e ##l ##l ##o */
function pieces(word: string): string[] {
  return [...word].map((c, i) => (i ? `##${c}` : c));
}

function countWords(texts: Iterable<string>, lowercase: boolean): Map<string, number> {
  const basic = { cleanText: true, chineseChars: true, stripAccents: lowercase, lowercase };
  const words = new Map<string, number>();
  for (const text of texts) {
    for (const word of splitWords(normalize(text, basic))) words.set(word, (words.get(word) ?? 0) + 1);
  }
  return words;
}

function countCharacters(words: ReadonlyMap<string, number>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word, n] of words) for (const p of pieces(word)) counts.set(p, (counts.get(p) ?? 0) + n);
  return counts;
}

interface Word {
  pieces: string[];
  readonly n: number;
}

interface Pair {
  readonly left: string;
  readonly right: string;
  n: number;
  /** Words that hold it, or held it once. */
  readonly words: Set<Word>;
}

/** Counts of neighbouring pieces, kept up to date while pairs are merged. */
class Merges {
  readonly #pairs = new Map<string, Pair>();

  constructor(words: readonly Word[]) {
    for (const word of words) this.#count(word, 1);
  }

  /** The most frequent pair; of equal ones the first by text, so that the result does not depend on the texts' order. */
  best(): Pair | undefined {
    let best: Pair | undefined;
    for (const pair of this.#pairs.values()) {
      if (!best || pair.n > best.n || (pair.n === best.n && before(pair, best))) best = pair;
    }
    return best;
  }

  apply(left: string, right: string, joined: string): void {
    const pair = this.#pairs.get(key(left, right)) as Pair;
    for (const word of [...pair.words]) {
      this.#count(word, -1);
      word.pieces = mergedPieces(word.pieces, left, right, joined);
      this.#count(word, 1);
    }
    this.#pairs.delete(key(left, right));
  }

  #count(word: Word, sign: 1 | -1): void {
    for (let i = 0; i + 1 < word.pieces.length; i++) {
      const [left, right] = [word.pieces[i] as string, word.pieces[i + 1] as string];
      const k = key(left, right);
      let pair = this.#pairs.get(k);
      if (!pair) {
        pair = { left, right, n: 0, words: new Set() };
        this.#pairs.set(k, pair);
      }
      pair.n += sign * word.n;
      if (sign > 0) pair.words.add(word);
      else pair.words.delete(word);
      if (pair.n === 0) this.#pairs.delete(k);
    }
  }
}

function mergedPieces(from: readonly string[], left: string, right: string, joined: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < from.length; i++) {
    if (from[i] === left && from[i + 1] === right) {
      out.push(joined);
      i++;
    } else out.push(from[i] as string);
  }
  return out;
}

function key(left: string, right: string): string {
  return `${left} ${right}`;
}

function before(a: Pair, b: Pair): boolean {
  return a.left === b.left ? a.right < b.right : a.left < b.left;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
