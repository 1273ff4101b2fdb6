/** Notebook files (nbformat 4.5): read, checked, and written byte for byte as Jupyter writes them. */
import { InputError } from "../core/errors.ts";
import { parseJson, readText } from "../core/files.ts";
import { isFields } from "../core/json.ts";
import { sortedJson } from "./json.ts";

/** MIME type to content: text, base64 of an image, or plain JSON. */
export type MimeBundle = Record<string, unknown>;

export type Output =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string }
  | { output_type: "display_data"; data: MimeBundle; metadata: Record<string, unknown> }
  | {
      output_type: "execute_result";
      execution_count: number | null;
      data: MimeBundle;
      metadata: Record<string, unknown>;
    }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] };

interface CellBase {
  id: string;
  metadata: Record<string, unknown>;
  source: string;
}

export interface CodeCell extends CellBase {
  cell_type: "code";
  execution_count: number | null;
  outputs: Output[];
}

export interface TextCell extends CellBase {
  cell_type: "markdown" | "raw";
}

export type Cell = CodeCell | TextCell;

/** A notebook in memory: texts that the file holds as lists of lines are joined. */
export interface Notebook {
  cells: Cell[];
  metadata: Record<string, unknown>;
  nbformat: 4;
  nbformat_minor: number;
}

/** Reads a notebook; an InputError names the file, and the cell that is wrong. */
export async function readNotebook(path: string): Promise<Notebook> {
  return parseNotebook(await readText(path, "a notebook"), path);
}

/** A notebook from the text of its file; older ones of format 4 become 4.5, their cells get ids. */
export function parseNotebook(text: string, path: string): Notebook {
  const fault = (what: string): InputError => new InputError(`${path}: cannot read the notebook: ${what}`);
  const file = parseJson(text, path, "a notebook");
  if (!isFields(file) || !Array.isArray(file.cells)) throw fault("it has no list `cells`");
  if (file.nbformat !== 4)
    throw fault(`its nbformat is ${String(file.nbformat)}, wanted 4; open and save it in JupyterLab`);
  const taken = new Set(file.cells.map((c: unknown) => isFields(c) && c.id));
  const cells = file.cells.map((cell: unknown, i) => {
    if (!isFields(cell)) throw fault(`cell ${i + 1} is no object`);
    const kind = cell.cell_type;
    if (kind !== "code" && kind !== "markdown" && kind !== "raw")
      throw fault(`cell ${i + 1} has the cell_type ${JSON.stringify(kind)}, wanted code, markdown or raw`);
    if (!isText(cell.source)) throw fault(`the source of cell ${i + 1} is neither text nor a list of lines`);
    const id = typeof cell.id === "string" ? cell.id : freeId(i, taken);
    const common = { ...cell, id, metadata: isFields(cell.metadata) ? cell.metadata : {}, source: joined(cell.source) };
    if (kind !== "code") return common as unknown as TextCell;
    if (cell.outputs !== undefined && !Array.isArray(cell.outputs))
      throw fault(`the outputs of cell ${i + 1} are no list`);
    const outputs = (cell.outputs ?? []).map(joinedOutput);
    return { ...common, execution_count: cell.execution_count ?? null, outputs } as unknown as CodeCell;
  });
  const minor = Math.max(5, Number(file.nbformat_minor) || 0);
  return {
    ...file,
    cells,
    metadata: isFields(file.metadata) ? file.metadata : {},
    nbformat: 4,
    nbformat_minor: minor,
  };
}

/** The text of the notebook's file, as Jupyter writes it: sorted keys, one space of indent, texts as lists of lines. */
export function notebookText(notebook: Notebook): string {
  const cells = notebook.cells.map((cell) => ({
    ...cell,
    source: lines(cell.source),
    ...(cell.cell_type === "code" && { outputs: cell.outputs.map(splitOutput) }),
  }));
  return `${sortedJson({ ...notebook, cells })}\n`;
}

/** The code cells that a kernel runs: those with more than white space, in order. */
export function runCells(notebook: Notebook): CodeCell[] {
  return notebook.cells.filter((c): c is CodeCell => c.cell_type === "code" && c.source.trim() !== "");
}

/** Whether content of this MIME type is text, which a file holds as a list of lines. */
export function isTextMime(mime: string): boolean {
  return mime.startsWith("text/") || mime === "application/javascript" || mime === "image/svg+xml";
}

function joinedOutput(output: unknown): unknown {
  if (!isFields(output)) return output;
  const data = isFields(output.data) && {
    data: Object.fromEntries(
      Object.entries(output.data).map(([mime, v]) => [mime, isJsonMime(mime) || !isText(v) ? v : joined(v)]),
    ),
  };
  return { ...output, ...data, ...(isText(output.text) && { text: joined(output.text) }) };
}

function splitOutput(output: Output): object {
  if (output.output_type === "stream") return { ...output, text: lines(output.text) };
  if (output.output_type === "error") return output;
  const data = Object.entries(output.data).map(([mime, v]) => [
    mime,
    typeof v === "string" && isTextMime(mime) ? lines(v) : v,
  ]);
  return { ...output, data: Object.fromEntries(data) as MimeBundle };
}

function isJsonMime(mime: string): boolean {
  return mime === "application/json" || (mime.startsWith("application/") && mime.endsWith("+json"));
}

// Where Python's str.splitlines breaks a text: Jupyter splits with it.
const BREAKS = "\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029";
const LINE = new RegExp(`[^${BREAKS}]*(?:\r\n|[${BREAKS}]|$)`, "gu");

function lines(text: string): string[] {
  return (text.match(LINE) ?? []).filter((line) => line !== "");
}

function freeId(i: number, taken: Set<unknown>): string {
  let id = `cell-${i + 1}`;
  while (taken.has(id)) id += "-new";
  taken.add(id);
  return id;
}

function isText(value: unknown): value is string | string[] {
  return typeof value === "string" || (Array.isArray(value) && value.every((v) => typeof v === "string"));
}

function joined(text: string | readonly string[]): string {
  return typeof text === "string" ? text : text.join("");
}
