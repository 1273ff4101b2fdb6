/** Published splits: `splits/NAME/{train,valid,test}.txt` with a class name a line. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { count, InputError, list } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { pick } from "./draw.ts";
import { nearest } from "./known.ts";
import type { ClassTexts, Part } from "./types.ts";

const FILES: readonly (readonly [Part, string])[] = [
  ["train", "train.txt"],
  ["dev", "valid.txt"],
  ["test", "test.txt"],
];

/** The names of the splits of a data folder, sorted; none where it has no folder `splits`. */
export async function splitNames(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(join(folder, "splits"), { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch {
    return [];
  }
}

/** The split to use: the one named, else `01`, else the first. */
export function chooseSplit(folder: string, names: readonly string[], wanted: string | undefined): string {
  if (wanted === undefined) return names.includes("01") ? "01" : names[0]!;
  if (names.includes(wanted)) return wanted;
  const has = names.length > 0 ? `it has ${list(names, 20)}` : "it has no splits";
  throw new InputError(`${folder}: no split '${wanted}'; ${has}, and 'drawn' draws one from a seed`);
}

/** The parts of a split. An InputError names file and line of a class that is unknown or stands in two lists. */
export async function readSplit(
  folder: string,
  split: string,
  classes: ClassTexts,
): Promise<Record<Part, ClassTexts> & { warnings: string[] }> {
  const places = new Map<string, string>();
  const parts = { train: {} as ClassTexts, dev: {} as ClassTexts, test: {} as ClassTexts };
  for (const [part, file] of FILES) {
    const path = join(folder, "splits", split, file);
    const names = new Set<string>();
    for (const [i, line] of (await readText(path, "the class names of a split")).split("\n").entries()) {
      const name = line.trim();
      if (name === "") continue;
      const here = `${path}:${i + 1}`;
      if (!Object.hasOwn(classes, name)) {
        const near = nearest(name, Object.keys(classes));
        const hint = near === undefined ? "" : ` (did you mean '${near}'?)`;
        throw new InputError(`${here}: class '${name}' has no texts in the data${hint}`);
      }
      const before = places.get(name);
      if (before !== undefined) {
        throw new InputError(`${here}: class '${name}' stands in the split before, at ${before}`);
      }
      places.set(name, here);
      names.add(name);
    }
    parts[part] = pick(classes, names);
  }
  const left = Object.keys(classes).filter((name) => !places.has(name));
  const warnings =
    left.length === 0
      ? []
      : [`${folder}: ${count(left.length, "class", "classes")} in no list of split ${split}: ${list(left)}`];
  return { ...parts, warnings };
}
