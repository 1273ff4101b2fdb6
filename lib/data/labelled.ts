/** Classes as a flat list of texts with a label for each: what measures and pictures of vectors take. */
import type { ClassTexts } from "./types.ts";

export interface LabelledTexts {
  readonly texts: readonly string[];
  /** The class of each text. */
  readonly labels: readonly string[];
}

/** The texts of all classes, class by class. */
export function labelled(classes: ClassTexts): LabelledTexts {
  const all = Object.entries(classes).flatMap(([label, own]) => own.map((text) => ({ label, text })));
  return { texts: all.map(({ text }) => text), labels: all.map(({ label }) => label) };
}
