/** The texts that an encoder is adapted on: never those it is tested on. */
import { join } from "node:path";
import { count, InputError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { findData } from "../data/find.ts";
import { KNOWN_SETS } from "../data/known.ts";
import type { ClassTexts, IntentSet } from "../data/types.ts";
import { readCorpus } from "../pretrain/corpus.ts";

/** File of unlabelled texts in the folder of a public set. */
const UNLABELLED = "unlabeled.txt";

/** Texts by name; none where a public set is not here. */
export interface DomainTexts {
  readonly name: string;
  /** In the tables. */
  readonly label: string;
  readonly texts: readonly string[] | undefined;
}

/** The texts of a set's train classes, without their labels, and those of dev classes to measure perplexity on. */
export function taskTexts(set: IntentSet): { train: DomainTexts; heldOut: readonly string[] } {
  const kept = without(textsOf(set.train), [set.dev, set.test]);
  const heldOut = without(textsOf(set.dev), [set.train, set.test]);
  return {
    train: { name: "train classes", label: `${count(kept.length, "text")} of train classes`, texts: kept },
    heldOut,
  };
}

/**
 * Texts of a file with one a line, or the unlabelled ones of a public set, in an order that the seed fixes; what stands in a
 * dev or test class of `set` is left out. No texts where the public set is not here; an InputError for a file that is missing.
 */
export async function unlabelledTexts(name: string, set: IntentSet, seed: number): Promise<DomainTexts> {
  const known = KNOWN_SETS.get(name);
  const found = await findData(name, known?.kind ?? "intents").catch((error: unknown) => {
    if (known && error instanceof InputError) return undefined;
    throw error;
  });
  if (!found) return { name, label: `unlabelled texts of ${name} (not here: ${known?.origin})`, texts: undefined };
  const file = found.folder ? join(found.path, UNLABELLED) : found.path;
  const { train } = await readCorpus([file], random(seed), { heldOut: 0 });
  const texts = without(train, [set.dev, set.test]);
  return { name, label: `${count(texts.length, "unlabelled text")} of ${name}`, texts };
}

function textsOf(classes: ClassTexts): string[] {
  return [...new Set(Object.values(classes).flat())];
}

function without(texts: readonly string[], parts: readonly ClassTexts[]): string[] {
  const left = new Set(parts.flatMap(textsOf));
  return texts.filter((text) => !left.has(text));
}
