/** Which dropout masks a batch needs: names and shapes. The numbers are drawn elsewhere and come in as inputs. */
import type { BertConfig } from "./config.ts";

/** One mask: where it applies, its shape and the share of numbers dropped. */
export interface MaskSpec {
  readonly name: string;
  readonly shape: readonly number[];
  readonly rate: number;
}

export interface MaskSizes {
  /** B: sentences. */
  readonly sentences: number;
  /** P: packed tokens. */
  readonly tokens: number;
  /** T: tokens of the longest sentence. */
  readonly longest: number;
  /** G and S: attention's bins, and the places of each. */
  readonly bins: readonly [number, number];
}

export interface MaskOptions {
  /** Layers that are computed. */
  readonly depth: number;
  /** Whether the last of them is computed for the [CLS] rows only. */
  readonly lastClsOnly: boolean;
  /** Share of hidden states dropped. Default: the configuration's. */
  readonly hidden?: number;
  /** Share of attention weights dropped. Default: the configuration's. */
  readonly attention?: number;
}

/**
 * The masks that `bert` applies, by the names it looks for, as Hugging Face's BertModel drops: after the embeddings,
 * and in each layer the attention weights and the results of attention and of the feed-forward part.
 */
export function dropoutMasks(config: BertConfig, sizes: MaskSizes, options: MaskOptions): MaskSpec[] {
  const { depth, lastClsOnly, hidden = config.hiddenDropout, attention = config.attentionDropout } = options;
  const { sentences, tokens, longest, bins } = sizes;
  const [g, s] = bins;
  const specs: MaskSpec[] = [{ name: "embeddings", shape: [tokens, config.hiddenSize], rate: hidden }];
  for (let i = 0; i < depth; i++) {
    const clsOnly = lastClsOnly && i === depth - 1;
    const rows = clsOnly ? sentences : tokens;
    specs.push(
      {
        name: `${i}.weights`,
        shape: clsOnly ? [sentences, config.heads, 1, longest] : [g, config.heads, s, s],
        rate: attention,
      },
      { name: `${i}.attention`, shape: [rows, config.hiddenSize], rate: hidden },
      { name: `${i}.output`, shape: [rows, config.hiddenSize], rate: hidden },
    );
  }
  return specs.filter((spec) => spec.rate > 0);
}
