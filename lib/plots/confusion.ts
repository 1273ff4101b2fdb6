/** Confusion matrices: which class is taken for which. */
import { type Cell, cellsFigure } from "./cells.ts";
import type { Figure } from "./figure.ts";

export interface ConfusionOptions {
  /** Names of the rows, the true classes. */
  readonly classes: readonly string[];
  /** Names of the columns, the answers, where they are not the classes: "other" may be one. Default: the classes. */
  readonly answers?: readonly string[];
  /** Default: none. */
  readonly title?: string;
}

const MOST_SHARES = 12; // columns beyond which a cell has no room for a share below its count
const MOST_COUNTS = 40; // columns beyond which it has no room for a count

/**
 * The confusion matrix of counts [true class, answer]: each cell with its count and its share of the row, coloured by that
 * share; empty where nothing was counted. Many classes: counts only, then colours only; all numbers are under the
 * pointer. InputError where sizes do not match the names.
 */
export function confusionMatrix(counts: readonly (readonly number[])[], options: ConfusionOptions): Figure {
  const { classes, answers = classes, title } = options;
  const size = answers.length;
  const cells = counts.map((row, r) => {
    const all = row.reduce((a, b) => a + b, 0);
    return row.map((count, c): Cell => {
      const share = all > 0 ? count / all : Number.NaN;
      const words = `${(100 * share).toFixed(share > 0 && share < 0.005 ? 1 : 0)} %`;
      const text = count === 0 || size > MOST_COUNTS ? "" : size > MOST_SHARES ? `${count}` : `${count}\n${words}`;
      const known = all > 0 ? `${count} of ${all}, ${words}` : "no queries";
      return { value: share, text, hover: `true: ${classes[r]}\nanswer: ${answers[c]}\n${known}` };
    });
  });
  const edge = size > MOST_COUNTS ? 14 : size > MOST_SHARES ? 30 : 52;
  return cellsFigure(cells, classes, answers, {
    title,
    x: "answer",
    y: "true class",
    range: [0, 1],
    cell: { width: edge, height: edge },
    outlined: [],
  });
}
