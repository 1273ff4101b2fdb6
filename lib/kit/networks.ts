/** The three networks on an encoder, in a line each. */
import type { Encoder } from "../encoder/encoder.ts";
import { headSettings } from "../heads/head.ts";
import type { HeadName, HeadSettings } from "../heads/types.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, type ModelSettings } from "../model/model.ts";

/** Pooling, layer, maximum length and text form (see ModelSettings; default DEFAULT_MODEL), and the head's own settings. */
export interface NetworkOptions extends Partial<Omit<ModelSettings, "head">>, Partial<Omit<HeadSettings, "head">> {}

/** A class is the mean of its supports (Snell et al. 2017); squared Euclidean distance unless told otherwise. */
export function prototypical(encoder: Encoder, options: NetworkOptions = {}): FewShotModel {
  return network(encoder, "prototypical", options);
}

/** A query is compared with every support (Vinyals et al. 2016); 5 * cosine, averaged over a class, unless told otherwise. */
export function matching(encoder: Encoder, options: NetworkOptions = {}): FewShotModel {
  return network(encoder, "matching", options);
}

/** Learns from pairs of texts (Reimers and Gurevych 2019); squared error of the cosine unless told otherwise. */
export function siamese(encoder: Encoder, options: NetworkOptions = {}): FewShotModel {
  return network(encoder, "siamese", options);
}

/** The network of that name. Throws an InputError where the settings do not fit the encoder. */
export function network(encoder: Encoder, name: HeadName, options: NetworkOptions = {}): FewShotModel {
  const {
    pooling = DEFAULT_MODEL.pooling,
    layer = DEFAULT_MODEL.layer,
    maxLength = Math.min(DEFAULT_MODEL.maxLength, encoder.config.maxPositions),
    textForm = DEFAULT_MODEL.textForm,
    ...head
  } = options;
  return createModel(encoder, { pooling, layer, maxLength, textForm, head: headSettings(name, head) });
}

/** The same model with parameters of its own: what trains it leaves the first one as it was. */
export function copyModel(model: FewShotModel): FewShotModel {
  const copy = (params: FewShotModel["headParams"]): FewShotModel["headParams"] =>
    Object.fromEntries(Object.entries(params).map(([name, p]) => [name, { ...p, data: p.data.slice() }]));
  const encoder = { ...model.encoder, params: copy(model.encoder.params) };
  return createModel(encoder, model.settings, copy(model.headParams));
}
