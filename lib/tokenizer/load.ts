/** Loads a tokenizer from the folder of a BERT checkpoint. */
import { access } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJson, readText } from "../core/files.ts";
import { createTokenizer } from "./create.ts";
import type { Tokenizer } from "./types.ts";
import { isLowercase, parseVocab, specialNames, type TokenizerJson, tokenizerJson } from "./vocabulary.ts";

/**
 * Loads the tokenizer of a folder in Hugging Face's form (tokenizer.json) or Google's (vocab.txt), each with or without
 * tokenizer_config.json. A vocab.txt of which nothing says whether its case matters is taken for lower case if it holds
 * no upper-case letter. Nothing is fetched. Throws InputError when files are missing or are not of a WordPiece tokenizer.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const file = (name: string): string => join(folder, name);
  const configFile = file("tokenizer_config.json");
  const config = (await exists(configFile))
    ? asObject(await readJson(configFile, "the tokenizer's options"), configFile)
    : {};
  const jsonFile = file("tokenizer.json");
  if (await exists(jsonFile))
    return createTokenizer(asTokenizer(await readJson(jsonFile, "the tokenizer"), jsonFile), config, jsonFile);
  const vocabFile = file("vocab.txt");
  if (await exists(vocabFile)) {
    const vocab = parseVocab(await readText(vocabFile, "the vocabulary"));
    return createTokenizer(tokenizerJson(vocab, isLowercase(vocab), specialNames(config)), config, vocabFile);
  }
  throw new InputError(`${folder}: no tokenizer here; wanted tokenizer.json (Hugging Face) or vocab.txt (Google)`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function asObject(value: unknown, file: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new InputError(`${file}: wanted a JSON object`);
  return value as Record<string, unknown>;
}

function asTokenizer(value: unknown, file: string): TokenizerJson {
  const json = asObject(value, file);
  const model = asObject(json.model ?? {}, `${file}: model`);
  const isWordPiece = model.type === "WordPiece" || (model.type === undefined && "continuing_subword_prefix" in model);
  if (!isWordPiece || typeof model.vocab !== "object" || model.vocab === null || Array.isArray(model.vocab)) {
    throw new InputError(
      `${file}: the model is of type ${JSON.stringify(model.type)}; BERT's is "WordPiece", with a vocab`,
    );
  }
  const optional = { added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null };
  return { ...json, ...{ ...optional, ...json } } as unknown as TokenizerJson; // the file's order first, so that it stays
}
