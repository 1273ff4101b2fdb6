/** Many poolings and layers of one encoder at the cost of one: every batch of texts goes through it once for all of them. */
import { type FloatTensor, float32 } from "../core/tensor.ts";
import { type Pooling, sentenceVectors } from "../encoder/pooling.ts";
import type { Executor } from "../executor/types.ts";
import { packBatch } from "../tokenizer/batch.ts";
import { batchesOf, defaultTokens, type Embedder, encodeText } from "./embed.ts";
import { batchInputs, batchOf, batchSymbols } from "./inputs.ts";
import type { FewShotModel } from "./model.ts";

export interface View {
  readonly pooling: Pooling;
  /** As in ModelSettings: -1 the last, 0 the embeddings. */
  readonly layer: number;
}

export interface Views {
  /** An embedder for each view, in their order; each remembers. A text that one of them encodes is known to all. */
  readonly embedders: readonly Embedder[];
  dispose(): Promise<void>;
}

/**
 * Embedders of a model's encoder and texts' form for other poolings and layers than its own. The program computes all
 * views at once, so equal parts are computed once; the parameters must not change while it is in use.
 */
export function createViews(model: FewShotModel, executor: Executor, views: readonly View[]): Views {
  const { config, params } = model.encoder;
  const width = config.hiddenSize;
  const program = executor.program(
    (inputs) => {
      const batch = batchOf(inputs);
      const pooled = views.map((view) => sentenceVectors(inputs, batch, config, view));
      return Object.fromEntries(pooled.map((vectors, i) => [`view${i}`, vectors]));
    },
    { symbols: batchSymbols("B") },
  );
  const known = views.map(() => new Map<string, Float32Array>());
  let encoded = 0;
  const encode = async (texts: readonly string[], batchTokens = defaultTokens(executor)): Promise<void> => {
    const missing = [...new Set(texts)].filter((text) => !known[0]?.has(text));
    const items = missing.map((text) => ({ text, encoding: encodeText(model, text) }));
    if (items.length) await program.load(params);
    for (const batch of batchesOf(items, batchTokens)) {
      const out = await program.run(batchInputs(packBatch(batch.map((i) => i.encoding)), config));
      for (const [v, rows] of known.entries()) {
        const { data } = out[`view${v}`] as FloatTensor;
        for (const [i, { text }] of batch.entries()) rows.set(text, data.subarray(i * width, (i + 1) * width));
      }
      encoded += batch.length;
    }
  };
  const embedders = known.map(
    (rows): Embedder => ({
      get encoded() {
        return encoded;
      },
      async embed(texts, options = {}) {
        await encode(texts, options.batchTokens);
        const out = new Float32Array(texts.length * width);
        for (const [i, text] of texts.entries()) out.set(rows.get(text) as Float32Array, i * width);
        return float32(out, [texts.length, width]);
      },
      forget() {
        for (const map of known) map.clear();
      },
      dispose: async () => {},
    }),
  );
  return { embedders, dispose: () => program.dispose() };
}
