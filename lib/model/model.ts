/** A few-shot model: an encoder, how its tokens become a vector, and a head. Saved as a folder and loaded again. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJson, writeAtomic } from "../core/files.ts";
import type { FloatTensor, Params } from "../core/tensor.ts";
import { type Encoder, loadEncoder, saveEncoder, saveParams } from "../encoder/encoder.ts";
import { depthOf, POOLINGS, type Pooling } from "../encoder/pooling.ts";
import { readSafetensors } from "../encoder/safetensors.ts";
import { DISTANCES } from "../heads/distances.ts";
import { createHead, headSettings } from "../heads/head.ts";
import { LOSSES } from "../heads/losses.ts";
import { HEADS, type Head, type HeadName, type HeadSettings } from "../heads/types.ts";

/** How texts become vectors and vectors scores. */
export interface ModelSettings {
  readonly pooling: Pooling;
  /** Hidden state that is pooled: -1 the last layer, -2 the one before, 0 the embeddings. */
  readonly layer: number;
  /** Tokens of a text, [CLS] and [SEP] among them; longer ones are cut. */
  readonly maxLength: number;
  /** How a text is prepared: as it is, or as the seed does (see seedText). */
  readonly textForm: "plain" | "seed";
  readonly head: HeadSettings;
}

export interface FewShotModel {
  readonly encoder: Encoder;
  readonly settings: ModelSettings;
  readonly head: Head;
  /** The head's own parameters; most heads have none. */
  readonly headParams: Params;
}

/** The file that tells a trained folder from a plain BERT. */
export const MODEL_FILE = "fewshot.json";
const HEAD_FILE = "head.safetensors";
const FORMAT = "bert-few-shot/model@1";

export const DEFAULT_MODEL: Omit<ModelSettings, "head"> = {
  pooling: "mean",
  layer: -1,
  maxLength: 32,
  textForm: "plain",
};

/** Puts a head on an encoder. Throws an InputError when the settings do not fit the encoder. */
export function createModel(encoder: Encoder, settings: ModelSettings, headParams?: Params): FewShotModel {
  const { config, source, params } = encoder;
  if (settings.pooling === "pooler" && !params["pooler.dense.weight"]) {
    throw new InputError(
      `${source}: pooling "pooler" needs the tensors pooler.dense.weight and .bias, which this encoder lacks; choose another pooling`,
    );
  }
  if (settings.pooling === "pooler" && depthOf(settings.layer, config) !== config.layers) {
    throw new InputError(`pooling "pooler" is made for the last layer; layer is ${settings.layer}`);
  }
  if (settings.maxLength < 3 || settings.maxLength > config.maxPositions) {
    throw new InputError(`maximum length ${settings.maxLength}: ${source} takes 3 .. ${config.maxPositions} tokens`);
  }
  try {
    depthOf(settings.layer, config);
  } catch (error) {
    throw new InputError(`${source}: ${(error as Error).message}`);
  }
  const head = createHead(settings.head);
  return { encoder, settings, head, headParams: headParams ?? head.params(config.hiddenSize) };
}

/** All parameters that a training changes: the encoder's and the head's, by name. */
export function allParams(model: FewShotModel): Params {
  return { ...model.encoder.params, ...model.headParams };
}

/** Writes a folder that `loadModel` and every Hugging Face loader of BERT reads; `record` is kept in fewshot.json. */
export async function saveModel(
  folder: string,
  model: FewShotModel,
  record: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await saveEncoder(folder, model.encoder);
  if (Object.keys(model.headParams).length) await saveParams(join(folder, HEAD_FILE), model.headParams);
  const content = { format: FORMAT, ...model.settings, ...record };
  await writeAtomic(join(folder, MODEL_FILE), `${JSON.stringify(content, null, 2)}\n`);
}

/** What a folder says of its model, before its weights are read; undefined for a plain BERT. */
export async function readModelSettings(folder: string): Promise<ModelSettings | undefined> {
  const file = join(folder, MODEL_FILE);
  if (!existsSync(file)) return undefined;
  return checkedSettings((await readJson(file, "the model's settings")) as Record<string, unknown>, file);
}

/**
 * The threshold below which training found scores to be "other" on dev classes; undefined for a plain BERT, and where
 * the head is not the one it was found for.
 */
export async function readThreshold(folder: string, head: HeadSettings): Promise<number | undefined> {
  const file = join(folder, MODEL_FILE);
  if (!existsSync(file)) return undefined;
  const json = (await readJson(file, "the model's settings")) as { otherThreshold?: unknown; head?: unknown };
  const same = JSON.stringify(sorted(json.head)) === JSON.stringify(sorted(head));
  return same && typeof json.otherThreshold === "number" ? json.otherThreshold : undefined;
}

function sorted(object: unknown): unknown[] {
  return Object.entries((object ?? {}) as Record<string, unknown>).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Changes to what a folder says of itself, or to the defaults for a plain BERT. */
export interface ModelOverrides extends Partial<Omit<ModelSettings, "head">> {
  head?: HeadName;
  /** Settings of the head, such as its distance. */
  headSettings?: Partial<Omit<HeadSettings, "head">>;
}

/**
 * Loads a plain BERT folder (raw vectors; defaults unless overridden) or a folder that training wrote, whose pooling,
 * layer, length and head are then the defaults.
 */
export async function loadModel(folder: string, overrides: ModelOverrides = {}): Promise<FewShotModel> {
  const encoder = await loadEncoder(folder);
  const saved = await readModelSettings(folder);
  const { head: headName, headSettings: headGiven = {}, ...rest } = overrides;
  const sameHead = saved && (headName === undefined || headName === saved.head.head);
  const head = sameHead ? { ...saved.head, ...headGiven } : headSettings(headName ?? "prototypical", headGiven);
  const settings = { ...DEFAULT_MODEL, ...saved, ...rest, head };
  const headFile = join(folder, HEAD_FILE);
  if (!head.norms || !sameHead || !existsSync(headFile)) return createModel(encoder, settings);
  const { tensors } = await readSafetensors(headFile);
  return createModel(encoder, settings, Object.fromEntries(tensors) as Record<string, FloatTensor>);
}

function checkedSettings(json: Record<string, unknown>, file: string): ModelSettings {
  const wrong = (what: string, found: unknown, wanted: string): never => {
    throw new InputError(`${file}: ${what} is ${JSON.stringify(found)}, wanted ${wanted}`);
  };
  if (json.format !== FORMAT) wrong("format", json.format, JSON.stringify(FORMAT));
  const oneOf = <T extends string>(object: Record<string, unknown>, name: string, values: readonly T[]): T => {
    const value = object[name];
    return values.includes(value as T) ? (value as T) : wrong(name, value, values.join(", "));
  };
  const number = (name: string): number =>
    Number.isInteger(json[name]) ? (json[name] as number) : wrong(name, json[name], "a whole number");
  const head = (json.head ?? {}) as Record<string, unknown>;
  const name = oneOf(head, "head", HEADS);
  oneOf(head, "distance", DISTANCES);
  oneOf(head, "loss", LOSSES);
  return {
    pooling: oneOf(json, "pooling", POOLINGS),
    layer: number("layer"),
    maxLength: number("maxLength"),
    textForm: oneOf(json, "textForm", ["plain", "seed"]),
    head: { ...headSettings(name), ...(head as Partial<HeadSettings>) },
  };
}
