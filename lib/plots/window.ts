/** plotly.js in a browser window without a browser: jsdom, and what plotly asks of a window that jsdom lacks. */
import { readFile } from "node:fs/promises";
import { random } from "../core/random.ts";
import { fontPaths, kitRequire, plotlyPath } from "./assets.ts";
import { type Box, boxOf, pageBoxOf, type SvgElement, textLength } from "./boxes.ts";
import { installCanvas } from "./canvas.ts";
import type { Figure } from "./figure.ts";
import { readFont } from "./font.ts";

export interface PlotWindow {
  /** The SVG text of a figure: the same text for the same figure. One at a time. */
  draw(figure: Figure, width: number, height: number): Promise<string>;
}

/** The part of jsdom that is used. Its own types would bring the browser's globals into the whole kit. */
interface Jsdom {
  readonly JSDOM: new (html: string, options: object) => { readonly window: Window };
  readonly VirtualConsole: new () => object;
}

interface Window {
  readonly SVGElement: { readonly prototype: object };
  readonly HTMLCanvasElement: { readonly prototype: object };
  readonly URL: object;
  readonly Math: { random: () => number };
  readonly Plotly: { toImage(figure: object, options: object): Promise<string> };
  eval(code: string): void;
}

/** Opens a window with plotly.js, which takes about a second. */
export async function openWindow(): Promise<PlotWindow> {
  const { JSDOM, VirtualConsole } = kitRequire()("jsdom") as Jsdom;
  const virtualConsole = new VirtualConsole(); // without listeners: jsdom's notes on what it lacks are not for readers
  const options = { runScripts: "outside-only", pretendToBeVisual: true, virtualConsole };
  const { window } = new JSDOM("<!doctype html><body></body>", options);
  installLacking(window, await measureText());
  window.eval(await readFile(plotlyPath(), "utf8"));
  return { draw: (figure, width, height) => draw(window, figure, width, height) };
}

async function draw(window: Window, figure: Figure, width: number, height: number): Promise<string> {
  const numbers = random("plotly"); // its element ids are random: the same ones for every figure
  window.Math.random = () => numbers.next();
  const { data, layout } = structuredClone({ data: figure.data, layout: figure.layout }); // plotly writes into them
  const config = { staticPlot: true, typesetMath: false };
  return window.Plotly.toImage(
    { data, layout: { ...layout, width, height }, config },
    { format: "svg", width, height, imageDataOnly: true },
  );
}

/** Widths of texts in em, letter by letter from the fonts that pictures are drawn with. */
async function measureText(): Promise<(text: string) => number> {
  const [regular, , chinese] = fontPaths();
  const fonts = [readFont(await readFile(regular)), readFont(await readFile(chinese))] as const;
  return (text) => {
    let em = 0;
    for (const letter of text) {
      const code = letter.codePointAt(0) as number;
      em += fonts[0].advance(code) ?? fonts[1].advance(code) ?? 0.6;
    }
    return em;
  };
}

function installLacking(window: Window, measure: (text: string) => number): void {
  const { TextDecoder, TextEncoder, ReadableStream, Response, Request } = globalThis;
  Object.assign(window, { TextDecoder, TextEncoder, ReadableStream, Response, Request });
  Object.assign(window.URL, { createObjectURL: () => "blob:none", revokeObjectURL: () => {} });
  const never = {
    matches: false,
    addListener() {},
    removeListener() {},
    addEventListener() {},
    removeEventListener() {},
  };
  // Not "pixelated": heat maps are then made in full size, not as a small picture to be scaled up.
  Object.assign(window, { matchMedia: () => never, CSS: { supports: () => false } });
  installCanvas(window.HTMLCanvasElement.prototype, measure);
  const identity = { a: 1, b: 0, c: 0, d: 1, e: 0, f: 0, inverse: () => identity };
  Object.assign(window.SVGElement.prototype, {
    getBBox(this: SvgElement): Box {
      return boxOf(this, measure);
    },
    getBoundingClientRect(this: SvgElement) {
      const box = pageBoxOf(this, measure);
      return { ...box, left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height };
    },
    getComputedTextLength(this: SvgElement): number {
      return textLength(this, measure);
    },
    getScreenCTM: () => identity,
    getCTM: () => identity,
  });
}
