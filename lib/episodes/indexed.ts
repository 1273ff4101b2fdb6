/** Sentence pairs as indices into their texts, each text once: so every text is encoded once, however many pairs it stands in. */
import type { TextPair } from "../data/types.ts";

export interface IndexedPairs {
  /** The distinct texts, in the order of their first appearance. */
  readonly texts: readonly string[];
  /** For each pair the places of its two texts in `texts`. */
  readonly a: readonly number[];
  readonly b: readonly number[];
}

export function indexedPairs(pairs: readonly Pick<TextPair, "a" | "b">[]): IndexedPairs {
  const place = new Map<string, number>();
  const at = (text: string): number => {
    const known = place.get(text) ?? place.size;
    place.set(text, known);
    return known;
  };
  const both = pairs.map((p) => [at(p.a), at(p.b)] as const);
  return { texts: [...place.keys()], a: both.map(([a]) => a), b: both.map(([, b]) => b) };
}
