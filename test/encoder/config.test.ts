/** config.json in and out. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { configJson, parseConfig } from "../../lib/encoder/config.ts";

/** What Google's bert_config.json of a Chinese BERT holds, made smaller. */
const google = {
  attention_probs_dropout_prob: 0.2,
  directionality: "bidi",
  hidden_act: "gelu",
  hidden_dropout_prob: 0.3,
  hidden_size: 55,
  initializer_range: 0.02,
  intermediate_size: 61,
  max_position_embeddings: 37,
  num_attention_heads: 5,
  num_hidden_layers: 3,
  pooler_fc_size: 55,
  type_vocab_size: 2,
  vocab_size: 701,
};

describe("parseConfig", () => {
  it("reads Google's form, which says nothing of the epsilon and the padding", () => {
    expect(parseConfig(google, "bert_config.json")).toEqual({
      vocabSize: 701,
      hiddenSize: 55,
      layers: 3,
      heads: 5,
      intermediateSize: 61,
      hiddenAct: "gelu",
      maxPositions: 37,
      typeVocabSize: 2,
      layerNormEps: 1e-12,
      hiddenDropout: 0.3,
      attentionDropout: 0.2,
      padId: 0,
    });
  });

  it("reads what Hugging Face writes", () => {
    const file = "test/fixtures/encoder/tiny-zh/config.json";
    const config = parseConfig(JSON.parse(readFileSync(file, "utf8")), file);
    expect(config).toMatchObject({ vocabSize: 701, hiddenSize: 44, layers: 3, heads: 4, intermediateSize: 61 });
    expect(config).toMatchObject({ maxPositions: 37, hiddenDropout: 0.1, attentionDropout: 0.1, layerNormEps: 1e-12 });
  });

  it.each([
    ["gelu", "gelu"],
    ["gelu_new", "gelu_new"],
    ["gelu_pytorch_tanh", "gelu_new"],
    ["relu", "relu"],
  ])("knows the activation %s", (name, meaning) => {
    expect(parseConfig({ ...google, hidden_act: name }, "x").hiddenAct).toBe(meaning);
  });

  it.each([
    [{ model_type: "roberta" }, 'dir/config.json: model_type is "roberta"; supported is "bert" alone'],
    [{ position_embedding_type: "relative_key" }, 'position_embedding_type is "relative_key"; supported is "absolute"'],
    [{ is_decoder: true }, "is_decoder is true; supported is false alone"],
    [{ hidden_act: "silu" }, 'hidden_act is "silu"; supported are gelu, gelu_new, gelu_pytorch_tanh and relu'],
    [{ hidden_act: "toString" }, 'hidden_act is "toString"'],
    [{ hidden_act: 3 }, "hidden_act is 3"],
    [{ vocab_size: undefined }, "vocab_size is missing; wanted a positive whole number"],
    [{ num_hidden_layers: 0 }, "num_hidden_layers is 0; wanted a positive whole number"],
    [{ hidden_size: 55.5 }, "hidden_size is 55.5; wanted a positive whole number"],
    [{ intermediate_size: "61" }, 'intermediate_size is "61"; wanted a positive whole number'],
    [{ num_attention_heads: 3 }, "hidden_size is 55 and num_attention_heads 3; wanted a hidden size that the heads"],
    [{ hidden_dropout_prob: 1 }, "hidden_dropout_prob is 1; wanted a share from 0 to below 1"],
    [{ layer_norm_eps: 0 }, "layer_norm_eps is 0; wanted a small number above 0"],
    [{ pad_token_id: -1 }, "pad_token_id is -1; wanted a token id"],
    [{ pad_token_id: 701 }, "pad_token_id is 701, but the vocabulary has 701 tokens"],
  ])("refuses %j", (change, message) => {
    const read = () => parseConfig({ ...google, ...change }, "dir/config.json");
    expect(read).toThrow(InputError);
    expect(read).toThrow(message);
  });

  it("refuses what is no object", () => {
    for (const json of [null, [google], "bert"])
      expect(() => parseConfig(json, "config.json")).toThrow("config.json: wanted a JSON object with BERT's sizes");
  });
});

describe("configJson", () => {
  it("is read back as the same configuration", () => {
    const config = parseConfig({ ...google, hidden_act: "gelu_new", pad_token_id: 5, layer_norm_eps: 1e-7 }, "x");
    expect(parseConfig(JSON.parse(JSON.stringify(configJson(config))), "y")).toEqual(config);
  });

  it("names the architecture for Hugging Face", () => {
    expect(configJson(parseConfig(google, "x"))).toMatchObject({ architectures: ["BertModel"], model_type: "bert" });
  });
});
