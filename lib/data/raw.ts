/** One file of classes as it stands, from any form the kit reads, with the line of every text. */
import { extname } from "node:path";
import { InputError, list } from "../core/errors.ts";
import { parseJson, readText } from "../core/files.ts";
import { lineAt, lineOfValue, scanJson } from "../core/json.ts";
import { type Columns, readTable } from "./table.ts";

/** Classes before their texts are checked. */
export interface RawClasses {
  readonly file: string;
  /** Class name without surrounding white space, and its texts: strings, if the file is right. */
  readonly texts: ReadonlyMap<string, readonly unknown[]>;
  /** The line (from 1) of a class, or of one of its texts. */
  line(name: string, index?: number): number;
}

/** Extensions of the files that hold classes. */
export const CLASS_FILES: readonly string[] = [".json", ".jsonl", ".ndjson", ".tsv", ".csv"];

/** Reads a file of classes; its extension says the form. */
export async function readRaw(path: string, columns: Columns = {}): Promise<RawClasses> {
  const extension = extname(path).toLowerCase();
  if (!CLASS_FILES.includes(extension)) {
    throw new InputError(`${path}: the extension does not say how to read it; known are ${list(CLASS_FILES)}`);
  }
  const text = await readText(path, "classes");
  return extension === ".json" ? rawJson(text, path) : rawTable(text, path, extension, columns);
}

/** Reads texts of no class: a JSON list of texts, or a file of classes whose names do not matter. */
export async function readRawTexts(path: string, columns: Columns = {}): Promise<RawClasses> {
  if (extname(path).toLowerCase() === ".json") {
    const text = await readText(path, "texts");
    const value = parseJson(text, path, "the file of texts");
    if (Array.isArray(value)) {
      const line = (_: string, index?: number): number => lineOfValue(text, index === undefined ? [] : [index]);
      return { file: path, texts: new Map([["other", value]]), line };
    }
  }
  return readRaw(path, columns);
}

function rawJson(text: string, file: string): RawClasses {
  const value = parseJson(text, file, "the file of classes");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InputError(`${file}:1: found ${kind(value)}, wanted an object {"class": ["text", ...]}`);
  }
  const texts = new Map<string, readonly unknown[]>();
  const keys = new Map<string, string>();
  for (const [key, items] of Object.entries(value)) {
    const name = key.trim();
    if (!Array.isArray(items)) {
      throw new InputError(
        `${file}:${lineOfValue(text, [key])}: class '${name}' is ${kind(items)}, wanted a list of texts`,
      );
    }
    texts.set(name, items);
    keys.set(name, key);
  }
  refuseRepeatedNames(text, file);
  const line = (name: string, index?: number): number => {
    const key = keys.get(name) ?? name;
    return lineOfValue(text, index === undefined ? [key] : [key, index]);
  };
  return { file, texts, line };
}

/** JSON.parse would keep the last of two equal names and lose the texts of the first without a word. */
function refuseRepeatedNames(text: string, file: string): void {
  const places = new Map<string, number>();
  scanJson(text, (path, offset) => {
    if (path.length !== 1) return;
    const name = String(path[0]).trim();
    const before = places.get(name);
    if (before !== undefined) {
      const lines = `lines ${lineAt(text, before)} and ${lineAt(text, offset)}`;
      throw new InputError(`${file}:${lineAt(text, offset)}: class '${name}' stands twice in the file (${lines})`);
    }
    places.set(name, offset);
  });
}

function rawTable(text: string, file: string, extension: string, columns: Columns): RawClasses {
  const texts = new Map<string, unknown[]>();
  const lines = new Map<string, number[]>();
  for (const row of readTable(text, file, extension, columns)) {
    if (!texts.has(row.label)) {
      texts.set(row.label, []);
      lines.set(row.label, []);
    }
    texts.get(row.label)?.push(row.text);
    lines.get(row.label)?.push(row.line);
  }
  return { file, texts, line: (name, index = 0) => lines.get(name)?.[index] ?? 1 };
}

/** `a list`, `a string`: what a JSON value is, for messages. */
export function kind(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
