/** A few-shot model: an encoder, how its tokens become a vector, and a head. Saved as a folder and loaded again. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import { describeTensor, type Params } from "../core/tensor.ts";
import { type Encoder, loadEncoder, saveEncoder, saveParams } from "../encoder/encoder.ts";
import { depthOf, type Pooling } from "../encoder/pooling.ts";
import { readSafetensors } from "../encoder/safetensors.ts";
import { createHead, headSettings } from "../heads/head.ts";
import type { Head, HeadName, HeadSettings } from "../heads/types.ts";
import { MODEL_FILE, MODEL_FORMAT, readModelSettings } from "./saved.ts";

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

const HEAD_FILE = "head.safetensors";

export const DEFAULT_MODEL: Omit<ModelSettings, "head"> = {
  pooling: "mean",
  layer: -1,
  maxLength: 32,
  textForm: "plain",
};

/**
 * Puts a head on an encoder, with `headParams` or fresh ones of the head's own. Throws an InputError when the settings
 * do not fit the encoder, or the parameters the head.
 */
export function createModel(encoder: Encoder, settings: ModelSettings, headParams?: Params): FewShotModel {
  const { config, source, params } = encoder;
  const { pooling, layer, maxLength } = settings;
  let depth: number;
  try {
    depth = depthOf(layer, config);
  } catch (error) {
    throw new InputError(`${source}: ${messageOf(error)}`);
  }
  if (pooling === "pooler" && !params["pooler.dense.weight"]) {
    throw new InputError(
      `${source}: pooling "pooler" needs the tensors pooler.dense.weight and .bias, which this encoder lacks; choose another pooling`,
    );
  }
  if (pooling === "pooler" && depth !== config.layers) {
    throw new InputError(`${source}: pooling "pooler" is made for the last layer; layer is ${layer}`);
  }
  if (!(Number.isInteger(maxLength) && maxLength >= 3 && maxLength <= config.maxPositions)) {
    throw new InputError(
      `${source}: maximum length ${maxLength}; this encoder takes 3 .. ${config.maxPositions} tokens`,
    );
  }
  const head = createHead(settings.head);
  const fresh = head.params(config.hiddenSize);
  for (const [name, wanted] of Object.entries(headParams ? fresh : {})) {
    const found = headParams?.[name];
    if (!found) throw new InputError(`${source}: the head's parameters lack ${name}`);
    if (describeTensor(found) !== describeTensor(wanted)) {
      throw new InputError(`${source}: ${name} is ${describeTensor(found)}, the head needs ${describeTensor(wanted)}`);
    }
  }
  return { encoder, settings, head, headParams: headParams ?? fresh };
}

/** All parameters that a training changes: the encoder's and the head's, by name. */
export function allParams(model: FewShotModel): Params {
  return { ...model.encoder.params, ...model.headParams };
}

/**
 * The parameters that a training changes when the embeddings and the lowest `freeze` layers stay as they are, and those
 * that stay. Throws an InputError for a number of layers that the encoder has not.
 */
export function splitParams(model: FewShotModel, freeze?: number): { trained: Params; still: Params } {
  const all = allParams(model);
  if (freeze === undefined) return { trained: all, still: {} };
  const { layers } = model.encoder.config;
  if (!(Number.isInteger(freeze) && freeze >= 0 && freeze <= layers))
    throw new InputError(`training: freeze is ${freeze}; this encoder has ${layers} layers, wanted 0 .. ${layers}`);
  const below = (name: string): boolean => {
    const layer = /^encoder\.layer\.(\d+)\./.exec(name)?.[1];
    return name.startsWith("embeddings.") || (layer !== undefined && Number(layer) < freeze);
  };
  const pick = (still: boolean): Params =>
    Object.fromEntries(Object.entries(all).filter(([name]) => below(name) === still));
  return { trained: pick(false), still: pick(true) };
}

/** Writes a folder that `loadModel` and every Hugging Face loader of BERT reads; `record` is kept in fewshot.json. */
export async function saveModel(
  folder: string,
  model: FewShotModel,
  record: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  await saveEncoder(folder, model.encoder);
  if (Object.keys(model.headParams).length) await saveParams(join(folder, HEAD_FILE), model.headParams);
  const content = { format: MODEL_FORMAT, ...model.settings, ...record };
  await writeAtomic(join(folder, MODEL_FILE), `${JSON.stringify(content, null, 2)}\n`);
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
export async function loadModel(path: string, overrides: ModelOverrides = {}): Promise<FewShotModel> {
  const encoder = await loadEncoder(path);
  const folder = encoder.source;
  const saved = await readModelSettings(folder);
  const { head: headName = saved?.head.head ?? "prototypical", headSettings: given = {}, ...rest } = overrides;
  const same = saved?.head.head === headName ? saved.head : undefined;
  const head = same ? changedHead(same, given) : headSettings(headName, given);
  const settings = { ...DEFAULT_MODEL, ...saved, ...rest, head };
  if (!(same?.norms && head.norms)) return createModel(encoder, settings);
  const file = join(folder, HEAD_FILE);
  if (!existsSync(file)) throw new InputError(`${file}: missing, but ${MODEL_FILE} says that the head has parameters`);
  const { tensors } = await readSafetensors(file);
  return createModel(encoder, settings, Object.fromEntries(tensors) as Params);
}

/** Settings of a head with some changed. Scores of another size need another threshold, other distances other losses. */
export function changedHead(
  { head, loss, threshold, ...rest }: HeadSettings,
  given: Partial<Omit<HeadSettings, "head">>,
): HeadSettings {
  const changed = { ...rest, ...given };
  const sameDistance = changed.distance === rest.distance;
  const sameSize = sameDistance && changed.scale === rest.scale;
  return headSettings(head, { ...rest, ...(sameDistance && { loss }), ...(sameSize && { threshold }), ...given });
}
