/** Texts to vectors: each distinct text once, in batches of texts of like length, through one compiled program. */
import { type FloatTensor, float32 } from "../core/tensor.ts";
import { seedText } from "../data/seed-text.ts";
import { sentenceVectors } from "../encoder/pooling.ts";
import type { Executor, Program } from "../executor/types.ts";
import { packBatch } from "../tokenizer/batch.ts";
import type { Encoding } from "../tokenizer/types.ts";
import { batchInputs, batchOf, batchSymbols } from "./inputs.ts";
import type { FewShotModel } from "./model.ts";

/** Encodes texts with a model's current parameters. */
export interface Embedder {
  /** S texts -> [S, D], row i for text i. Equal texts are encoded once. A vector's last bits depend on the texts beside it. */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<FloatTensor>;
  /** Texts encoded since the start, for whoever counts the work. */
  readonly encoded: number;
  /** Forgets remembered vectors: to be called when the parameters have changed. */
  forget(): void;
  dispose(): Promise<void>;
}

export interface EmbedOptions {
  /** Tokens in a batch, about. Default 2048; 8192 on a GPU. */
  batchTokens?: number;
  /** Called after each batch with the number of distinct texts done. */
  onProgress?: (done: number, total: number) => void;
}

/** A text as token ids, by the model's tokenizer, text form and length. */
export function encodeText(model: FewShotModel, text: string): Encoding {
  const { maxLength, textForm } = model.settings;
  return model.encoder.tokenizer.encode(textForm === "seed" ? seedText(text) : text, { maxLength });
}

export interface EmbedderOptions {
  /** Keep every text's vector, so that a text is encoded once however often it is asked for. Default false. */
  remember?: boolean;
  /** Read the parameters at each call, as a training changes them, instead of once. Default true. */
  follow?: boolean;
}

/** An embedder on this executor. */
export function createEmbedder(model: FewShotModel, executor: Executor, options: EmbedderOptions = {}): Embedder {
  const { config, params } = model.encoder;
  const { pooling, layer } = model.settings;
  const { follow = true } = options;
  const program: Program = executor.program(
    (inputs) => ({ vectors: sentenceVectors(inputs, batchOf(inputs), config, { pooling, layer }) }),
    { symbols: batchSymbols("B") },
  );
  const remembered = new Map<string, Float32Array>();
  let encoded = 0;
  let loaded = false;
  return {
    get encoded() {
      return encoded;
    },
    async embed(texts, settings = {}) {
      const { batchTokens = defaultTokens(executor), onProgress } = settings;
      let done = 0;
      const rows = options.remember ? remembered : new Map<string, Float32Array>();
      const missing = [...new Set(texts)].filter((text) => !rows.has(text));
      const items = missing.map((text) => ({ text, encoding: encodeText(model, text) }));
      if (items.length && (follow || !loaded)) await program.load(params);
      loaded ||= items.length > 0;
      for (const batch of batchesOf(items, batchTokens)) {
        const inputs = batchInputs(packBatch(batch.map((i) => i.encoding)), config);
        const { vectors } = await program.run(inputs);
        const data = (vectors as FloatTensor).data;
        for (const [i, { text }] of batch.entries()) rows.set(text, rowOf(data, i, config.hiddenSize));
        encoded += batch.length;
        done += batch.length;
        onProgress?.(done, missing.length);
      }
      const out = new Float32Array(texts.length * config.hiddenSize);
      for (const [i, text] of texts.entries()) out.set(rows.get(text) as Float32Array, i * config.hiddenSize);
      return float32(out, [texts.length, config.hiddenSize]);
    },
    forget() {
      remembered.clear();
      loaded = false;
    },
    dispose: () => program.dispose(),
  };
}

/** Runs `use` with an embedder that is freed at the end, whatever happens. */
export async function withEmbedder<T>(
  model: FewShotModel,
  executor: Executor,
  options: EmbedderOptions,
  use: (embedder: Embedder) => Promise<T>,
): Promise<T> {
  const embedder = createEmbedder(model, executor, options);
  try {
    return await use(embedder);
  } finally {
    await embedder.dispose();
  }
}

/** Tokens of a batch: as many as keep a processor's caches, or a GPU, busy. */
export function defaultTokens({ ownMemory }: Executor): number {
  return ownMemory ? 8192 : 2048;
}

/** Sorts items by their texts' length and cuts them into batches whose padded size is about `tokens`. */
export function* batchesOf<T extends { encoding: Encoding }>(items: readonly T[], tokens: number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of [...items].sort((a, b) => a.encoding.ids.length - b.encoding.ids.length)) {
    if (batch.length && (batch.length + 1) * item.encoding.ids.length > tokens) {
      yield batch;
      batch = [];
    }
    batch.push(item);
  }
  if (batch.length) yield batch;
}

function rowOf(data: Float32Array, i: number, width: number): Float32Array {
  return data.subarray(i * width, (i + 1) * width);
}
