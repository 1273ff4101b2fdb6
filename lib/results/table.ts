/** Rows of results as files: CSV for programs, Markdown for people. */

/** One result: names to texts, numbers, or nothing. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Comma-separated values (RFC 4180) with the columns of all rows in order of first appearance. */
export function toCsv(rows: readonly Row[]): string {
  const columns = columnsOf(rows);
  const cell = (v: Row[string]): string => {
    const text = v === null || v === undefined ? "" : String(v);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows.map((r) => columns.map((c) => r[c]))]
    .map((line) => `${line.map(cell).join(",")}\n`)
    .join("");
}

/** A number, perhaps with its interval, unit, emphasis or mark; or no value. */
const NUMERIC = /^[\s*]*(-?[\d.,]+(e[+-]?\d+)?( ± [\d.,]+)?( %)?|-|)[\s*†]*$/;

/** A Markdown table; columns whose cells are all numbers or "87.3 ± 0.4" stand to the right. */
export function toMarkdown(header: readonly string[], lines: readonly (readonly string[])[]): string {
  const numeric = header.map((_, i) => lines.every((l) => NUMERIC.test(l[i] ?? "")));
  const escaped = (text: string): string => text.replaceAll("|", "\\|").replace(/\r\n|\r|\n/g, " ");
  const row = (cells: readonly string[]): string => `| ${cells.map(escaped).join(" | ")} |\n`;
  return row(header) + row(numeric.map((n) => (n ? "--:" : "---"))) + lines.map(row).join("");
}

/** `87.3 ± 0.4`, in percent. */
export function interval(mean: number, ci95: number): string {
  return `${(100 * mean).toFixed(1)} ± ${(100 * ci95).toFixed(1)}`;
}

/** The names of all rows in order of first appearance. */
export function columnsOf(rows: readonly Row[]): string[] {
  return [...new Set(rows.flatMap((r) => Object.keys(r)))];
}
