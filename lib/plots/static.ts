/** Figures as pictures, SVG and PNG, without a browser and with fonts of their own, so that they look the same everywhere. */
import { InputError } from "../core/errors.ts";
import { fontPaths } from "./assets.ts";
import type { Figure } from "./figure.ts";
import { openWindow, type PlotWindow } from "./window.ts";

export interface SvgOptions {
  /** In pixels. Default: the width in the figure's layout, or 800. */
  width?: number;
  /** In pixels. Default: the height in the figure's layout, or 500. */
  height?: number;
}

export interface PngOptions extends SvgOptions {
  /** Pixels of the picture for one of the layout. Default 2, sharp on most screens. */
  scale?: number;
}

const WEB_GL = new Set([
  ...["scattergl", "scatterpolargl", "splom", "parcoords", "scatter3d", "surface", "mesh3d", "isosurface", "volume"],
  ...["cone", "streamtube", "scattermap", "choroplethmap", "densitymap"],
]);

let shared: Promise<PlotWindow> | undefined; // opening takes a second
let last: Promise<unknown> = Promise.resolve(); // a window draws one figure at a time

/**
 * A figure as SVG text, equal figures as equal texts. (Heat maps hold a compressed picture: there, with one version of
 * Node.) Letters stay text, so that a browser shows them in its own fonts where it lacks DejaVu Sans.
 * An InputError names a trace of a kind that needs WebGL (`scattergl`, `scatter3d`, ...), which comes out empty here.
 */
export async function figureSvg(figure: Figure, options: SvgOptions = {}): Promise<string> {
  refuseWebGl(figure);
  const { width, height } = sizeOf(figure, options);
  shared ??= openWindow().catch((error) => {
    shared = undefined;
    throw error;
  });
  const window = await shared;
  const drawn = last.then(() => window.draw(figure, width, height));
  last = drawn.catch(() => {});
  return drawn;
}

/** A figure as the bytes of a PNG, drawn with fonts that come with the kit, Chinese among them. Errors as in figureSvg. */
export async function figurePng(figure: Figure, options: PngOptions = {}): Promise<Uint8Array> {
  return svgToPng(await figureSvg(figure, options), options.scale);
}

/** The size that a figure is drawn in. InputError where it is no number of pixels. */
export function sizeOf({ layout }: Figure, options: SvgOptions): { readonly width: number; readonly height: number } {
  return {
    width: pixels("width", options.width ?? layout.width ?? 800),
    height: pixels("height", options.height ?? layout.height ?? 500),
  };
}

/** SVG text as the bytes of a PNG, `scale` times as large (default 2). */
export async function svgToPng(svg: string, scale = 2): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const font = { loadSystemFonts: false, fontFiles: fontPaths(), defaultFontFamily: "DejaVu Sans" };
  return new Resvg(keepLatinFont(svg), {
    font: { ...font, sansSerifFamily: "DejaVu Sans" },
    fitTo: { mode: "zoom", value: pixels("scale", scale) },
    background: "white",
  })
    .render()
    .asPng();
}

const CHINESE = /[\u2e80-\uffef]/u;
// A letter that DejaVu Sans has and the Chinese font lacks: an empty Braille cell, too small to take room.
const BLANK = '<tspan style="font-size:0.01px">\u2800</tspan>';

/**
 * Keeps Latin letters beside Chinese ones in their font. resvg draws a whole text in the font of its Chinese letters
 * where that font has all of its letters, and takes only those that are missing where it does not: hence the blank. For
 * that it needs as many glyphs from either font, so f and i must not join into one.
 */
function keepLatinFont(svg: string): string {
  return svg.replace(/<text[\s\S]*?<\/text>/g, (text) => {
    if (!CHINESE.test(text)) return text;
    return text.replace(/>([^<]+)(?=<)/g, (all, letters: string) => {
      return all.replace(/f(?=[fijlt])/g, "f\u200c") + (CHINESE.test(letters) ? BLANK : "");
    });
  });
}

function refuseWebGl(figure: Figure): void {
  figure.data.forEach(({ type, name }, i) => {
    if (!WEB_GL.has(type)) return;
    const what = `trace ${i}${typeof name === "string" ? ` '${name}'` : ""} is a ${type}`;
    throw new InputError(`drawing a figure as a picture: ${what}, which needs WebGL; use scatter or heatmap instead`);
  });
}

function pixels(name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && value <= 20_000) return value;
  throw new InputError(`drawing a figure as a picture: ${name} is ${value}, but it must be a number in (0, 20000]`);
}
