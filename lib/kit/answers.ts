/** What a classifier answered, as a table to show. */
import type { Prediction } from "../model/classifier.ts";
import type { TextTable } from "../plots/tables.ts";

export interface AnswersOptions {
  /** Digits of scores after the point. Default 2. */
  digits?: number;
}

/**
 * A line for each text: the answer, "other" for none, its highest score, and the class that comes next, or nearest where
 * the answer is "other", with its score.
 */
export function answersTable(predictions: readonly Prediction[], options: AnswersOptions = {}): TextTable {
  const { digits = 2 } = options;
  return {
    header: ["text", "answer", "score", "next", "its score"],
    lines: predictions.map(({ text, class: answer, scores, score }) => {
      const [first, second] = Object.entries(scores).sort(([, a], [, b]) => b - a);
      const next = answer === null ? first : second;
      return [
        ...[text, answer ?? "other", score.toFixed(digits)],
        ...(next ? [next[0], next[1].toFixed(digits)] : ["", ""]),
      ];
    }),
  };
}
