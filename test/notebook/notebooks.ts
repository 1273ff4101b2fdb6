/** Notebooks for tests, written inside the repository: there cells find the kit by its name. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Notebook, notebookText } from "../../lib/notebook/format.ts";

/** A new folder in .cache, to be removed by the caller. */
export function notebookFolder(): string {
  const cache = join(process.cwd(), ".cache");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "notebooks-"));
}

/** Writes a notebook that was never run, with a title and these code cells, and returns its path. */
export function writeNotebook(folder: string, name: string, ...sources: string[]): string {
  const notebook: Notebook = {
    cells: [
      { cell_type: "markdown", id: "title", metadata: {}, source: `# ${name}` },
      ...sources.map((source, i) => ({
        ...{ cell_type: "code" as const, id: `code-${i + 1}`, metadata: {}, source },
        ...{ execution_count: null, outputs: [] },
      })),
    ],
    metadata: {},
    nbformat: 4,
    nbformat_minor: 5,
  };
  const path = join(folder, `${name}.ipynb`);
  writeFileSync(path, notebookText(notebook));
  return path;
}
