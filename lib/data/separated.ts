/** Rows of comma- or tab-separated text (RFC 4180), each with the line it begins on. */
import { InputError } from "../core/errors.ts";

export interface Row {
  /** The line (from 1) that the row begins on. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface SeparatedOptions {
  /** The character between cells. Default ",". */
  separator?: string;
  /** A cell may stand in double quotes, with "" for a quote in it, and then hold anything. Default true. */
  quotes?: boolean;
}

/** Splits text into rows of cells. Rows end with LF, CRLF or CR; empty lines are left out. `file` is for messages. */
export function readRows(text: string, file: string, options: SeparatedOptions = {}): Row[] {
  const { separator = ",", quotes = true } = options;
  const rows: Row[] = [];
  let at = 0;
  let line = 1;

  const quoted = (): string => {
    const opened = line;
    let cell = "";
    do {
      const start = at + 1;
      const close = text.indexOf('"', start);
      if (close < 0) throw new InputError(`${file}:${opened}: a quoted cell begins here and is never closed`);
      cell += text.slice(start, close);
      at = close + 1;
      if (text[at] === '"') cell += '"';
    } while (text[at] === '"');
    for (const c of cell) if (c === "\n") line++;
    if (!ends(text[at])) {
      throw new InputError(`${file}:${line}: after a quoted cell comes '${text[at]}'; quotes inside it are written ""`);
    }
    return cell;
  };
  const plain = (): string => {
    const start = at;
    while (!ends(text[at])) at++;
    return text.slice(start, at);
  };
  const ends = (c: string | undefined): boolean => c === undefined || c === separator || c === "\n" || c === "\r";

  while (at < text.length) {
    const begun = line;
    const cells: string[] = [];
    for (;;) {
      cells.push(quotes && text[at] === '"' ? quoted() : plain());
      if (text[at] !== separator) break;
      at++;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    line++;
    if (cells.length > 1 || cells[0] !== "") rows.push({ line: begun, cells });
  }
  return rows;
}
