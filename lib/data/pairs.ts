/** Reading sentence pairs: `pairs.tsv` with the columns text_a, text_b, label and part. */
import { extname, join } from "node:path";
import { count, InputError, list } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import { quote } from "./check.ts";
import { type FindOptions, findData } from "./find.ts";
import { readRows } from "./separated.ts";
import type { PairSet, TextPair } from "./types.ts";

const COLUMNS = ["text_a", "text_b", "label"];

/** Names of parts as files have them; no part at all is `all`. */
const PART_NAMES: ReadonlyMap<string, TextPair["part"]> = new Map([
  ["train", "train"],
  ["dev", "dev"],
  ["valid", "dev"],
  ["test", "test"],
  ["all", "all"],
]);

/**
 * Loads sentence pairs from a .tsv file (no quoting) or a .csv file, a folder with pairs.tsv, or a public set by
 * name. `label` is 1 where the two mean the same, else 0; `part` may be missing. An InputError names file and line.
 */
export async function loadPairs(nameOrPath: string, options: FindOptions = {}): Promise<PairSet> {
  const found = await findData(nameOrPath, "pairs", options);
  const source = found.folder ? join(found.path, "pairs.tsv") : found.path;
  const extension = extname(source).toLowerCase();
  if (extension !== ".tsv" && extension !== ".csv") {
    throw new InputError(`${source}: the extension does not say how to read pairs; known are .tsv and .csv`);
  }
  const tabs = extension === ".tsv";
  const text = await readText(source, "sentence pairs");
  const [header, ...rows] = readRows(text, source, tabs ? { separator: "\t", quotes: false } : {});
  const names = header?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const has = names.length > 0 ? list(names) : "none";
    throw new InputError(`${source}:${header?.line ?? 1}: no column ${list(missing)}; found ${has}`);
  }
  const [aAt, bAt, labelAt, partAt] = [...COLUMNS, "part"].map((name) => names.indexOf(name)) as [
    number,
    number,
    number,
    number,
  ];
  const pairs = rows.map(({ line, cells }): TextPair => {
    const where = `${source}:${line}`;
    if (cells.length !== names.length) {
      throw new InputError(`${where}: has ${cells.length} cells, the header has ${names.length}`);
    }
    const cell = (at: number): string => (cells[at] ?? "").trim();
    const [a, b, label] = [cell(aAt), cell(bAt), cell(labelAt)];
    if (a === "" || b === "") throw new InputError(`${where}: ${a === "" ? "text_a" : "text_b"} is blank`);
    if (label !== "0" && label !== "1") throw new InputError(`${where}: label is '${label}', wanted 0 or 1`);
    const part = PART_NAMES.get(partAt < 0 ? "all" : cell(partAt).toLowerCase());
    if (part === undefined) {
      throw new InputError(`${where}: part is '${cell(partAt)}', wanted one of ${list([...PART_NAMES.keys()])}`);
    }
    return { a, b, same: label === "1", part };
  });
  if (pairs.length === 0) throw new InputError(`${source}: has no pairs`);
  return { name: nameOrPath, source, pairs, warnings: acrossParts(source, pairs) };
}

/** A pair that stands in two parts would be trained on and tested on; either order of its texts counts. */
function acrossParts(source: string, pairs: readonly TextPair[]): string[] {
  const home = new Map<string, TextPair["part"]>();
  const shared = new Map<string, string>();
  for (const { a, b, part } of pairs) {
    const key = JSON.stringify(a < b ? [a, b] : [b, a]);
    const before = home.get(key);
    if (before === undefined) home.set(key, part);
    else if (before !== part) shared.set(key, `${quote(a)} and ${quote(b)} in ${before} and ${part}`);
  }
  const [first] = shared.values();
  if (first === undefined) return [];
  return [`${source}: ${count(shared.size, "pair")} in more than one part, the first ${first}`];
}
