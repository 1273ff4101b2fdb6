/** What tokenizing gives: token ids of one text or pair, and batches of them, packed or padded. */
import type { HostTensor } from "../core/tensor.ts";

type Int32Tensor = Extract<HostTensor, { dtype: "int32" }>;
type Float32Tensor = Extract<HostTensor, { dtype: "float32" }>;

/** One text or pair: [CLS] a [SEP] or [CLS] a [SEP] b [SEP]. */
export interface Encoding {
  readonly ids: Int32Array;
  /** 0 for the first text, 1 for the second. */
  readonly typeIds: Int32Array;
}

/**
 * B sentences as P = their tokens one after the other, without padding, and the maps to and from two forms with padding:
 * [B, T], a sentence a row (T = tokens of the longest), and [G, S], for attention: G bins of S places that hold whole
 * sentences side by side.
 */
export interface PackedBatch {
  /** [P] token ids. */
  readonly ids: Int32Tensor;
  /** [P] token types. */
  readonly typeIds: Int32Tensor;
  /** [P] place of each token in its sentence. */
  readonly positions: Int32Tensor;
  /** [P] sentence of each token, 0 .. B-1. */
  readonly sentences: Int32Tensor;
  /** [B, T] 1 for a token, 0 for padding. */
  readonly mask: Float32Tensor;
  /** [B, T] row of P for each place; row 0 where there is padding (the mask makes that harmless). */
  readonly padIndex: Int32Tensor;
  /** [P] place of each row in the flattened [B * T]. */
  readonly unpadIndex: Int32Tensor;
  /** [B] row of P that holds each sentence's [CLS]. */
  readonly clsIndex: Int32Tensor;
  /** [G, S] row of P for each place of a bin; row 0 where there is padding. */
  readonly binIndex: Int32Tensor;
  /** [G, S] sentence of each place, counted from 1; 0 for padding. A token attends to its own sentence's. */
  readonly binSentences: Int32Tensor;
  /** [P] place of each row in the flattened [G * S]. */
  readonly unbinIndex: Int32Tensor;
}

/** B sentences padded to the longest, T tokens: for peers and references. */
export interface PaddedBatch {
  /** [B, T] token ids, [PAD] after the end. */
  readonly ids: Int32Tensor;
  /** [B, T] token types, 0 after the end. */
  readonly typeIds: Int32Tensor;
  /** [B, T] 1 for a token, 0 for padding. */
  readonly mask: Int32Tensor;
}

/** Ids of the five tokens that BERT gives a meaning of its own. */
export interface SpecialIds {
  readonly pad: number;
  readonly unk: number;
  readonly cls: number;
  readonly sep: number;
  readonly mask: number;
}

export interface EncodeOptions {
  /** Most tokens of the result, [CLS] and [SEP] among them. Default 32. */
  readonly maxLength?: number;
  /** A second text: [CLS] text [SEP] pair [SEP]. Default none. */
  readonly pair?: string;
}

/** Text to token ids, as the checkpoint was trained with. */
export interface Tokenizer {
  /** Every id is below it; equal to the rows of the checkpoint's word embeddings, or less. */
  readonly vocabSize: number;
  readonly ids: SpecialIds;
  /**
   * The ids of a text, or of a pair, cut to `maxLength` tokens: from the end, and of a pair from the longer text first.
   * [CLS] and [SEP] always stay.
   */
  encode(text: string, options?: EncodeOptions): Encoding;
  /** The pieces of a text, uncut, without [CLS] and [SEP]. */
  tokens(text: string): string[];
  /** The text of ids as far as it can be had back, without special tokens. */
  decode(ids: ArrayLike<number>): string;
  /** Contents by file name of what `loadTokenizer` needs: to save the tokenizer beside a model. */
  files(): Readonly<Record<"tokenizer.json" | "tokenizer_config.json" | "vocab.txt", string>>;
}
