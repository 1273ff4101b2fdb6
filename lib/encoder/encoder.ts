/** A BERT on the host: configuration, parameters and tokenizer of one folder. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJson, writeAtomic } from "../core/files.ts";
import { placeOf } from "../core/place.ts";
import type { Params } from "../core/tensor.ts";
import { loadTokenizer } from "../tokenizer/load.ts";
import type { Tokenizer } from "../tokenizer/types.ts";
import { type BertConfig, configJson, parseConfig } from "./config.ts";
import { canonicalParams } from "./names.ts";
import { encodeSafetensors, readSafetensors } from "./safetensors.ts";

export interface Encoder {
  /** The folder it came from. */
  readonly source: string;
  readonly config: BertConfig;
  /** Parameters by Hugging Face's names without the `bert.` prefix; `pooler.dense.*` may be missing. */
  readonly params: Params;
  readonly tokenizer: Tokenizer;
}

/**
 * Loads a BERT folder in Hugging Face's layout: config.json, model.safetensors, and tokenizer.json or vocab.txt. A path
 * that is not in the current folder is looked for in the kit's: `data/models/tiny-bert`.
 * Throws an InputError that names the file, and the tensor where one is missing, unknown or of a wrong shape.
 */
export async function loadEncoder(path: string): Promise<Encoder> {
  const folder = placeOf(path);
  const configFile = join(folder, "config.json");
  const weightsFile = join(folder, "model.safetensors");
  const config = parseConfig(await readJson(configFile, "the encoder's configuration"), configFile);
  const [tokenizer, { tensors }] = await Promise.all([loadTokenizer(folder), readSafetensors(weightsFile)]);
  const { params } = canonicalParams(tensors, config, weightsFile, { pooler: "optional" });
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new InputError(
      `${folder}: the tokenizer has ${tokenizer.vocabSize} tokens, the encoder ${config.vocabSize} rows of word embeddings; they do not belong together`,
    );
  }
  return { source: folder, config, params, tokenizer };
}

/** Writes the folder so that transformers, in Python or JavaScript, loads it; each file atomically. */
export async function saveEncoder(
  folder: string,
  encoder: Encoder,
  options: { dtype?: "F32" | "F16" } = {},
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = {
    ...encoder.tokenizer.files(),
    "config.json": `${JSON.stringify(configJson(encoder.config), null, 2)}\n`,
  };
  for (const [name, text] of Object.entries(files)) await writeAtomic(join(folder, name), text);
  await saveParams(join(folder, "model.safetensors"), encoder.params, options);
}

/** Writes parameters as a safetensors file. */
export async function saveParams(file: string, params: Params, options: { dtype?: "F32" | "F16" } = {}): Promise<void> {
  const tensors = new Map(Object.entries(params));
  await writeAtomic(file, encodeSafetensors(tensors, { metadata: { format: "pt" }, ...options }));
}
