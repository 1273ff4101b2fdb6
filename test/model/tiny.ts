/** The small random Chinese BERT of the fixtures as a few-shot model. */
import { type Encoder, loadEncoder } from "../../lib/encoder/encoder.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { headSettings } from "../../lib/heads/head.ts";
import type { HeadName, HeadSettings } from "../../lib/heads/types.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, type ModelSettings } from "../../lib/model/model.ts";

export const TINY = "test/fixtures/encoder/tiny-zh";

/** One thread: the tensors are tiny. */
export const compiled = compiledExecutor({ threads: 1 });

/** The encoder with arrays of its own, so that a test may train it. */
export function tinyEncoder(): Promise<Encoder> {
  return loadEncoder(TINY);
}

export type TinyOptions = Partial<Omit<ModelSettings, "head">> & {
  head?: HeadName;
  headSettings?: Partial<Omit<HeadSettings, "head">>;
};

export async function tinyModel(options: TinyOptions = {}): Promise<FewShotModel> {
  const { head = "prototypical", headSettings: given = {}, ...rest } = options;
  return createModel(await tinyEncoder(), { ...DEFAULT_MODEL, ...rest, head: headSettings(head, given) });
}
