/** The sizes and constants of a BERT, from and to the config.json of a checkpoint. */
import { InputError, list } from "../core/errors.ts";

/** gelu: exact, with erf. gelu_new: its tanh approximation. */
export type Activation = "gelu" | "gelu_new" | "relu";

export interface BertConfig {
  readonly vocabSize: number;
  /** D. */
  readonly hiddenSize: number;
  /** L. */
  readonly layers: number;
  /** H; each head is hiddenSize / heads wide. */
  readonly heads: number;
  /** Width of the feed-forward layers. */
  readonly intermediateSize: number;
  readonly hiddenAct: Activation;
  /** Most tokens of a sentence. */
  readonly maxPositions: number;
  readonly typeVocabSize: number;
  readonly layerNormEps: number;
  /** Share dropped after the embeddings and after each dense layer that ends a block, in training. */
  readonly hiddenDropout: number;
  /** Share of attention weights dropped in training. */
  readonly attentionDropout: number;
  readonly padId: number;
}

/** Names in config.json and what they mean here; Hugging Face's approximations by tanh differ in the last bits at most. */
const activations: Readonly<Record<string, Activation>> = {
  gelu: "gelu",
  gelu_new: "gelu_new",
  gelu_pytorch_tanh: "gelu_new",
  relu: "relu",
};

/** Options of later BERTs that change what the model computes, with the values that mean "as in the first one". */
const mustBe: Readonly<Record<string, unknown>> = {
  model_type: "bert",
  position_embedding_type: "absolute",
  is_decoder: false,
  add_cross_attention: false,
};

/**
 * Reads the object of Hugging Face's config.json or Google's bert_config.json, whose keys are the same.
 * `file` names it in messages. Throws InputError for other kinds of models and for sizes that cannot be.
 */
export function parseConfig(json: unknown, file: string): BertConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new InputError(`${file}: wanted a JSON object with BERT's sizes`);
  const values = json as Readonly<Record<string, unknown>>;
  for (const [key, wanted] of Object.entries(mustBe)) {
    const found = values[key];
    if (found !== undefined && found !== null && found !== wanted)
      throw new InputError(`${file}: ${key} is ${JSON.stringify(found)}; supported is ${JSON.stringify(wanted)} alone`);
  }
  const hiddenAct = values.hidden_act ?? "gelu";
  if (typeof hiddenAct !== "string" || !Object.hasOwn(activations, hiddenAct)) {
    const known = list(Object.keys(activations));
    throw new InputError(`${file}: hidden_act is ${JSON.stringify(hiddenAct)}; supported are ${known}`);
  }
  const number = (key: string, ok: (n: number) => boolean, wanted: string, otherwise?: number): number => {
    const found = values[key] ?? otherwise;
    if (typeof found !== "number" || !ok(found))
      throw new InputError(`${file}: ${key} is ${JSON.stringify(found) ?? "missing"}; wanted ${wanted}`);
    return found;
  };
  const size = (key: string, otherwise?: number): number =>
    number(key, (n) => Number.isSafeInteger(n) && n > 0, "a positive whole number", otherwise);
  const share = (key: string): number => number(key, (n) => n >= 0 && n < 1, "a share from 0 to below 1", 0.1);
  const config: BertConfig = {
    vocabSize: size("vocab_size"),
    hiddenSize: size("hidden_size"),
    layers: size("num_hidden_layers"),
    heads: size("num_attention_heads"),
    intermediateSize: size("intermediate_size"),
    hiddenAct: activations[hiddenAct] as Activation,
    maxPositions: size("max_position_embeddings", 512),
    typeVocabSize: size("type_vocab_size", 2),
    layerNormEps: number("layer_norm_eps", (n) => n > 0 && n < 1, "a small number above 0", 1e-12),
    hiddenDropout: share("hidden_dropout_prob"),
    attentionDropout: share("attention_probs_dropout_prob"),
    padId: number("pad_token_id", (n) => Number.isSafeInteger(n) && n >= 0, "a token id", 0),
  };
  const { hiddenSize, heads, padId, vocabSize } = config;
  if (hiddenSize % heads !== 0) {
    throw new InputError(
      `${file}: hidden_size is ${hiddenSize} and num_attention_heads ${heads}; wanted a hidden size that the heads divide`,
    );
  }
  if (padId >= vocabSize)
    throw new InputError(`${file}: pad_token_id is ${padId}, but the vocabulary has ${vocabSize} tokens`);
  return config;
}

/** The object to write as config.json, such that Hugging Face loads the model too. */
export function configJson(config: BertConfig): Record<string, unknown> {
  return {
    architectures: ["BertModel"],
    model_type: "bert",
    vocab_size: config.vocabSize,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    intermediate_size: config.intermediateSize,
    hidden_act: config.hiddenAct,
    max_position_embeddings: config.maxPositions,
    type_vocab_size: config.typeVocabSize,
    layer_norm_eps: config.layerNormEps,
    hidden_dropout_prob: config.hiddenDropout,
    attention_probs_dropout_prob: config.attentionDropout,
    pad_token_id: config.padId,
  };
}
