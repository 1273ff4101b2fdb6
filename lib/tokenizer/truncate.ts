/** Which part of two texts stays when both together are too long: "longest first", as Hugging Face's tokenizers cut. */

/** Both lists cut from their ends so that together they have at most `room` ids. */
export function truncatedPair(a: readonly number[], b: readonly number[], room: number): [number[], number[]] {
  const [shorter, longer] = a.length > b.length ? [b.length, a.length] : [a.length, b.length];
  let keepShorter = shorter;
  let keepLonger = Math.max(shorter, room - shorter); // the longer one gives way first, down to the shorter one's length
  if (shorter + keepLonger > room) {
    keepShorter = Math.floor(room / 2);
    keepLonger = room - keepShorter;
  }
  keepLonger = Math.min(keepLonger, longer);
  return a.length > b.length
    ? [a.slice(0, keepLonger), b.slice(0, keepShorter)]
    : [a.slice(0, keepShorter), b.slice(0, keepLonger)];
}
