/** Sentences side by side in bins of equal size, so that attention works on few full rectangles instead of many padded ones. */

export interface Bins {
  /** S: places in a bin. */
  readonly size: number;
  /** The sentences of each bin, in the order in which they stand there. */
  readonly bins: readonly (readonly number[])[];
}

/** Places a bin has at least: products of matrices much smaller than this cost more to begin than to do. */
const LEAST = 32;

/**
 * Puts sentences of the given lengths into bins of one size, each sentence whole: first-fit decreasing. The size is that
 * of the longest sentence, and LEAST or more where there are sentences enough to fill it.
 */
export function packBins(lengths: readonly number[]): Bins {
  const longest = Math.max(...lengths);
  const total = lengths.reduce((a, b) => a + b, 0);
  const size = Math.max(longest, Math.min(LEAST, total));
  const order = [...lengths.keys()].sort((a, b) => (lengths[b] as number) - (lengths[a] as number) || a - b);
  const bins: { room: number; members: number[] }[] = [];
  for (const sentence of order) {
    const length = lengths[sentence] as number;
    let bin = bins.find((b) => b.room >= length);
    if (!bin) {
      bin = { room: size, members: [] };
      bins.push(bin);
    }
    bin.room -= length;
    bin.members.push(sentence);
  }
  return { size, bins: bins.map((b) => b.members) };
}
