/** A batch in parts of few sentences each, with the dropout masks that the sentences have in the whole. */
import { type FloatTensor, float32, type Tensors, takeRows } from "../core/tensor.ts";
import type { BertConfig } from "../encoder/config.ts";
import { packBatch } from "../tokenizer/batch.ts";
import type { Encoding } from "../tokenizer/types.ts";
import { BATCH, batchInputs, DROPOUT } from "./inputs.ts";

export interface BatchPart {
  /** Sentences of the whole batch, in their order: sentence i of the part is number `sentences[i]`. */
  readonly sentences: readonly number[];
  /** The part's batch and dropout masks. */
  readonly inputs: Tensors;
}

/**
 * The batch and masks among `inputs` in parts of at most `most` sentences, or of one bin of attention's where that holds
 * more: bins stay whole, so that every token keeps its mask.
 */
export function splitBatch(inputs: Tensors, config: BertConfig, most: number): BatchPart[] {
  const numbers = (name: string): ArrayLike<number> => (inputs[BATCH + name] as Tensors[string]).data;
  const [ids, typeIds] = [numbers("ids"), numbers("typeIds")];
  const starts = numbers("clsIndex"); // a sentence's rows stand together
  const rowsOf = (s: number): number[] => range(starts[s] as number, starts[s + 1] ?? ids.length);
  const { shape, data } = inputs[`${BATCH}binSentences`] as Tensors[string];
  const [count, size] = shape as [number, number];
  const bins = Array.from({ length: count }, (_, g) => {
    const places = Array.from(data.slice(g * size, (g + 1) * size) as Int32Array);
    return [...new Set(places.filter((s) => s > 0))].map((s) => s - 1);
  });
  return grouped(bins, most).map(({ from, to }) => {
    const members = bins.slice(from, to);
    const sentences = members.flat().sort((a, b) => a - b);
    const place = new Map(sentences.map((s, i) => [s, i]));
    const own = { size, bins: members.map((bin) => bin.map((s) => place.get(s) as number)) };
    const tokens = sentences.flatMap(rowsOf);
    const encodings = sentences.map((s): Encoding => {
      const pick = (all: ArrayLike<number>): Int32Array => Int32Array.from(rowsOf(s), (row) => all[row] as number);
      return { ids: pick(ids), typeIds: pick(typeIds) };
    });
    const batch = packBatch(encodings, own);
    const longest = batch.mask.shape[1] as number;
    const masks = Object.entries(inputs).flatMap(([name, mask]): [string, FloatTensor][] => {
      if (!name.startsWith(DROPOUT)) return [];
      const m = mask as FloatTensor;
      // As dropoutSymbols tells them apart: by bins, by sentences, by tokens.
      if (m.shape.length === 4 && m.shape[2] !== 1) return [[name, takeRows(m, range(from, to))]];
      if (m.shape.length === 4) return [[name, cut(takeRows(m, sentences), longest)]];
      return [[name, takeRows(m, m.shape[0] === ids.length ? tokens : sentences)]];
    });
    return { sentences, inputs: { ...batchInputs(batch, config), ...Object.fromEntries(masks) } };
  });
}

/** Runs of bins that hold at most so many sentences together, or one bin alone. */
function grouped(bins: readonly (readonly number[])[], most: number): { from: number; to: number }[] {
  const groups: { from: number; to: number }[] = [];
  let held = 0;
  for (const [g, bin] of bins.entries()) {
    const last = groups.at(-1);
    if (last && held + bin.length <= most) {
      last.to = g + 1;
      held += bin.length;
    } else {
      groups.push({ from: g, to: g + 1 });
      held = bin.length;
    }
  }
  return groups;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** The first `length` numbers along the last axis. */
function cut(mask: FloatTensor, length: number): FloatTensor {
  const last = mask.shape.at(-1) as number;
  const data = Float32Array.from({ length: (mask.data.length / last) * length }, (_, i) => {
    return mask.data[Math.floor(i / length) * last + (i % length)] as number;
  });
  return float32(data, [...mask.shape.slice(0, -1), length]);
}
