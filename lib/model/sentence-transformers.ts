/** The three small files by which Python's sentence-transformers makes a BERT folder's vectors as the model does. */
import { depthOf } from "../encoder/pooling.ts";
import type { FewShotModel } from "./model.ts";

/** Its names of the poolings that it has too. */
const MODES = { cls: "pooling_mode_cls_token", mean: "pooling_mode_mean_tokens", max: "pooling_mode_max_tokens" };

/** Why sentence-transformers cannot make this model's vectors; undefined where it can. */
export function beyondSentenceTransformers({ encoder, settings }: FewShotModel): string | undefined {
  const { pooling, layer } = settings;
  const known = Object.keys(MODES);
  if (!known.includes(pooling)) return `it has no pooling ${pooling}, only ${known.join(", ")}`;
  if (depthOf(layer, encoder.config) !== encoder.config.layers)
    return `the model pools layer ${layer}, and it pools the last`;
  return undefined;
}

/** Contents by file name, in the layout that all its versions read. */
export function sentenceTransformersFiles({ encoder, settings }: FewShotModel): Record<string, string> {
  const modules = ["Transformer", "Pooling"].map((type, idx) => ({
    idx,
    name: String(idx),
    path: idx === 0 ? "" : `${idx}_${type}`,
    type: `sentence_transformers.models.${type}`,
  }));
  const modes = Object.entries(MODES).map(([pooling, key]) => [key, pooling === settings.pooling]);
  const pooling = { word_embedding_dimension: encoder.config.hiddenSize, ...Object.fromEntries(modes) };
  // The tokenizer's own options say whether case matters; this one would be a second lower-casing.
  const texts = { max_seq_length: settings.maxLength, do_lower_case: false };
  return {
    "modules.json": json(modules),
    "1_Pooling/config.json": json(pooling),
    "sentence_bert_config.json": json(texts),
  };
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
