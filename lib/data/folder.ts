/** Folders of data files: a file for each part, or all classes in `data` with lists of splits. */
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import { InputError, list } from "../core/errors.ts";
import { type CheckedClasses, type CheckOptions, checkClasses } from "./check.ts";
import { type DrawOptions, drawSplit } from "./draw.ts";
import { chooseSplit, readSplit, splitNames } from "./lists.ts";
import { PARTS } from "./parts.ts";
import { CLASS_FILES, type RawClasses, readRaw, readRawTexts } from "./raw.ts";
import type { Columns } from "./table.ts";
import type { ClassTexts, IntentSet, Part } from "./types.ts";

export interface FolderOptions extends CheckOptions, Columns, DrawOptions {
  /** Name of a published split, or `drawn`. Default `01`, else the first, else drawn. */
  split?: string;
}

/** What a folder or file gives: a set without its name and source. */
export type Loaded = Omit<IntentSet, "name" | "source">;

type Role = Part | "other" | "all";

/** File names, without their extension, and what they hold. */
const ROLES: Readonly<Record<string, Role>> = {
  train: "train",
  dev: "dev",
  valid: "dev",
  validation: "dev",
  test: "test",
  other: "other",
  oos: "other",
  data: "all",
  train_data: "train",
  dev_data: "dev",
  test_data: "test",
};

/** Reads a folder of data. */
export async function loadFolder(folder: string, options: FolderOptions = {}): Promise<Loaded> {
  const { files, names } = await filesByRole(folder);
  const all = files.get("all");
  const parts = PARTS.filter((part) => files.has(part));
  if (all === undefined && parts.length === 0) {
    const found = names.length > 0 ? `found ${list(names)}` : "it is empty";
    throw new InputError(`${folder}: no train.json, dev.json and test.json, nor data.json; ${found}`);
  }
  if (all !== undefined && parts.length > 0) {
    const both = list(parts.map((part) => String(files.get(part))));
    throw new InputError(`${folder}: has ${all} and also ${both}; the classes are either in one file or in parts`);
  }
  const other = await readOther(files.get("other"), options);
  const loaded = all === undefined ? await loadParts(folder, files, options) : await loadWhole(folder, all, options);
  return { ...loaded, other: other.texts, warnings: [...loaded.warnings, ...other.warnings] };
}

/** Splits the classes of one file by draw; asking for another split is an InputError. */
export function loadDrawn(checked: CheckedClasses, source: string, options: FolderOptions): Loaded {
  if (options.split !== undefined && options.split !== "drawn") chooseSplit(source, [], options.split);
  const drawn = drawSplit(checked.classes, source, options);
  return { ...drawn, other: [], warnings: [...checked.warnings, ...drawn.warnings] };
}

async function loadWhole(folder: string, file: string, options: FolderOptions): Promise<Loaded> {
  const checked = checkClasses(await readRaw(file, options), options);
  const names = await splitNames(folder);
  const draws = options.split === undefined && (options.fractions !== undefined || names.length === 0);
  if (draws || options.split === "drawn") return loadDrawn(checked, folder, options);
  const split = chooseSplit(folder, names, options.split);
  if (options.fractions !== undefined) {
    throw new InputError(`${folder}: split '${split}' and fractions are both given; fractions are for a drawn split`);
  }
  const parts = await readSplit(folder, split, checked.classes);
  return { split, ...parts, other: [], warnings: [...checked.warnings, ...parts.warnings] };
}

