/** Checks of classes read from a file: every text a text, none twice; what is odd but usable becomes a warning. */
import { count, InputError } from "../core/errors.ts";
import { kind, type RawClasses } from "./raw.ts";
import type { ClassTexts } from "./types.ts";

export interface CheckOptions {
  /** Texts that stand twice in a class, or under two classes, are an error. Default false: a warning. */
  strict?: boolean;
}

export interface CheckedClasses {
  readonly classes: ClassTexts;
  readonly warnings: readonly string[];
}

/**
 * Classes with their texts trimmed; of a text that stands twice in a class the second is dropped, so that a support
 * can never equal its query. An InputError names file, line and class of a text that is none.
 */
export function checkClasses(raw: RawClasses, options: CheckOptions = {}): CheckedClasses {
  const { file } = raw;
  const entries: [string, string[]][] = [];
  let repeated = 0;
  let example = "";
  for (const [name, items] of raw.texts) {
    if (name === "") throw new InputError(`${file}:${raw.line(name)}: a class has an empty name`);
    if (items.length === 0) throw new InputError(`${file}:${raw.line(name)}: class '${name}' has no texts`);
    const texts = new Set<string>();
    for (const [i, item] of items.entries()) {
      const wrong = typeof item !== "string" ? `is ${kind(item)}, wanted a string` : item.trim() === "" && "is blank";
      if (wrong) throw new InputError(`${file}:${raw.line(name, i)}: class '${name}': text ${i + 1} ${wrong}`);
      const text = String(item).trim();
      if (!texts.has(text)) {
        texts.add(text);
      } else if (options.strict) {
        throw new InputError(`${file}:${raw.line(name, i)}: class '${name}': ${quote(text)} stands twice in it`);
      } else {
        if (repeated === 0) example = `${quote(text)} in class '${name}' (line ${raw.line(name, i)})`;
        repeated++;
      }
    }
    entries.push([name, [...texts]]);
  }
  if (entries.length === 0) throw new InputError(`${file}: has no classes`);
  const warnings =
    repeated === 0
      ? []
      : [`${file}: ${count(repeated, "repeated text")} inside a class left out, the first ${example}`];
  return { classes: Object.fromEntries(entries), warnings }; // fromEntries: `__proto__` is a name like others
}

/** Classes under the name of where they stand, such as their part. */
export type Groups = readonly (readonly [where: string, classes: ClassTexts])[];

/** Warnings about texts that stand under two classes, or under a class and out of scope. `source` is for messages. */
export function sharedTexts(
  source: string,
  groups: Groups,
  other: readonly string[],
  options: CheckOptions = {},
): string[] {
  const home = new Map<string, string>();
  const shared = new Map<string, string>();
  for (const [where, classes] of groups) {
    for (const [name, texts] of Object.entries(classes)) {
      const here = where === "" ? `'${name}'` : `'${name}' (${where})`;
      for (const text of texts) {
        const before = home.get(text);
        if (before === undefined) home.set(text, here);
        else if (!shared.has(text)) shared.set(text, `${before} and ${here}`);
      }
    }
  }
  const warnings: string[] = [];
  const [first] = shared;
  if (first !== undefined) {
    const example = `the first ${quote(first[0])} under ${first[1]}`;
    warnings.push(`${source}: ${stand(shared.size)} under more than one class, ${example}`);
  }
  const both = other.filter((text) => home.has(text));
  const [text] = both;
  if (text !== undefined) {
    const example = `the first ${quote(text)} under ${home.get(text)}`;
    warnings.push(`${source}: ${stand(both.length)} out of scope and under a class, ${example}`);
  }
  if (options.strict && warnings[0] !== undefined) throw new InputError(warnings[0]);
  return warnings;
}

function stand(n: number): string {
  return `${count(n, "text")} ${n === 1 ? "stands" : "stand"}`;
}

/** A text in quotes, cut to 40 characters, for messages. */
export function quote(text: string): string {
  const characters = [...text];
  return `"${characters.length > 40 ? `${characters.slice(0, 39).join("")}…` : text}"`;
}
