/** Dropout masks, drawn outside the program and given to it as inputs. */
import type { Random } from "../core/random.ts";
import { type FloatTensor, float32, sizeOf } from "../core/tensor.ts";

const CHUNK = 4096; // random numbers at a time: they stay in the cache

/**
 * A mask of the given shape: 0 with chance `rate` (to 2^-32), else 1 / (1 - rate), so that its mean is 1.
 * It takes one number of the generator for each of its own; at rate 0 none.
 */
export function dropoutMask(shape: readonly number[], rate: number, rng: Random): FloatTensor {
  if (!(rate >= 0 && rate < 1)) throw new RangeError(`dropout: the rate is ${rate}, wanted 0 or more and below 1`);
  const out = new Float32Array(sizeOf(shape));
  if (rate === 0) return float32(out.fill(1), shape);
  const dropped = Math.round(rate * 4294967296); // so many of the 2^32 values
  const kept = 1 / (1 - rate);
  const chunk = new Uint32Array(Math.min(CHUNK, out.length));
  for (let start = 0; start < out.length; start += CHUNK) {
    const n = Math.min(CHUNK, out.length - start);
    rng.fillUint32(n < chunk.length ? chunk.subarray(0, n) : chunk);
    // A product, as a branch that chance takes is slow.
    for (let i = 0; i < n; i++) out[start + i] = Number(chunk[i]! >= dropped) * kept;
  }
  return float32(out, shape);
}
