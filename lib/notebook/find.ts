/** Notebook files by name. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { InputError, list } from "../core/errors.ts";
import { nearest } from "../data/known.ts";

/**
 * Paths of notebooks: all of `folder` in alphabetical order where no names are given, else one a name, which is a path,
 * or the name of a file in the folder; `.ipynb` may be left out.
 */
export function findNotebooks(names: readonly string[], folder = "notebooks"): string[] {
  const isNotebook = (path: string): boolean => path.endsWith(".ipynb") && existsSync(path) && statSync(path).isFile();
  const files = existsSync(folder) ? readdirSync(folder).sort() : [];
  const known = files.filter((name) => isNotebook(join(folder, name)));
  if (!names.length && !known.length)
    throw new InputError(
      `no notebooks: there is no .ipynb file in ${folder}/; name files, or change to the kit's folder`,
    );
  if (!names.length) return known.map((name) => join(folder, name));
  const paths = names.map((name) => {
    const places = [name, `${name}.ipynb`, join(folder, name), join(folder, `${name}.ipynb`)];
    const path = places.find(isNotebook);
    if (path) return path;
    const stems = known.map((file) => basename(file, ".ipynb"));
    const near = nearest(basename(name, ".ipynb"), stems);
    const hint = near ? `; did you mean ${near}?` : "";
    throw new InputError(`no notebook '${name}'${hint}; ${folder}/ has ${list(stems) || "none"}`);
  });
  return [...new Set(paths)];
}
