/** The character classes that BERT's tokenizer goes by, as Hugging Face's implementation has them. */

/**
 * What Hugging Face's tables of general categories (Unicode 8) do not know: marks, formats and punctuation of later
 * versions, and the letters between them. Their implementation leaves these as they are and never splits at them.
 * A list, so that ids do not change with the Unicode version of the JavaScript engine.
 */
const UNKNOWN = [
  String.raw`\u061d\u07fd\u0890-\u08e2\u09fd\u09fe\u0a76\u0afa-\u0aff\u0b55\u0c04-\u0c3c\u0c77\u0c84\u0d00\u0d3b\u0d3c`,
  String.raw`\u0d81\u0eba\u0ece\u180f-\u1886\u1abf-\u1aeb\u1b4e\u1b4f\u1b7d-\u1b7f\u1df6-\u1dfb\u2e43-\u2e5d\ua82c\ua8c5`,
  String.raw`\ua8ff\ua9bd\u{105c9}-\u{105e4}\u{10d24}-\u{10f89}\u{11070}-\u{11074}\u{110c2}-\u{110cd}\u{111c9}\u{111cf}`,
  String.raw`\u{1123e}-\u{11241}\u{1133b}\u{11383}-\u{1145e}\u{11660}-\u{1166c}\u{116b9}\u{1182f}-\u{11fff}`,
  String.raw`\u{12ff1}-\u{13455}\u{1611e}-\u{1612f}\u{16d68}-\u{16f4f}\u{16fe2}-\u{16fe4}\u{1cf00}-\u{1cf46}`,
  String.raw`\u{1e000}-\u{1e6f5}\u{1e944}-\u{1e95f}`,
].join("");

/**
 * The ranges of Google's BERT, one of them (2b920) with Hugging Face's slip of the pen for 2b820. Kana, hangul and
 * full-width letters are not among them.
 */
const CHINESE = [
  String.raw`\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff`,
  String.raw`\u{20000}-\u{2a6df}\u{2a700}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{2f800}-\u{2fa1f}`,
].join("");

/** Chinese characters, each of which is a word of its own. */
export const chinese = new RegExp(`[${CHINESE}]`, "gu");

/** Parts of a text that tokenize alone as they do together: runs without white space, ... */
export const runs = /[^ \t\n\r]+/g;

/** ... and where Chinese characters are words, each of these. */
export const runsOrChinese = new RegExp(`[${CHINESE}]|[^ \\t\\n\\r${CHINESE}]+`, "gu");

/** Control, format, private use and replacement characters (and lone surrogates): dropped, but for tab and line ends. */
export const dropped = new RegExp(`(?![\\t\\n\\r${UNKNOWN}])[\\p{Cc}\\p{Cf}\\p{Co}\\p{Cs}\\ufffd]`, "gu");

/** Runs that neither decompose nor lose marks. */
export const unknown = new RegExp(`([${UNKNOWN}]+)`, "u");

/** Nonspacing marks, two of which have become spacing ones since. */
export const marks = /[\p{Mn}\u1734\u{1171e}]/gu;

/** A punctuation character, ASCII symbols among them, or a run of anything else but white space. */
export const words = new RegExp(`${punctuation()}|(?:(?!${punctuation()})\\P{White_Space})+`, "gu");

/** Two signs have stopped being punctuation since. */
function punctuation(): string {
  return `(?:[\\u166d\\u{111c9}]|(?![${UNKNOWN}])[\\p{P}$+<=>^\`|~])`;
}
