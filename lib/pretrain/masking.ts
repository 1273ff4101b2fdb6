/** Dynamic masking (Devlin et al. 2019; anew at each visit as Liu et al. 2019): which tokens are asked for, and what stands there. */
import type { Random } from "../core/random.ts";
import { float32, int32, type Tensors } from "../core/tensor.ts";
import type { PackedBatch, SpecialIds } from "../tokenizer/types.ts";

export interface MaskingOptions {
  /** Share of tokens asked for. Default 0.15. */
  share?: number;
}

/** A batch's ids with masks in them, and the inputs of `mlmLoss` that say where. */
export interface Masked {
  /** [P] */
  readonly ids: PackedBatch["ids"];
  readonly inputs: Tensors;
}

/**
 * Chooses tokens other than [CLS] and [SEP]; of those 80 % become [MASK], 10 % a random token, 10 % stay. At least one
 * token of the batch is chosen.
 */
export function maskBatch(
  batch: PackedBatch,
  special: SpecialIds,
  vocabSize: number,
  rng: Random,
  options: MaskingOptions = {},
): Masked {
  const { share = 0.15 } = options;
  const ids = Int32Array.from(batch.ids.data);
  const places = new Int32Array(ids.length);
  const chosen = new Float32Array(ids.length);
  const rows: number[] = [];
  const fixed = new Set([special.cls, special.sep]);
  const choose = (i: number): void => {
    places[i] = rows.length;
    chosen[i] = 1;
    rows.push(i);
  };
  for (let i = 0; i < ids.length; i++) if (!fixed.has(ids[i] as number) && rng.next() < share) choose(i);
  if (!rows.length) choose(1); // the token after the first [CLS]
  const targets = rows.map((i) => ids[i] as number);
  for (const i of rows) {
    const u = rng.next();
    if (u < 0.8) ids[i] = special.mask;
    else if (u < 0.9) ids[i] = rng.int(vocabSize);
  }
  const [p, r] = [[ids.length], [rows.length]];
  return {
    ids: int32(ids, p),
    inputs: {
      "masked.rows": int32(rows, r),
      "masked.places": int32(places, p),
      "masked.chosen": float32(chosen, p),
      "masked.targets": int32(targets, r),
    },
  };
}

/** Symbolic sizes of those inputs. */
export const MASKED_SYMBOLS = {
  "masked.rows": ["R"],
  "masked.places": ["P"],
  "masked.chosen": ["P"],
  "masked.targets": ["R"],
} as const;
