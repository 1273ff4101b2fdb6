/** Labels as the losses read them. */
import { type FloatTensor, float32 } from "../core/tensor.ts";
import type { Pair } from "../episodes/types.ts";

/** E lists of M classes 0 .. N-1, or -1 for "other" -> [E, M, N]: 1 at the class, no 1 where there is none. */
export function classLabels(episodes: readonly (readonly number[])[], n: number): FloatTensor {
  const all = episodes.flat();
  const data = new Float32Array(all.length * n);
  for (const [i, label] of all.entries()) if (label >= 0) data[i * n + label] = 1;
  return float32(data, [episodes.length, all.length / episodes.length, n]);
}

/** [R]: 1 for a pair of the same class. */
export function pairLabels(pairs: readonly Pair[]): FloatTensor {
  const data = Float32Array.from(pairs, (p) => (p.same ? 1 : 0));
  return float32(data, [pairs.length]);
}
