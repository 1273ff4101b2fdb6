/** The few calls of an HTML canvas that plotly makes for heat maps, as pixels in memory and a PNG. */
import { crc32, deflateSync } from "node:zlib";

/** What is needed of a canvas element, without the browser's types. */
export interface CanvasElement {
  readonly width: number;
  readonly height: number;
}

interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Gives the canvas elements of a window their pixels. Text and paths are not drawn: plotly makes those as SVG. */
export function installCanvas(prototype: object, measure: (text: string) => number): void {
  const store = new WeakMap<CanvasElement, Uint8ClampedArray>();
  const pixelsOf = (canvas: CanvasElement): Uint8ClampedArray => {
    const size = canvas.width * canvas.height * 4;
    let pixels = store.get(canvas);
    if (pixels?.length !== size) {
      pixels = new Uint8ClampedArray(size);
      store.set(canvas, pixels);
    }
    return pixels;
  };
  Object.assign(prototype, {
    getContext(this: CanvasElement, kind: string) {
      return kind === "2d" ? context(this, () => pixelsOf(this), measure) : null;
    },
    toDataURL(this: CanvasElement) {
      return `data:image/png;base64,${encodePng(this.width, this.height, pixelsOf(this)).toString("base64")}`;
    },
  });
}

function context(canvas: CanvasElement, pixels: () => Uint8ClampedArray, measure: (text: string) => number): object {
  const nothing = (): void => {};
  return {
    canvas,
    fillStyle: "#000000",
    createImageData: (width: number, height: number): Pixels => {
      return { width, height, data: new Uint8ClampedArray(width * height * 4) };
    },
    putImageData(image: Pixels, x: number, y: number) {
      for (let row = 0; row < image.height; row++) {
        const line = image.data.subarray(row * image.width * 4, (row + 1) * image.width * 4);
        pixels().set(line, ((y + row) * canvas.width + x) * 4);
      }
    },
    getImageData(x: number, y: number, width: number, height: number): Pixels {
      const data = new Uint8ClampedArray(width * height * 4);
      for (let row = 0; row < height; row++) {
        const start = ((y + row) * canvas.width + x) * 4;
        data.set(pixels().subarray(start, start + width * 4), row * width * 4);
      }
      return { width, height, data };
    },
    fillRect(this: { fillStyle: unknown }, x: number, y: number, width: number, height: number) {
      const colour = parseColour(String(this.fillStyle));
      const right = Math.min(canvas.width, Math.round(x + width));
      const bottom = Math.min(canvas.height, Math.round(y + height));
      for (let row = Math.max(0, Math.round(y)); row < bottom; row++) {
        for (let column = Math.max(0, Math.round(x)); column < right; column++) {
          pixels().set(colour, (row * canvas.width + column) * 4);
        }
      }
    },
    measureText: (text: string) => ({ width: 12 * measure(text) }),
    ...{ clearRect: nothing, fillText: nothing, drawImage: nothing, save: nothing, restore: nothing },
    ...{ setTransform: nothing, beginPath: nothing, fill: nothing, stroke: nothing },
  };
}

/** `rgb(1, 2, 3)`, `rgba(1, 2, 3, 0.5)` and `#010203`, which is how plotly writes colours; black for anything else. */
function parseColour(text: string): [number, number, number, number] {
  const list = /^rgba?\(([^)]*)\)/.exec(text)?.[1]?.split(",").map(Number);
  if (list) return [list[0] ?? 0, list[1] ?? 0, list[2] ?? 0, 255 * (list[3] ?? 1)];
  const hex = /^#([0-9a-f]{6})$/i.exec(text)?.[1];
  const n = Number.parseInt(hex ?? "0", 16);
  return [n >> 16, (n >> 8) & 255, n & 255, 255];
}

/** A PNG of 8-bit RGBA pixels (PNG specification, second edition). */
export function encodePng(width: number, height: number, rgba: Uint8ClampedArray): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, RGBA, no interlacing
  const rows = Buffer.alloc(height * (width * 4 + 1)); // a zero before each row: no filter
  for (let y = 0; y < height; y++) {
    rows.set(rgba.subarray(y * width * 4, (y + 1) * width * 4), y * (width * 4 + 1) + 1);
  }
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, "latin1");
  data.copy(bytes, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}
