/** Things to show in the forms that notebooks know, by MIME type. */
import { InputError } from "../core/errors.ts";
import { type Row, toMarkdown } from "../results/table.ts";
import { CONFIG, type Figure } from "./figure.ts";
import type { MimeBundle } from "./kernel.ts";
import { figurePng, type PngOptions, sizeOf } from "./static.ts";
import { cellText, type TextTable, tableHtml, tableOfRows, tablePlain } from "./tables.ts";
import { unescapeText } from "./text.ts";

/** What a danfojs DataFrame shares with every table of named columns. */
export interface FrameLike {
  readonly columns: readonly string[];
  readonly values: readonly unknown[];
}

/** A table that writes itself, such as what pivot() gives. */
export interface WrittenTable {
  html(): string;
  markdown(): string;
}

/** A figure, a table in any of its forms, rows of results, a danfojs DataFrame, or a text. */
export type Showable = Figure | TextTable | WrittenTable | readonly Row[] | FrameLike | string;

export interface BundleOptions extends PngOptions {
  /** Rows of a table that are shown; the last line says how many are left out. Default 200. */
  readonly limit?: number;
}

/**
 * Every form of a thing, for one output. Figures: application/vnd.plotly.v1+json (live where the front end has plotly),
 * image/png (elsewhere) and text/plain; tables: text/html, text/markdown and text/plain; texts: text/plain. No HTML for
 * figures: front ends would take it before the picture. An InputError says what can be shown.
 */
export async function mimeBundle(
  thing: Showable,
  options: BundleOptions = {},
): Promise<{ readonly data: MimeBundle; readonly metadata: MimeBundle }> {
  const plain = { "text/plain": plainText(thing, options) };
  if (typeof thing === "string") return { data: plain, metadata: {} };
  if (isFigure(thing)) {
    const { width, height } = sizeOf(thing, options);
    const png = Buffer.from(await figurePng(thing, options)).toString("base64");
    const layout = { ...thing.layout, width, height };
    const live = { data: thing.data, layout, config: CONFIG };
    const data = { "application/vnd.plotly.v1+json": live, "image/png": png, ...plain };
    return { data, metadata: { "image/png": { width, height } } }; // shown in its own size, however sharp it is
  }
  if (isWritten(thing)) {
    return { data: { "text/html": thing.html(), "text/markdown": thing.markdown(), ...plain }, metadata: {} };
  }
  const table = textTable(thing, options.limit);
  return {
    data: { "text/html": tableHtml(table), "text/markdown": toMarkdown(table.header, table.lines), ...plain },
    metadata: {},
  };
}

/** A thing for a console: a table in columns, a text as it is, a line for a figure. */
export function plainText(thing: Showable, options: BundleOptions = {}): string {
  if (typeof thing === "string") return thing;
  if (isFigure(thing)) {
    const { width, height } = sizeOf(thing, options);
    return `[figure${titleOf(thing)}, ${width} x ${height}: writeFigure(dir, name, figure) makes SVG and PNG files of it]`;
  }
  return isWritten(thing) ? thing.markdown() : tablePlain(textTable(thing, options.limit));
}

/** The title as it was given to the figure. */
function titleOf({ layout }: Figure): string {
  const title = layout.title;
  const text = typeof title === "string" ? title : (title as { text?: unknown } | undefined)?.text;
  return typeof text === "string" ? ` "${unescapeText(text)}"` : "";
}

function textTable(thing: TextTable | readonly Row[] | FrameLike, limit = 200): TextTable {
  const { header, lines } = wholeTable(thing);
  if (lines.length <= limit) return { header, lines };
  const rest = [`… ${lines.length - limit} more`, ...header.slice(1).map(() => "")];
  return { header, lines: [...lines.slice(0, limit), rest] };
}

function wholeTable(thing: TextTable | readonly Row[] | FrameLike): TextTable {
  if (isRows(thing)) return tableOfRows(thing);
  if (isFrame(thing)) {
    const lines = thing.values.map((line) => (Array.isArray(line) ? line : [line]).map((cell) => cellText(cell)));
    return { header: thing.columns, lines };
  }
  if (isText(thing)) return thing;
  throw new InputError(
    `show: got ${kindOf(thing)}, but wanted a figure, a table (header and lines), rows, a danfojs DataFrame or a text`,
  );
}

function isFigure(thing: unknown): thing is Figure {
  const { data, layout } = fields(thing);
  return Array.isArray(data) && typeof layout === "object" && layout !== null;
}

function isWritten(thing: unknown): thing is WrittenTable {
  const { html, markdown } = fields(thing);
  return typeof html === "function" && typeof markdown === "function";
}

function isRows(thing: unknown): thing is readonly Row[] {
  return (
    Array.isArray(thing) &&
    thing.length > 0 &&
    thing.every((row) => typeof row === "object" && row !== null && !Array.isArray(row))
  );
}

function isFrame(thing: unknown): thing is FrameLike {
  const { columns, values } = fields(thing);
  return Array.isArray(columns) && Array.isArray(values);
}

function isText(thing: unknown): thing is TextTable {
  const { header, lines } = fields(thing);
  return Array.isArray(header) && Array.isArray(lines);
}

function fields(thing: unknown): Record<string, unknown> {
  return typeof thing === "object" && thing !== null ? (thing as Record<string, unknown>) : {};
}

function kindOf(thing: unknown): string {
  if (Array.isArray(thing)) return thing.length ? "a list of something else than rows" : "an empty list";
  if (typeof thing !== "object" || thing === null) return String(thing);
  return `an object with ${Object.keys(thing).slice(0, 6).join(", ") || "no fields"}`;
}
