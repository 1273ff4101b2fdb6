/** The raw encoder's vectors for a study: made when a task first asks for them, once for all tasks of a set. */
import type { Encoder } from "../encoder/encoder.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import type { Embedder } from "../model/embed.ts";
import { createModel, DEFAULT_MODEL } from "../model/model.ts";
import { createViews, type View, type Views } from "../model/views.ts";

export interface RawViews {
  /** The embedder of the view of that number, for a set by its name. */
  embedder(set: string, view: number): Embedder;
  dispose(): Promise<void>;
}

/** Views of an encoder that no task trains. */
export function rawViews(encoder: Encoder, executor: Executor, views: readonly View[]): RawViews {
  const made = new Map<string, Views>();
  return {
    embedder(set, view) {
      const base = createModel(encoder, { ...DEFAULT_MODEL, head: headSettings("prototypical") });
      const all = made.get(set) ?? createViews(base, executor, views);
      made.set(set, all);
      return all.embedders[view] as Embedder;
    },
    async dispose() {
      for (const all of made.values()) await all.dispose();
    },
  };
}
