/** Texts in figures: shown letter by letter, and broken into lines that fit. */

/** The size of letters in figures, in pixels; titles are a little larger. */
export const FONT_SIZE = 14;

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", $: "&#36;", "%": "&#37;" };
const LETTERS = new Map(Object.entries(ENTITIES).map(([letter, entity]) => [entity, letter]));

/** Text as plotly shows it letter by letter: no tags, no entities, no formulas between dollar signs, no templates. */
export function escapeText(text: string): string {
  return text.replace(/[&<>$]|%(?=\{)/g, (letter) => ENTITIES[letter] as string);
}

/** What `escapeText` and `wrap` were given, lines parted by spaces. */
export function unescapeText(text: string): string {
  const lines = text.replaceAll("<br>", " ");
  return lines.replace(/&(amp|lt|gt|#36|#37);/g, (entity) => LETTERS.get(entity) as string);
}

/** Escaped text in lines of at most about `pixels`, as `breakLines` makes them. */
export function wrap(text: string, pixels: number, size: number = FONT_SIZE): string {
  return breakLines(text, pixels, size).map(escapeText).join("<br>");
}

/** Where a line may end: after a space, after a mark as in `book_flight`, around a Chinese character, before no comma. */
const BREAK =
  /(?<=[\s_/]|-(?!\d)|\.(?=\p{L})|[\u2e80-\uffef])(?![，。！？、；：）》」』])|(?=[\u2e80-\uffef])(?![，。！？、；：）》」』])/u;

/** Lines of at most about `pixels`; a word is broken only where it alone is longer. */
export function breakLines(text: string, pixels: number, size: number = FONT_SIZE): string[] {
  const lines: string[] = [];
  let line = "";
  const fits = (words: string): boolean => textWidth(words.trimEnd(), size) <= pixels;
  const put = (piece: string): void => {
    if (line && !fits(line + piece)) {
      lines.push(line.trimEnd());
      line = "";
    }
    if (fits(piece) || [...piece].length < 2) line += piece;
    else for (const letter of piece) put(letter);
  };
  for (const paragraph of text.split("\n")) {
    for (const piece of paragraph.split(BREAK)) put(piece);
    lines.push(line.trimEnd());
    line = "";
  }
  return lines;
}

/** Escaped text of at most about `pixels`, with `…` for what is left out. */
export function shorten(text: string, pixels: number, size: number = FONT_SIZE): string {
  if (textWidth(text, size) <= pixels) return escapeText(text);
  let kept = "";
  for (const letter of text) {
    if (textWidth(`${kept}${letter}…`, size) > pixels) break;
    kept += letter;
  }
  return escapeText(`${kept.trimEnd()}…`);
}

/** About how wide a text is, in pixels: 0.62 em a letter, 1 em a Chinese character. Good enough to choose sizes with. */
export function textWidth(text: string, size: number = FONT_SIZE): number {
  let em = 0;
  for (const letter of text) em += (letter.codePointAt(0) as number) >= 0x2e80 ? 1 : 0.62;
  return em * size;
}

/** The widest of texts, in pixels. */
export function widest(texts: readonly string[], size: number = FONT_SIZE): number {
  return texts.reduce((most, text) => Math.max(most, textWidth(text, size)), 0);
}
