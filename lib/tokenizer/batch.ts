/** Batches of encodings: packed for our encoder, padded for peers and references. */
import { InputError } from "../core/errors.ts";
import { float32, int32 } from "../core/tensor.ts";
import { type Bins, packBins } from "./bins.ts";
import type { Encoding, PackedBatch, PaddedBatch } from "./types.ts";

/** The tokens of B sentences one after the other, and the maps to and from [B, T] and [G, S]. Default bins: packBins'. */
export function packBatch(encodings: readonly Encoding[], bins?: Bins): PackedBatch {
  const B = encodings.length;
  const T = longest(encodings);
  const P = encodings.reduce((sum, encoding) => sum + encoding.ids.length, 0);
  const ids = new Int32Array(P);
  const typeIds = new Int32Array(P);
  const positions = new Int32Array(P);
  const sentences = new Int32Array(P);
  const mask = new Float32Array(B * T);
  const padIndex = new Int32Array(B * T);
  const unpadIndex = new Int32Array(P);
  const clsIndex = new Int32Array(B);
  let row = 0;
  for (const [b, encoding] of encodings.entries()) {
    ids.set(encoding.ids, row);
    typeIds.set(encoding.typeIds, row);
    clsIndex[b] = row;
    for (let t = 0; t < encoding.ids.length; t++, row++) {
      positions[row] = t;
      sentences[row] = b;
      unpadIndex[row] = b * T + t;
      padIndex[b * T + t] = row;
      mask[b * T + t] = 1;
    }
  }
  return {
    ids: int32(ids, [P]),
    typeIds: int32(typeIds, [P]),
    positions: int32(positions, [P]),
    sentences: int32(sentences, [P]),
    mask: float32(mask, [B, T]),
    padIndex: int32(padIndex, [B, T]),
    unpadIndex: int32(unpadIndex, [P]),
    clsIndex: int32(clsIndex, [B]),
    ...binned(encodings, clsIndex, bins),
  };
}

/** Where the tokens stand in bins; sentence b begins at row `starts[b]`. */
function binned(
  encodings: readonly Encoding[],
  starts: Int32Array,
  given?: Bins,
): Pick<PackedBatch, "binIndex" | "binSentences" | "unbinIndex"> {
  const lengths = encodings.map(({ ids }) => ids.length);
  const { size, bins } = given ?? packBins(lengths);
  const rows = new Int32Array(bins.length * size);
  const sentences = new Int32Array(bins.length * size);
  const places = new Int32Array(lengths.reduce((a, b) => a + b, 0));
  for (const [g, members] of bins.entries()) {
    let place = g * size;
    for (const b of members) {
      for (let t = 0; t < (lengths[b] as number); t++, place++) {
        const row = (starts[b] as number) + t;
        rows[place] = row;
        sentences[place] = b + 1;
        places[row] = place;
      }
    }
  }
  const shape = [bins.length, size];
  return {
    binIndex: int32(rows, shape),
    binSentences: int32(sentences, shape),
    unbinIndex: int32(places, [places.length]),
  };
}

export interface PadOptions {
  /** T, where it is to be more than the longest sentence has. Default: as the longest. */
  readonly length?: number;
}

/** B sentences as [B, T], with `padId` after each one's end. */
export function padBatch(encodings: readonly Encoding[], padId: number, options: PadOptions = {}): PaddedBatch {
  const B = encodings.length;
  const most = longest(encodings);
  const T = options.length ?? most;
  if (!(Number.isInteger(T) && T >= most))
    throw new InputError(`padBatch: length is ${T}, but the longest sentence has ${most} tokens`);
  const ids = new Int32Array(B * T).fill(padId);
  const typeIds = new Int32Array(B * T);
  const mask = new Int32Array(B * T);
  for (const [b, encoding] of encodings.entries()) {
    ids.set(encoding.ids, b * T);
    typeIds.set(encoding.typeIds, b * T);
    mask.fill(1, b * T, b * T + encoding.ids.length);
  }
  return { ids: int32(ids, [B, T]), typeIds: int32(typeIds, [B, T]), mask: int32(mask, [B, T]) };
}

/** T, after a check that there is anything to batch. */
function longest(encodings: readonly Encoding[]): number {
  if (encodings.length === 0) throw new InputError("cannot make a batch of no sentences; wanted at least one");
  let most = 0;
  for (const [b, { ids }] of encodings.entries()) {
    if (ids.length === 0) throw new InputError(`sentence ${b} of the batch has no tokens, not even [CLS]`);
    most = Math.max(most, ids.length);
  }
  return most;
}
