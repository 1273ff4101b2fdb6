/** run.json, the record of a training beside its model: which classes it has seen. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { list } from "../core/errors.ts";
import { readJson } from "../core/files.ts";
import type { Part } from "../data/types.ts";

export const RECORD_FILE = "run.json";

/**
 * A sentence for each part of the classes that a model was trained with in which some of `classes` stand: the accuracy
 * on them is none of unseen classes. None for a folder without a record, such as a plain BERT.
 */
export async function seenClasses(folder: string, classes: readonly string[], part: Part): Promise<string[]> {
  const file = join(folder, RECORD_FILE);
  if (!existsSync(file)) return [];
  const record = (await readJson(file, "the record of the training")) as { data?: { classes?: unknown } } | null;
  const trained = (record?.data?.classes ?? {}) as Partial<Record<Part, unknown>>;
  const uses = { train: "trained on", dev: "chose its best step on" } as const;
  return (["train", "dev"] as const).flatMap((other) => {
    const names = trained[other];
    if (other === part || !Array.isArray(names)) return [];
    const known = new Set<unknown>(names);
    const seen = classes.filter((name) => known.has(name));
    if (!seen.length) return [];
    return [
      `${file}: this model ${uses[other]} ${seen.length} of the ${classes.length} ${part} classes: ${list(seen, 3)}`,
    ];
  });
}