async function loadParts(folder: string, files: ReadonlyMap<Role, string>, options: FolderOptions): Promise<Loaded> {
  if (options.split !== undefined || options.fractions !== undefined) {
    const found = list(PARTS.flatMap((part) => files.get(part) ?? []));
    throw new InputError(`${folder}: is split by its files (${found}); neither split nor fractions can be chosen`);
  }
  const raw = new Map<Part, RawClasses>();
  for (const part of PARTS) {
    const file = files.get(part);
    if (file !== undefined) raw.set(part, await readRaw(file, options));
  }
  const warnings: string[] = [];
  const read = numbersApart(folder, raw, warnings);
  refuseSharedClasses(read);
  const classes = new Map<Part, ClassTexts>();
  for (const [part, one] of read) {
    const checked = checkClasses(one, options);
    classes.set(part, checked.classes);
    warnings.push(...checked.warnings);
  }
  const of = (part: Part): ClassTexts => classes.get(part) ?? {};
  return { split: "by files", train: of("train"), dev: of("dev"), test: of("test"), other: [], warnings };
}

/**
 * The form train_data.json, dev_data.json of this kit's predecessor numbers the classes of each file from 1. There
 * a number in two files means two classes, if they have no text in common: they get the part before their number.
 */
function numbersApart(folder: string, raw: ReadonlyMap<Part, RawClasses>, warnings: string[]): Map<Part, RawClasses> {
  const shared = sharedClasses(raw);
  const own = [...raw.values()].every((one) => /_data\.\w+$/.test(one.file));
  const numbers = shared.every(({ name, a, b }) => {
    const texts = new Set(a.texts.get(name));
    return /^\d+$/.test(name) && !b.texts.get(name)?.some((text) => texts.has(text));
  });
  if (shared.length === 0 || !own || !numbers) return new Map(raw);
  warnings.push(
    `${folder}: the files number their classes each from the start (${list(shared.map(({ name }) => `'${name}'`))} ` +
      "in more than one); read as different classes, 'train/1' and so on",
  );
  const out = new Map<Part, RawClasses>();
  for (const [part, one] of raw) {
    const texts = new Map([...one.texts].map(([name, items]) => [`${part}/${name}`, items]));
    out.set(part, { file: one.file, texts, line: (name, index) => one.line(name.slice(part.length + 1), index) });
  }
  return out;
}

function refuseSharedClasses(raw: ReadonlyMap<Part, RawClasses>): void {
  const [first] = sharedClasses(raw);
  if (first === undefined) return;
  const { name, a, b } = first;
  throw new InputError(
    `${b.file}:${b.line(name)}: class '${name}' stands in ${a.file}:${a.line(name)} too; the parts of a split have no ` +
      "class in common (to have classes drawn into parts, put all into one file)",
  );
}

function sharedClasses(raw: ReadonlyMap<Part, RawClasses>): { name: string; a: RawClasses; b: RawClasses }[] {
  const home = new Map<string, RawClasses>();
  const shared = [];
  for (const b of raw.values()) {
    for (const name of b.texts.keys()) {
      const a = home.get(name);
      if (a === undefined) home.set(name, b);
      else shared.push({ name, a, b });
    }
  }
  return shared;
}

async function readOther(
  file: string | undefined,
  options: FolderOptions,
): Promise<{ texts: readonly string[]; warnings: readonly string[] }> {
  if (file === undefined) return { texts: [], warnings: [] };
  const { classes, warnings } = checkClasses(await readRawTexts(file, options), options);
  return { texts: [...new Set(Object.values(classes).flat())], warnings };
}

async function filesByRole(folder: string): Promise<{ files: Map<Role, string>; names: string[] }> {
  const names = (await readdir(folder)).sort();
  const files = new Map<Role, string>();
  for (const name of names) {
    const extension = extname(name);
    const stem = name.slice(0, name.length - extension.length).toLowerCase();
    const role = Object.hasOwn(ROLES, stem) ? ROLES[stem] : undefined;
    if (role === undefined || !CLASS_FILES.includes(extension.toLowerCase())) continue;
    const before = files.get(role);
    if (before !== undefined) {
      throw new InputError(`${folder}: ${before} and ${join(folder, name)} hold the same part; keep one of them`);
    }
    files.set(role, join(folder, name));
  }
  return { files, names };
}
