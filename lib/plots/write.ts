/** Figures as files: JSON to draw again, SVG and PNG to look at. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJson, writeAtomic } from "../core/files.ts";
import { isFields } from "../core/json.ts";
import { placeOf } from "../core/place.ts";
import type { Figure } from "./figure.ts";
import { figureSvg, type PngOptions, svgToPng } from "./static.ts";

/** Where the three files of a figure are. */
export interface FigureFiles {
  readonly json: string;
  readonly svg: string;
  readonly png: string;
}

/**
 * Writes DIR/NAME.json, .svg and .png, each whole or not at all; the folder is made where it is absent. Errors as in figureSvg, before anything is written.
 */
export async function writeFigure(
  dir: string,
  name: string,
  figure: Figure,
  options: PngOptions = {},
): Promise<FigureFiles> {
  const svg = await figureSvg(figure, options);
  const png = await svgToPng(svg, options.scale);
  const files = { json: join(dir, `${name}.json`), svg: join(dir, `${name}.svg`), png: join(dir, `${name}.png`) };
  await writeAtomic(files.json, `${JSON.stringify(figure)}\n`);
  await writeAtomic(files.svg, svg);
  await writeAtomic(files.png, [png]);
  return files;
}

/** Reads a figure's JSON; a path such as results/NAME/figures/NAME.json is found from any folder. */
export async function loadFigure(path: string): Promise<Figure> {
  const file = placeOf(path);
  const figure = await readJson(file, "a figure");
  if (isFields(figure) && Array.isArray(figure.data) && isFields(figure.layout)) return figure as unknown as Figure;
  throw new InputError(`${file}: it is no figure; wanted JSON with a list \`data\` and an object \`layout\``);
}
