/** Rows of results as a table of one value: row keys down, column keys across, the best in bold. */
import { basename, join } from "node:path";
import type { DataFrame } from "danfojs-node";
import { InputError, list } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import { toFrame } from "./frame.ts";
import type { Grid } from "./grid.ts";
import { toHtml } from "./html.ts";
import { type LatexOptions, toLatex } from "./latex.ts";
import { type ArrangeOptions, arrange, type PivotCell } from "./pivot-cells.ts";
import { type Row, toCsv, toMarkdown } from "./table.ts";

export interface PivotOptions extends ArrangeOptions {
  /** Show shares as percent. Default true. */
  percent?: boolean;
  /** Digits after the point. Default 1. */
  digits?: number;
  /** A label for a value of a key; undefined for the default: the value, in column heads behind its key's name if no text. */
  label?: (key: string, value: Row[string]) => string | undefined;
  /** What the value is called in the explanation. Default: "AUROC" for "auroc", else `value`. */
  name?: string;
  /** Words in front of the explanation. Default none. */
  caption?: string;
}

export interface PivotTable {
  /** The values of the row keys of each line. */
  readonly rows: readonly (readonly Row[string][])[];
  /** The values of the column keys of each column. */
  readonly columns: readonly (readonly Row[string][])[];
  /** [rows, columns], numbers as they came, with their marks. */
  readonly cells: readonly (readonly PivotCell[])[];
  /** What is shown and what the marks mean. */
  readonly caption: string;
  /** Full numbers, intervals in columns of their own, as a danfojs frame. */
  frame(): Promise<DataFrame>;
  /** Full numbers, as frame() has them. */
  csv(): string;
  markdown(): string;
  /** Needs the package booktabs. */
  latex(options?: LatexOptions): string;
  html(): string;
}

/**
 * Lines, columns and levels of columns stand in the order of their first appearance in the rows. Bold is the best of two or
 * more values. A dagger marks a value whose interval overlaps the best one's: the table alone cannot tell the two
 * apart, though a paired test on the same episodes may. Throws an InputError for a key or value that no row has.
 */
export function pivot(rows: readonly Row[], options: PivotOptions): PivotTable {
  const { percent = true, digits = 1, caption = "" } = options;
  const { lines, columns, cells, hasInterval } = arrange(rows, options);
  const labelsOf = (keys: readonly string[], values: readonly Row[string][], head: boolean): string[] =>
    keys.map((key, i) => options.label?.(key, values[i]) ?? plainLabel(key, values[i], head));
  const heads = columns.map((values) =>
    options.columns.length ? labelsOf(options.columns, values, true) : [options.value],
  );
  const names = lines.map((values) => labelsOf(options.rows, values, false));
  const flat = heads.map((labels) => labels.join(", "));
  const twice = [...options.rows, ...flat].find((name, i, all) => all.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`pivot: two columns are called ${twice}; label them differently`);

  const words = [caption, explanation(options, hasInterval, cells.flat())].filter(Boolean).join(" ");
  const show = (n: number): string => (percent ? 100 * n : n).toFixed(digits).replace(/^-(?=[0.]*$)/, ""); // no "-0.0"
  const grid: Grid = {
    caption: words,
    keys: options.rows,
    columns: heads,
    lines: cells.map((line, i) => ({
      keys: names[i]!,
      cells: line.map(({ mean, ci95, best, near }) => {
        const text = mean === null ? "-" : `${show(mean)}${ci95 === null ? "" : ` ± ${show(ci95)}`}`;
        return { text, best, near };
      }),
    })),
  };
  const wide = cells.map((line, i): Row => {
    const out: Record<string, Row[string]> = Object.fromEntries(options.rows.map((key, k) => [key, lines[i]![k]]));
    line.forEach(({ mean, ci95 }, c) => {
      out[flat[c]!] = mean;
      if (hasInterval) out[`${flat[c]!} ci95`] = ci95;
    });
    return out;
  });
  return {
    rows: lines,
    columns,
    cells,
    caption: words,
    frame: () => toFrame(wide),
    csv: () => toCsv(wide),
    markdown: () => markdownOf(grid, flat),
    latex: (how) => toLatex(grid, how),
    html: () => toHtml(grid),
  };
}

/** Writes NAME.csv, NAME.md and NAME.tex into a folder; the LaTeX label is tab:NAME. */
export async function writeTable(
  dir: string,
  name: string,
  table: Pick<PivotTable, "csv" | "markdown" | "latex">,
): Promise<void> {
  if (!name || basename(name) !== name)
    throw new InputError(`table ${JSON.stringify(name)}: wanted the name of a file, without folder`);
  await writeAtomic(join(dir, `${name}.csv`), table.csv());
  await writeAtomic(join(dir, `${name}.md`), table.markdown());
  await writeAtomic(join(dir, `${name}.tex`), table.latex({ label: `tab:${name}` }));
}

function plainLabel(key: string, value: Row[string], head: boolean): string {
  if (value === null || value === undefined) return "-";
  return head && typeof value !== "string" ? `${key} ${value}` : String(value);
}

function markdownOf({ keys, lines, caption }: Grid, heads: readonly string[]): string {
  const body = lines.map((line) => [
    ...line.keys,
    ...line.cells.map(({ text, best, near }) => `${best ? `**${text}**` : text}${near ? " †" : ""}`),
  ]);
  return `${toMarkdown([...keys, ...heads], body)}${caption && `\n${caption}\n`}`;
}

/** Sentences for what is in the table, and for nothing else. */
function explanation(options: PivotOptions, hasInterval: boolean, cells: readonly PivotCell[]): string {
  const { value, percent = true, best = "column", repeated = "refuse" } = options;
  const { name = value === "auroc" ? "AUROC" : value } = options;
  const unit = percent ? ", in percent" : "";
  const runs = repeated === "mean" ? [...new Set(cells.filter((c) => c.n > 0).map((c) => c.n))] : [];
  const over = runs.length ? `, over ${list(runs.sort((a, b) => a - b).map(String))} runs` : "";
  const what = hasInterval ? `${name} ± half-width of its 95 % interval${over}${unit}.` : `${name}${over}${unit}.`;
  const group = { column: "each column", row: "each row", table: "the table", none: "" }[best];
  const bold = cells.some((c) => c.best) ? ` Bold: the best of ${group}.` : "";
  const near = cells.some((c) => c.near)
    ? " †: its interval overlaps the best one's, so this table alone does not tell the two apart."
    : "";
  return `${what[0]!.toUpperCase()}${what.slice(1)}${bold}${near}`;
}
