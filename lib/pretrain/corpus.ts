/** Sentences to pre-train on: text files with one a line, plain or gzipped, without repeats, some of them held out. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { InputError, messageOf } from "../core/errors.ts";
import { type Random, shuffled } from "../core/random.ts";

export interface Corpus {
  readonly train: readonly string[];
  /** Kept apart to measure perplexity. */
  readonly heldOut: readonly string[];
  /** Sentences by file, as FOLDER/NAME, after repeats were left out. */
  readonly files: Readonly<Record<string, number>>;
}

export interface CorpusOptions {
  /** Sentences held out. Default 2000, at most a tenth. */
  heldOut?: number;
}

/** Reads files, and of folders every .txt and .txt.gz in them. The order of the sentences is fixed by `rng`. */
export async function readCorpus(paths: readonly string[], rng: Random, options: CorpusOptions = {}): Promise<Corpus> {
  const seen = new Set<string>();
  const files: Record<string, number> = {};
  for (const path of (await Promise.all(paths.map(filesOf))).flat()) {
    const before = seen.size;
    for (const line of (await read(path)).split("\n")) {
      const text = line.trim();
      if (text) seen.add(text);
    }
    const name = join(basename(dirname(path)), basename(path)); // not where this machine keeps it
    files[name] = (files[name] ?? 0) + seen.size - before;
  }
  const all = shuffled([...seen], rng.stream("corpus"));
  if (all.length < 20)
    throw new InputError(`${paths.join(", ")}: ${all.length} different sentences; pre-training needs at least 20`);
  const n = Math.min(options.heldOut ?? 2000, Math.floor(all.length / 10));
  return { train: all.slice(n), heldOut: all.slice(0, n), files };
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new InputError(`${path}: cannot read the texts: ${messageOf(error)}`);
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path))
    .filter((name) => /\.txt(\.gz)?$/.test(name) && !/licen[cs]e/i.test(basename(name)))
    .sort();
  if (!names.length) throw new InputError(`${path}: the folder has no .txt or .txt.gz files`);
  return names.map((name) => join(path, name));
}

async function read(path: string): Promise<string> {
  const bytes = await readFile(path);
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").replace(/^\uFEFF/, "");
}
