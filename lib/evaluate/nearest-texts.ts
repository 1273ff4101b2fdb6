/** The texts that a text is nearest to, to be read: what an encoder takes to be alike. */
import { InputError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { LabelledTexts } from "../data/labelled.ts";
import { nearestNeighbours } from "./neighbours.ts";
import { unitRows, vectorsOf } from "./vectors.ts";

/** A text, its class, and its cosine with the query. */
export type NearText = Readonly<{ rank: number; cosine: number; class: string; same: string; text: string }>;

/**
 * Text `query` itself as rank 0, then the `k` others with the highest cosine, nearest first; `same` is "yes" for those of
 * its class. Vectors [B, D], row i of text i. Throws an InputError where texts and vectors do not match or there is no such
 * text.
 */
export function nearestTexts(vectors: FloatTensor, { texts, labels }: LabelledTexts, query: number, k = 5): NearText[] {
  const unit = unitRows(vectorsOf(vectors, "nearest texts", 2));
  if (texts.length !== unit.rows)
    throw new InputError(`nearest texts: got ${texts.length} texts for ${unit.rows} vectors; wanted one for each`);
  if (!(Number.isInteger(query) && query >= 0 && query < unit.rows))
    throw new InputError(`nearest texts: there is no text ${query}; wanted 0 .. ${unit.rows - 1}`);
  const near = nearestNeighbours(unit, k);
  const line = (i: number, rank: number, distance: number): NearText => ({
    rank,
    cosine: Number((1 - distance ** 2 / 2).toFixed(3)),
    class: labels[i] as string,
    same: rank === 0 ? "" : labels[i] === labels[query] ? "yes" : "no",
    text: texts[i] as string,
  });
  const found = Array.from({ length: k }, (_, n) => query * k + n);
  return [
    line(query, 0, 0),
    ...found.map((at, n) => line(near.indices[at] as number, n + 1, near.distances[at] as number)),
  ];
}
