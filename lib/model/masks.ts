/** The dropout masks of a batch, drawn: the inputs that `dropoutOf` finds again. */
import type { Random } from "../core/random.ts";
import type { Tensors } from "../core/tensor.ts";
import type { BertConfig } from "../encoder/config.ts";
import { dropoutMasks, type MaskOptions } from "../encoder/dropout.ts";
import type { PackedBatch } from "../tokenizer/types.ts";
import { dropoutMask, maskMaker } from "../train/dropout.ts";
import { dropoutInputs } from "./inputs.ts";

/** One mask a place, each from a stream of its own name. */
export function drawMasks(config: BertConfig, batch: PackedBatch, rng: Random, options: MaskOptions): Tensors {
  const [sentences, longest] = batch.mask.shape as [number, number];
  const bins = batch.binSentences.shape as [number, number];
  const sizes = { sentences, longest, bins, tokens: batch.ids.data.length };
  const maker = maskMaker();
  const specs = dropoutMasks(config, sizes, options);
  return dropoutInputs(
    Object.fromEntries(specs.map((s) => [s.name, dropoutMask(s.shape, s.rate, rng.stream(s.name), maker)])),
  );
}
