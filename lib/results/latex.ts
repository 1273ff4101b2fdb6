/** A table as LaTeX, ruled by booktabs. */
import { type Grid, type GridCell, headerLines } from "./grid.ts";

export interface LatexOptions {
  /** Name for \ref, such as "tab:pooling". Default: none. */
  label?: string;
}

/**
 * A table environment with caption; its preamble needs \usepackage{booktabs}, and an engine that knows the fonts where names
 * are not Latin (XeLaTeX or LuaLaTeX). The best cells are bold, those near them bear a dagger.
 */
export function toLatex(grid: Grid, options: LatexOptions = {}): string {
  const { label } = options;
  const keys = grid.keys.length;
  const headers = headerLines(grid.columns);
  const head = headers.flatMap((line, level) => {
    const last = level === headers.length - 1;
    const names = grid.keys.map((key) => (last ? escapeLatex(key) : ""));
    const cells = line.map(({ text, span }) =>
      span > 1 ? `\\multicolumn{${span}}{c}{${escapeLatex(text)}}` : escapeLatex(text),
    );
    return [row([...names, ...cells]), ...(last ? [] : [rulesUnder(line, keys)])];
  });
  return [
    "% \\usepackage{booktabs}",
    "\\begin{table}",
    "\\centering",
    ...(grid.caption ? [`\\caption{${escapeLatex(grid.caption)}}`] : []),
    ...(label ? [`\\label{${label}}`] : []),
    `\\begin{tabular}{${"l".repeat(keys)}${"r".repeat(grid.columns.length)}}`,
    "\\toprule",
    ...head,
    "\\midrule",
    ...grid.lines.map((line) => row([...line.keys.map(escapeLatex), ...line.cells.map(cell)])),
    "\\bottomrule",
    "\\end{tabular}",
    "\\end{table}",
    "",
  ].join("\n");
}

const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  _: "\\_",
  "%": "\\%",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  // After the \\ of the line before, or after \midrule, these would be read as its options.
  "[": "{[}",
  "]": "{]}",
  "*": "{*}",
  "±": "$\\pm$",
  "†": "$^\\dagger$",
};

/** Text that LaTeX prints as it is; line ends become spaces. */
export function escapeLatex(text: string): string {
  return text.replace(/[\\{}$&#_%^~<>|[\]*±†]/g, (c) => SPECIAL[c]!).replace(/\s*[\r\n]+\s*/g, " ");
}

function row(cells: readonly string[]): string {
  return `${cells.join(" & ")} \\\\`;
}

/** A value: a leading minus is printed as one, not as a hyphen, and no value as a dash. */
function cell({ text, best, near }: GridCell): string {
  const shown = text === "-" ? "--" : escapeLatex(text).replace(/^-/, "$-$");
  return `${best ? `\\textbf{${shown}}` : shown}${near ? "$^\\dagger$" : ""}`;
}

/** A rule under each header that stands over several columns. */
function rulesUnder(line: readonly { span: number }[], keys: number): string {
  let column = keys + 1;
  return line
    .map(({ span }) => {
      const rule = `\\cmidrule(lr){${column}-${column + span - 1}}`;
      column += span;
      return rule;
    })
    .join(" ");
}
