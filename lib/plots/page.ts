/** A study as one HTML page that opens without a network: texts, tables and live figures. */
import { readFile } from "node:fs/promises";
import { writeAtomic } from "../core/files.ts";
import { escapeHtml } from "../results/html.ts";
import { plotlyPath } from "./assets.ts";
import { CONFIG, type Figure } from "./figure.ts";
import { inlineHtml, markdownHtml } from "./markdown.ts";
import { FRAME_STYLE, PAGE_POLICY } from "./page-frame.ts";
import { figureSvg } from "./static.ts";
import { type TextTable, tableHtml } from "./tables.ts";

/** A part of a section: texts in the little Markdown of markdownHtml, a table, or a figure. */
export type Block =
  | { readonly text: string }
  | { readonly table: TextTable | HtmlTable; readonly caption?: string }
  | { readonly figure: Figure; readonly caption?: string };

/** A table that makes its own HTML, such as what pivot() gives. It is not escaped. */
export interface HtmlTable {
  html(): string;
}

export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

export interface StudyPage {
  readonly title: string;
  /** Texts under the title. Default: none. */
  readonly intro?: string;
  readonly sections: readonly Section[];
  /** The language of the texts. Default "en". */
  readonly language?: string;
  /** Puts a picture of each figure into the page, for readers without scripts. Default true. */
  readonly pictures?: boolean;
}

/**
 * The HTML of a page with plotly.js in it once (about 5 MB), so that it can be sent as one file; nothing is loaded from
 * anywhere, and the page forbids its browser to. All texts are escaped. Errors as in figureSvg, unless `pictures` is false.
 */
export async function studyPage(page: StudyPage): Promise<string> {
  const { title, intro = "", sections, language = "en", pictures = true } = page;
  const figures: Figure[] = [];
  const parts: string[] = [];
  for (const [i, section] of sections.entries()) {
    parts.push(`<section id="section-${i + 1}">`, `<h2>${inlineHtml(section.title)}</h2>`);
    for (const block of section.blocks) {
      if ("figure" in block) figures.push(block.figure);
      parts.push(await blockHtml(block, figures.length, pictures));
    }
    parts.push("</section>");
  }
  const contents = sections.map((s, i) => `<li><a href="#section-${i + 1}">${inlineHtml(s.title)}</a></li>`);
  return [
    "<!DOCTYPE html>",
    `<html lang="${escapeHtml(language)}">`,
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${PAGE_POLICY}">`,
    `<title>${escapeHtml(title)}</title>`,
    `<style>${FRAME_STYLE}</style>`,
    "<noscript><style>.plot { display: none; }</style></noscript>",
    "</head>",
    "<body>",
    "<header>",
    `<h1>${inlineHtml(title)}</h1>`,
    markdownHtml(intro),
    ...(sections.length > 1 ? ["<nav><ul>", ...contents, "</ul></nav>"] : []),
    "</header>",
    "<main>",
    ...parts,
    "</main>",
    ...(figures.length ? [`<script>${scriptText(await readFile(plotlyPath(), "utf8"))}</script>`, DRAW] : []),
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** Writes a page, whole or not at all. Equal pages give equal bytes. */
export async function writePage(file: string, page: StudyPage): Promise<void> {
  await writeAtomic(file, await studyPage(page));
}

/** A block; `number` counts the figures of the page up to this one. */
async function blockHtml(block: Block, number: number, pictures: boolean): Promise<string> {
  if ("text" in block) return markdownHtml(block.text);
  const caption = block.caption ? `<figcaption>${inlineHtml(block.caption)}</figcaption>` : "";
  if ("table" in block) {
    const table = "html" in block.table ? block.table.html() : tableHtml(block.table);
    return `<figure class="table">\n${table}${caption}</figure>`;
  }
  const { width, height } = block.figure.layout;
  const size = `width:${Number(width) || 800}px;height:${Number(height) || 500}px`;
  const words = caption || `<figcaption hidden>Figure ${number}</figcaption>`;
  return [
    "<figure>",
    `<script type="application/json" id="figure-${number}">${jsonText(block.figure)}</script>`,
    `<div class="plot" data-figure="figure-${number}" style="${size}"></div>`,
    ...(pictures ? [`<noscript>${await pictureHtml(block.figure, number)}</noscript>`] : []),
    `${words}</figure>`,
  ].join("\n");
}

/** A picture of its own document: element ids of one SVG would meet those of the others in the page. */
async function pictureHtml(figure: Figure, number: number): Promise<string> {
  const svg = Buffer.from(await figureSvg(figure)).toString("base64");
  return `<img alt="Figure ${number}" src="data:image/svg+xml;base64,${svg}">`;
}

/** JSON that no text in it can end early: `<` occurs in strings only. */
function jsonText(figure: Figure): string {
  return JSON.stringify(figure).replaceAll("<", "\\u003c");
}

/** A script that ends where its element ends: these letters occur in strings and expressions only. */
function scriptText(code: string): string {
  return code.replaceAll("<!--", "<\\!--").replace(/<\/script/gi, "<\\/script");
}

const DRAW = `<script>
for (const place of document.querySelectorAll("[data-figure]")) {
  const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
  Plotly.newPlot(place, figure.data, figure.layout, ${JSON.stringify(CONFIG)});
}
</script>`;
