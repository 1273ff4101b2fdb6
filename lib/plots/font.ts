/** Widths of letters from TrueType files, so that static pictures are laid out as they are drawn. */

export interface Font {
  /** Width of a letter in em; undefined where the font has none. */
  advance(codePoint: number): number | undefined;
}

/**
 * Reads the advance widths of a TrueType font from its tables cmap, head, hhea and hmtx (OpenType specification 1.9,
 * chapters of these names). Only cmap formats 4 and 12 are read, which all Unicode fonts have.
 */
export function readFont(bytes: Uint8Array): Font {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const table = (tag: string): number => {
    for (let i = 0; i < view.getUint16(4); i++) {
      const entry = 12 + 16 * i;
      if (String.fromCharCode(...bytes.subarray(entry, entry + 4)) === tag) return view.getUint32(entry + 8);
    }
    throw new Error(`the font has no table ${tag}`);
  };
  const unitsPerEm = view.getUint16(table("head") + 18);
  const metrics = view.getUint16(table("hhea") + 34);
  const hmtx = table("hmtx");
  const glyph = characterMap(view, table("cmap"));
  return {
    advance(codePoint) {
      const g = glyph(codePoint);
      return g === 0 ? undefined : view.getUint16(hmtx + 4 * Math.min(g, metrics - 1)) / unitsPerEm;
    },
  };
}

/** Code point to glyph, 0 for none, from the best subtable: format 12 before format 4. */
function characterMap(view: DataView, cmap: number): (codePoint: number) => number {
  const offsets = Array.from({ length: view.getUint16(cmap + 2) }, (_, i) => cmap + view.getUint32(cmap + 8 + 8 * i));
  const at12 = offsets.find((at) => view.getUint16(at) === 12);
  if (at12 !== undefined) return (c) => fromGroups(view, at12, c);
  const at4 = offsets.find((at) => view.getUint16(at) === 4);
  if (at4 !== undefined) return (c) => fromSegments(view, at4, c);
  throw new Error("the font has no character map of format 4 or 12");
}

function fromGroups(view: DataView, at: number, c: number): number {
  for (let low = 0, high = view.getUint32(at + 12) - 1; low <= high; ) {
    const middle = (low + high) >> 1;
    const group = at + 16 + 12 * middle;
    if (c < view.getUint32(group)) high = middle - 1;
    else if (c > view.getUint32(group + 4)) low = middle + 1;
    else return view.getUint32(group + 8) + c - view.getUint32(group);
  }
  return 0;
}

function fromSegments(view: DataView, at: number, c: number): number {
  const double = view.getUint16(at + 6); // twice the number of segments
  for (let i = 0; i < double; i += 2) {
    if (c > view.getUint16(at + 14 + i)) continue;
    const start = view.getUint16(at + 16 + double + i);
    if (c < start) return 0;
    const delta = view.getUint16(at + 16 + 2 * double + i);
    const rangeAt = at + 16 + 3 * double + i;
    const range = view.getUint16(rangeAt);
    if (range === 0) return (c + delta) & 0xffff;
    const g = view.getUint16(rangeAt + range + 2 * (c - start));
    return g === 0 ? 0 : (g + delta) & 0xffff;
  }
  return 0;
}
