/** Several evaluations on the same episodes as a table: what each gets, and how far it is from the first, episode by episode. */
import { InputError } from "../core/errors.ts";
import type { Evaluation } from "../evaluate/evaluate.ts";
import { pairedDifference } from "../evaluate/paired.ts";
import { type PivotTable, pivot } from "../results/pivot.ts";

/**
 * Accuracy and the paired difference to the first, both in % with 95 % intervals. An InputError where they were not scored on
 * the same number of episodes of one shape; that the seeds are equal is the caller's to see to.
 */
export function differencesTable(evaluations: Readonly<Record<string, Evaluation>>): PivotTable {
  const all = Object.entries(evaluations);
  const [first] = all;
  if (!first) throw new InputError("differences: there is no evaluation; wanted at least two");
  const [baseName, base] = first;
  const shape = (e: Evaluation): string => `${e.nWay}-way ${e.nShot}-shot ${e.nQuery}-query on ${e.part} classes`;
  const rows = all.flatMap(([name, e]) => {
    if (shape(e) !== shape(base) || e.data.hash !== base.data.hash)
      throw new InputError(
        `differences: ${name} was scored ${shape(e)} of ${e.data.name}, ${baseName} ${shape(base)} of ${base.data.name}; wanted the same`,
      );
    const { mean, ci95 } = pairedDifference(e.episodeAccuracies, base.episodeAccuracies);
    const away = e === base ? { value: null, ci95: null } : { value: mean, ci95 };
    return [
      { model: name, measure: "accuracy", value: e.accuracy, ci95: e.ci95 },
      { model: name, measure: `difference to ${baseName}`, ...away },
    ];
  });
  return pivot(rows, {
    ...{ rows: ["model"], columns: ["measure"], value: "value", interval: "ci95", best: "none" },
    name: `${shape(base)}, ${base.episodes} episodes, the same for all; accuracy and paired difference,`,
  });
}
