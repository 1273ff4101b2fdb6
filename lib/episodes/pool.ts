/** From classes to the flat pool that episodes index. */
import type { ClassTexts } from "../data/types.ts";
import type { TextPool } from "./types.ts";

/**
 * The pool of a part: its texts class by class, then `other`, the texts of no class. A text that repeats inside a
 * class is taken once; a text under two classes stands twice.
 */
export function poolOf(classes: ClassTexts, other: readonly string[] = []): TextPool {
  const texts: string[] = [];
  const add = (items: readonly string[]): number[] =>
    [...new Set(items)].map((text) => {
      texts.push(text);
      return texts.length - 1;
    });
  const names: string[] = [];
  const members: number[][] = [];
  for (const [name, items] of Object.entries(classes)) {
    names.push(name);
    members.push(add(items));
  }
  const pool = { classes: names, texts, members };
  return other.length > 0 ? { ...pool, other: add(other) } : pool;
}

/**
 * The classes of texts that stand under two classes or more (-1 for texts of no class), by text: whoever draws must
 * not give such a text one label when it could have another.
 */
export function textsUnderTwo(pool: TextPool): ReadonlyMap<string, readonly number[]> {
  const home = new Map<string, number>();
  const shared = new Map<string, number[]>();
  const see = (text: string, c: number): void => {
    const before = home.get(text);
    if (before === undefined) home.set(text, c);
    else if (before !== c) {
      const classes = shared.get(text) ?? [before];
      if (!classes.includes(c)) classes.push(c);
      shared.set(text, classes);
    }
  };
  for (const [c, indices] of pool.members.entries()) for (const i of indices) see(pool.texts[i]!, c);
  for (const i of pool.other ?? []) see(pool.texts[i]!, -1);
  return shared;
}

/** The indices of which the texts differ, the first of equal ones. */
export function distinct(pool: TextPool, indices: readonly number[]): number[] {
  const seen = new Set<string>();
  return indices.filter((i) => {
    const text = pool.texts[i]!;
    if (seen.has(text)) return false;
    seen.add(text);
    return true;
  });
}
