/** From a name or path to the file or folder with the data. */
import { stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { InputError } from "../core/errors.ts";
import { packageRoot, placeOf } from "../core/place.ts";
import { KNOWN_SETS, type KnownSet, knownNames, nearest } from "./known.ts";

export interface FindOptions {
  /** Folder with a folder for each public set. Default the environment variable FEWSHOT_DATA. */
  dataDir?: string;
}

export interface Found {
  readonly path: string;
  readonly folder: boolean;
}

/** Where public sets are looked for when neither `dataDir` nor FEWSHOT_DATA has them: beside the current folder or the kit. */
const BESIDE = "../shared/datasets";

/**
 * Finds data by path, from the current folder or the kit's (`data/intents/en`), or, where no such path is, a set by its
 * folder's name in `dataDir` or beside the kit. An InputError says which places were searched and where the set comes
 * from, or which public sets are known.
 */
export async function findData(nameOrPath: string, kind: KnownSet["kind"], options: FindOptions = {}): Promise<Found> {
  const given = await look(placeOf(nameOrPath));
  if (given !== undefined) return given;
  if (/[\\/]|\.\w+$/.test(nameOrPath)) {
    throw new InputError(`${nameOrPath}: no such file or folder (paths begin at ${process.cwd()})`);
  }
  const known = KNOWN_SETS.get(nameOrPath);
  if (known !== undefined && known.kind !== kind) {
    const [has, reader] = kind === "intents" ? ["sentence pairs", "loadPairs"] : ["classes", "loadIntents"];
    throw new InputError(`${nameOrPath}: is a set of ${has}; ${reader} reads it`);
  }
  const dir = options.dataDir ?? process.env.FEWSHOT_DATA;
  const places = placesOf(dir);
  for (const place of places) {
    const found = await look(join(place, nameOrPath));
    if (found !== undefined) return found;
  }
  throw new InputError(
    known === undefined ? unknown(nameOrPath, kind) : absent(nameOrPath, known, places.join(" and "), Boolean(dir)),
  );
}

/** The folders in which public sets are looked for, and which known sets each of them holds. */
export async function dataFolders(options: FindOptions = {}): Promise<{ folder: string; sets: string[] }[]> {
  const places = placesOf(options.dataDir ?? process.env.FEWSHOT_DATA);
  return Promise.all(
    places.map(async (folder) => {
      const sets: string[] = [];
      for (const name of KNOWN_SETS.keys()) if (await look(join(folder, name))) sets.push(name);
      return { folder, sets };
    }),
  );
}

function placesOf(dir: string | undefined): string[] {
  const root = packageRoot();
  const inside = !relative(root, process.cwd()).startsWith(".."); // as a notebook's folder is
  const beside = inside ? relative(process.cwd(), join(root, BESIDE)) : BESIDE;
  return dir ? [dir, beside] : [beside];
}

function absent(name: string, known: KnownSet, searched: string, named: boolean): string {
  const form =
    known.kind === "pairs"
      ? "pairs.tsv with the columns text_a, text_b, label, part"
      : 'data.json, {"class": ["text", ...]}, with class names in splits/NAME/{train,valid,test}.txt if it has splits';
  return (
    `${name}: the set is not here; searched ${searched}${named ? "" : " (FEWSHOT_DATA is not set)"}. ` +
    `It comes from ${known.origin} (licence: ${known.licence}). Put it into a folder '${name}' as ${form}, ` +
    "and name the folder above it in FEWSHOT_DATA"
  );
}

function unknown(name: string, kind: KnownSet["kind"]): string {
  const names = knownNames(kind);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` (did you mean ${near}?)`;
  return `'${name}' is no file or folder, nor a known set${hint}; known are ${names.join(", ")}`;
}

async function look(path: string): Promise<Found | undefined> {
  try {
    return { path, folder: (await stat(path)).isDirectory() };
  } catch {
    return undefined;
  }
}
