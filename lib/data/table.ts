/** JSON lines, TSV and CSV: a row a text, with the class in a column; the columns are found by their names. */
import { InputError, list, messageOf } from "../core/errors.ts";
import { readRows } from "./separated.ts";

/** Where a file with columns has its texts and classes. */
export interface Columns {
  /** The column with the text. Default: the one named text, sentence, utterance or query. */
  textColumn?: string;
  /** The column with the class. Default: the one named label, intent, class or category. */
  classColumn?: string;
  /** The character between the cells of a CSV file. Default ",". */
  separator?: string;
}

export interface LabelledRow {
  readonly line: number;
  /** A string, if the file is right. */
  readonly text: unknown;
  readonly label: string;
}

const TEXT = ["text", "sentence", "utterance", "query"];
const CLASS = ["label", "intent", "class", "category"];

/** The rows of a file's text. `extension` is .jsonl, .ndjson, .tsv or .csv; TSV has no quoting. */
export function readTable(text: string, file: string, extension: string, columns: Columns = {}): LabelledRow[] {
  return extension === ".tsv" || extension === ".csv"
    ? readCells(text, file, extension, columns)
    : readJsonLines(text, file, columns);
}

function readCells(text: string, file: string, extension: string, columns: Columns): LabelledRow[] {
  const tabs = extension === ".tsv";
  const separator = tabs ? "\t" : (columns.separator ?? ",");
  const [header, ...rows] = readRows(text, file, { separator, quotes: !tabs });
  if (header === undefined) throw new InputError(`${file}: is empty, wanted a header and rows of texts and classes`);
  const names = header.cells.map((cell) => cell.trim());
  const where = `${file}:${header.line}`;
  const textAt = names.indexOf(columnOf(names, "text", TEXT, columns.textColumn, where));
  const classAt = names.indexOf(columnOf(names, "class", CLASS, columns.classColumn, where));
  return rows.map(({ line, cells }) => {
    if (cells.length !== names.length) {
      const hint = tabs ? "" : "; a text with a separator in it stands in double quotes";
      throw new InputError(`${file}:${line}: has ${cells.length} cells, the header has ${names.length}${hint}`);
    }
    return { line, text: cells[textAt], label: labelOf(cells[classAt], `${file}:${line}`) };
  });
}

function readJsonLines(text: string, file: string, columns: Columns): LabelledRow[] {
  const rows: LabelledRow[] = [];
  for (const [i, source] of text.split("\n").entries()) {
    if (source.trim() === "") continue;
    const where = `${file}:${i + 1}`;
    const row = parseLine(source, where);
    const names = Object.keys(row);
    const textName = columnOf(names, "text", TEXT, columns.textColumn, where);
    const className = columnOf(names, "class", CLASS, columns.classColumn, where);
    rows.push({ line: i + 1, text: row[textName], label: labelOf(row[className], where) });
  }
  return rows;
}

function parseLine(source: string, where: string): Record<string, unknown> {
  let row: unknown;
  try {
    row = JSON.parse(source);
  } catch (error) {
    throw new InputError(`${where}: the line is not JSON: ${messageOf(error)}`);
  }
  if (typeof row !== "object" || row === null || Array.isArray(row)) {
    throw new InputError(`${where}: the line is not a JSON object such as {"text": "...", "label": "..."}`);
  }
  return row as Record<string, unknown>;
}

/** The column's name as the file has it; an InputError when there is none, or more than one to choose from. */
function columnOf(
  names: readonly string[],
  what: string,
  known: readonly string[],
  chosen: string | undefined,
  where: string,
): string {
  const wanted = chosen === undefined ? known : [chosen.toLowerCase()];
  const found = names.filter((name) => wanted.includes(name.toLowerCase()));
  if (found.length === 1) return found[0]!;
  const option = `${what}Column`;
  if (found.length > 1) {
    throw new InputError(
      `${where}: the columns ${list(found)} may all be the ${what}; the option ${option} says which is meant`,
    );
  }
  const seen = names.length > 0 ? list(names) : "none";
  const hint = chosen === undefined ? ` one of ${list(known)}, or the option ${option}` : ` '${chosen}'`;
  throw new InputError(`${where}: no column for the ${what}: found ${seen}, wanted${hint}`);
}

function labelOf(value: unknown, where: string): string {
  if (typeof value === "number") return String(value); // class numbers, as many published sets have them
  const label = typeof value === "string" ? value.trim() : "";
  if (label === "") throw new InputError(`${where}: the class is missing or empty`);
  return label;
}
