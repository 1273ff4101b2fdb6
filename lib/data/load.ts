/** Reading intents: a file, a folder or a public set by name. */
import { type CheckedClasses, type CheckOptions, checkClasses, sharedTexts } from "./check.ts";
import { type FindOptions, findData } from "./find.ts";
import { type FolderOptions, loadDrawn, loadFolder } from "./folder.ts";
import { PARTS } from "./parts.ts";
import { readRaw } from "./raw.ts";
import type { Columns } from "./table.ts";
import type { IntentSet } from "./types.ts";

/** Split, seed, fractions, strict, columns and data folder: see the interfaces it joins. */
export interface LoadOptions extends FolderOptions, FindOptions {}

/**
 * Loads intents split by class. Accepted are
 * - a file of classes: .json `{"class": ["text", ...]}`, .jsonl, .tsv or .csv with a text and a class column;
 *   the classes are drawn into train, dev and test;
 * - a folder with such files named train, dev (or valid) and test, and other (or oos) for texts of no class;
 * - a folder with the file data and `splits/NAME/{train,valid,test}.txt`;
 * - the name of a public set, which is such a folder in `dataDir`, $FEWSHOT_DATA or ../shared/datasets.
 * A path goes before a name. A part without a file is empty: `requirePart` says so to whoever needs it.
 * An InputError names file, line and class; what is odd but usable stands in `warnings`.
 */
export async function loadIntents(nameOrPath: string, options: LoadOptions = {}): Promise<IntentSet> {
  const { path: source, folder } = await findData(nameOrPath, "intents", options);
  const loaded = folder
    ? await loadFolder(source, options)
    : loadDrawn(checkClasses(await readRaw(source, options), options), source, options);
  const groups = PARTS.map((part) => [part, loaded[part]] as const);
  const shared = sharedTexts(source, groups, loaded.other, options);
  const { split, train, dev, test, other, warnings } = loaded;
  return { name: nameOrPath, source, split, train, dev, test, other, warnings: [...warnings, ...shared] };
}

/** Reads one file of classes without splitting it, such as the supports of a prediction. Errors as `loadIntents`. */
export async function readClasses(path: string, options: CheckOptions & Columns = {}): Promise<CheckedClasses> {
  const { classes, warnings } = checkClasses(await readRaw(path, options), options);
  return { classes, warnings: [...warnings, ...sharedTexts(path, [["", classes]], [], options)] };
}
