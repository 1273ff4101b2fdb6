/** Tables as HTML and as plain text, for pages, notebooks and consoles. */
import { escapeHtml } from "../results/html.ts";
import { columnsOf, type Row } from "../results/table.ts";

/** A header and lines of texts, as long as it. A text in `**` is set in bold. */
export interface TextTable {
  readonly header: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

/** A number, perhaps in bold, with its interval, unit or mark; or no value: such columns stand to the right. */
const NUMERIC = /^[\s*]*([-+]?[\d.,]+(e[+-]?\d+)?( ± [\d.,]+)?( ?%)?|-|–|)[\s*†]*$/i;

/** A table element. Cells are escaped. */
export function tableHtml({ header, lines }: TextTable): string {
  const right = numericColumns({ header, lines });
  const row = (cells: readonly string[], tag: "th" | "td"): string => {
    const side = (i: number): string => `style="text-align:${right[i] ? "right" : "left"}"`;
    return `<tr>${cells.map((text, i) => `<${tag} ${side(i)}>${cellHtml(text)}</${tag}>`).join("")}</tr>`;
  };
  const body = lines.map((line) => row(line, "td"));
  return ["<table>", "<thead>", row(header, "th"), "</thead>", "<tbody>", ...body, "</tbody>", "</table>", ""].join(
    "\n",
  );
}

/** Columns two spaces apart under their names; Chinese characters count as two letters wide. */
export function tablePlain({ header, lines }: TextTable): string {
  const right = numericColumns({ header, lines });
  const all = [header, ...lines].map((line) => line.map((text) => text.replaceAll("**", "").replace(/\s+/g, " ")));
  const widths = header.map((_, i) => Math.max(...all.map((line) => placesOf(line[i] ?? ""))));
  const row = (cells: readonly string[]): string => {
    const padded = cells.map((text, i) => {
      const space = " ".repeat((widths[i] ?? 0) - placesOf(text));
      return right[i] ? space + text : text + space;
    });
    return padded.join("  ").trimEnd();
  };
  const [first, ...rest] = all.map(row);
  return [first, widths.map((w) => "-".repeat(w)).join("  "), ...rest, ""].join("\n");
}

/** Rows as a table of texts, with the columns of all rows; numbers with `digits` significant digits. */
export function tableOfRows(rows: readonly Row[], digits = 5): TextTable {
  const header = columnsOf(rows);
  return { header, lines: rows.map((row) => header.map((name) => cellText(row[name], digits))) };
}

/** A value as the text of a cell: numbers with `digits` significant digits, nothing for what is absent. */
export function cellText(value: unknown, digits = 5): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(digits)));
}

function numericColumns({ header, lines }: TextTable): boolean[] {
  return header.map((_, i) => lines.length > 0 && lines.every((line) => NUMERIC.test(line[i] ?? "")));
}

function cellHtml(text: string): string {
  const bold = /^\s*\*\*(.+)\*\*(.*)$/s.exec(text);
  return bold ? `<strong>${escapeHtml(bold[1] as string)}</strong>${escapeHtml(bold[2] as string)}` : escapeHtml(text);
}

/** Places that a text takes in a console. */
function placesOf(text: string): number {
  let places = 0;
  for (const letter of text) places += (letter.codePointAt(0) as number) >= 0x2e80 ? 2 : 1;
  return places;
}
