/** Reads PNGs for tests: 8-bit RGB or RGBA without interlacing, which is what the kit writes. */
import { inflateSync } from "node:zlib";

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** `#rrggbb` of a pixel. */
  at(x: number, y: number): string;
  /** Pixels by colour. */
  colours(): Map<string, number>;
  /** The colours of a part, row by row, as one text. */
  part(x0: number, x1: number, y0: number, y1: number): string;
}

export function readPng(bytes: Uint8Array): Picture {
  const buffer = Buffer.from(bytes);
  const parts: Buffer[] = [];
  let [width, height, channels] = [0, 0, 4];
  for (let at = 8; at < buffer.length; ) {
    const length = buffer.readUInt32BE(at);
    const type = buffer.toString("latin1", at + 4, at + 8);
    const data = buffer.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") {
      [width, height] = [data.readUInt32BE(0), data.readUInt32BE(4)];
      channels = data[9] === 2 ? 3 : 4;
      if (data[8] !== 8 || ![2, 6].includes(data[9] as number) || data[12] !== 0)
        throw new Error("another kind of PNG");
    }
    if (type === "IDAT") parts.push(data);
    at += 12 + length;
  }
  const rows = unfilter(inflateSync(Buffer.concat(parts)), width * channels, height, channels);
  const at = (x: number, y: number): string => {
    const start = (y * width + x) * channels;
    return `#${rows.subarray(start, start + 3).toString("hex")}`;
  };
  const places = (x0: number, x1: number, y0: number, y1: number): string[] => {
    const out: string[] = [];
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) out.push(at(x, y));
    return out;
  };
  return {
    width,
    height,
    at,
    colours() {
      const counts = new Map<string, number>();
      for (const colour of places(0, width, 0, height)) counts.set(colour, (counts.get(colour) ?? 0) + 1);
      return counts;
    },
    part: (...sides) => places(...sides).join(""),
  };
}

/** Undoes the five filters of the PNG specification. */
function unfilter(raw: Buffer, stride: number, height: number, channels: number): Buffer {
  const out = Buffer.alloc(stride * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    for (let i = 0; i < stride; i++) {
      const left = i >= channels ? (out[y * stride + i - channels] as number) : 0;
      const up = y > 0 ? (out[(y - 1) * stride + i] as number) : 0;
      const corner = y > 0 && i >= channels ? (out[(y - 1) * stride + i - channels] as number) : 0;
      const add = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter as number] as number;
      out[y * stride + i] = ((raw[y * (stride + 1) + 1 + i] as number) + add) & 255;
    }
  }
  return out;
}

function paeth(left: number, up: number, corner: number): number {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}
