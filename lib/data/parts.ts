/** The three parts of a set: asking for one, and the check that no class stands in two. */
import { InputError, list } from "../core/errors.ts";
import type { ClassTexts, IntentSet, Part } from "./types.ts";

/** The parts in the order of use. */
export const PARTS: readonly Part[] = ["train", "dev", "test"];

/** The names of each part's classes, as records keep them. */
export function classNames(set: Pick<IntentSet, Part>): Record<Part, string[]> {
  return { train: Object.keys(set.train), dev: Object.keys(set.dev), test: Object.keys(set.test) };
}

/** The classes of a part; an InputError when it has none. `purpose` says who asks, such as "evaluation". */
export function requirePart(set: IntentSet, part: Part, purpose: string): ClassTexts {
  if (Object.keys(set[part]).length > 0) return set[part];
  const sizes = PARTS.map((name) => `${name} ${Object.keys(set[name]).length}`).join(", ");
  throw new InputError(
    `${set.source}: ${purpose} needs classes in the part ${part}, which is empty (${sizes} classes)`,
  );
}

/**
 * Throws an InputError when a class stands in two parts: a score on classes seen in training is no few-shot score.
 * Called before training and evaluation, also of sets that were made by hand.
 */
export function checkDisjoint(set: Pick<IntentSet, "source" | Part>): void {
  for (const [i, a] of PARTS.entries()) {
    for (const b of PARTS.slice(i + 1)) {
      const both = Object.keys(set[a]).filter((name) => Object.hasOwn(set[b], name));
      if (both.length === 0) continue;
      const names = list(both.map((name) => `'${name}'`));
      throw new InputError(
        `${set.source}: ${both.length === 1 ? "class" : "classes"} ${names} in ${a} and in ${b}; ` +
          "the parts of a split have no class in common",
      );
    }
  }
}
