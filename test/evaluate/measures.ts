/** What test/reference/measures.py computed with numpy, scipy and scikit-learn, and sets of vectors for the tests. */
import { readFileSync } from "node:fs";
import { random } from "../../lib/core/random.ts";
import { type FloatTensor, float32 } from "../../lib/core/tensor.ts";

interface ReferenceSet {
  readonly shape: [number, number];
  readonly vectors: number[];
  readonly labels: number[];
  readonly others: number[];
  readonly hub: number;
  readonly geometry: Record<string, number> & { nearestAccuracy: Record<"euclidean" | "cosine", number> };
  readonly pca: { points: number[]; others: number[]; explained: [number, number]; axes: number[][] };
}

export interface ReferencePair {
  readonly a: number[];
  readonly b: number[];
  readonly mean: number;
  readonly p: number;
}

export const REFERENCE = JSON.parse(readFileSync("test/fixtures/evaluate/measures.json", "utf8")) as {
  readonly sets: ReferenceSet[];
  readonly curves: {
    readonly score: number[];
    readonly known: boolean[];
    readonly right: boolean[];
    readonly roc: { otherAccepted: number[]; knownAccepted: number[]; area: number };
    readonly risk: { coverage: number[]; risk: number[]; area: number; excess: number };
  };
  readonly paired: { readonly exact: ReferencePair; readonly sampled: ReferencePair };
};

/** `rows` vectors of `width`: classes 0, 1, 2 in turn, each a ball of radius about 1 at `far` from the origin on its own axis. */
export function blobs(rows: number, width: number, far: number, seed = 5): { vectors: FloatTensor; labels: number[] } {
  const rng = random(seed);
  const labels = Array.from({ length: rows }, (_, i) => i % 3);
  const data = labels.flatMap((c) =>
    Array.from({ length: width }, (_, j) => rng.normal() / Math.sqrt(width) + (j === c ? far : 0)),
  );
  return { vectors: float32(data, [rows, width]), labels };
}
