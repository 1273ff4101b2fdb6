/** A table ready to be written down: labels, texts and marks, before any file format. */

export interface Grid {
  /** What the table shows and what its marks mean; "" for none. */
  readonly caption: string;
  /** Headers of the columns that name the rows. */
  readonly keys: readonly string[];
  /** For every column of values its labels, the outermost first; all of one length. */
  readonly columns: readonly (readonly string[])[];
  readonly lines: readonly GridLine[];
}

export interface GridLine {
  readonly keys: readonly string[];
  readonly cells: readonly GridCell[];
}

export interface GridCell {
  /** "87.3 ± 0.4", or "-" where there is no value. */
  readonly text: string;
  /** The best of those it is compared with: bold. */
  readonly best?: boolean;
  /** Not told apart from the best: marked with a dagger. */
  readonly near?: boolean;
}

/** A header that stands over one or more columns. */
export interface HeaderCell {
  readonly text: string;
  readonly span: number;
}

/** One line of headers for each level of labels; equal labels side by side under equal outer ones are one cell. */
export function headerLines(columns: Grid["columns"]): HeaderCell[][] {
  const levels = columns[0]?.length ?? 0;
  return Array.from({ length: levels }, (_, level) => {
    const line: { text: string; span: number }[] = [];
    columns.forEach((labels, c) => {
      const before = columns[c - 1];
      const same = before !== undefined && labels.slice(0, level + 1).every((text, i) => text === before[i]);
      if (same && level < levels - 1) line.at(-1)!.span++;
      else line.push({ text: labels[level]!, span: 1 });
    });
    return line;
  });
}
