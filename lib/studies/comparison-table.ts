/** The tables of a comparison: a line for every model, columns for data sets and shots. */
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import type { ComparisonConfig } from "./comparison-config.ts";
import type { NamedTable } from "./report.ts";

/** Accuracy with its interval, and AUROC. */
export function comparisonTables(rows: readonly Row[], config: ComparisonConfig): NamedTable[] {
  const shape = { rows: ["head", "encoder", "pooling"], columns: ["data", "nShot"] };
  const label = (key: string, value: Row[string]): string | undefined =>
    key === "nShot" ? `${value}-shot` : undefined;
  const { nOther } = config.evaluation;
  const sorted = config.heads.flatMap((head) => rows.filter((r) => r.head === head)); // raw and trained of a head together
  return [
    {
      name: "accuracy",
      title: "Accuracy on unseen classes",
      table: pivot(sorted, { ...shape, value: "accuracy", label }),
    },
    {
      name: "auroc",
      title: "Known against other: AUROC",
      table: pivot(sorted, {
        ...shape,
        value: "auroc",
        label,
        name: `AUROC of the highest score, known queries against the ${nOther} others of an episode`,
      }),
    },
  ];
}

/** What was measured, in a sentence or two. */
export function comparisonAbout(config: ComparisonConfig): string {
  const { training: t, evaluation: e } = config;
  const others = {
    classes: "of other classes",
    set: "of no class",
    both: "of other classes or of none",
  };
  return (
    `${config.encoderName}: ${e.episodes} episodes of unseen classes, ${e.nWay}-way, ${e.nQuery} queries a class and ${e.nOther} ` +
    `${others[e.otherFrom]}. Raw: the encoder as it is. Trained: ${t.steps} steps of ${t.nWay}-way ${t.nShot}-shot ` +
    `${t.nQuery}-query (siamese: as many texts in pairs), AdamW ${t.lr}, the best evaluation on dev classes. All ` +
    "rows of a data set and a number of shots are scored on the same episodes."
  );
}
