/** Tables and bars of the study of sentence pairs: what there is, pairs told apart, and intents recognised. */
import { bars } from "../plots/bars.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import type { NamedFigure, NamedTable, StudyReport } from "./report.ts";

interface Shown {
  readonly encoderName: string;
  readonly training: { readonly steps: number; readonly lr: number };
  readonly shots: readonly number[];
  readonly episodes: number;
}

/** Everything that `sentencePairs` says. */
export function sentencePairsReport(rows: readonly Row[], config: Shown): StudyReport {
  const { steps, lr } = config.training;
  return {
    title: `Siamese networks on sentence pairs: ${config.encoderName}`,
    about: [
      `Trained: ${steps} steps, AdamW ${lr}, squared error of the cosine, the step with the best AUROC on dev pairs. Pairs: AUROC of the ` +
        "cosine, and accuracy with the threshold that is best on dev pairs. Intents: 5-way accuracy on unseen classes, " +
        `${config.episodes} episodes, the same for all. In rows.csv, difference is the accuracy less that of the raw encoder.`,
    ],
    tables: [countsTable(rows), ...pairsTable(rows), intentsTable(rows)],
    figures: [barsOf(rows)],
  };
}

/** What there is of each set; a line says where it comes from when there is nothing. */
function countsTable(rows: readonly Row[]): NamedTable {
  const counts = rows
    .filter((r) => r.on === "counts")
    .map((r) => ({ ...r, set: r.here ? r.data : `${r.data} (not here: ${r.origin})` }));
  const shape = { rows: ["set"], columns: ["part"], value: "pairs", percent: false, digits: 0, name: "pairs by part" };
  return { name: "sets", title: "Sentence pairs by part", table: pivot(counts, { ...shape, best: "none" }) };
}

/** AUROC, accuracy and difference for every set that is here. */
function pairsTable(rows: readonly Row[]): NamedTable[] {
  const scored = rows.filter((r) => r.on === "pairs");
  const missing = rows.filter((r) => r.on === "counts" && !r.here && r.part === "train");
  const long = [
    ...scored.flatMap(({ model, data, auroc, accuracy, ci95, difference, differenceCi95 }): Row[] => [
      { model, data, measure: "AUROC", value: auroc },
      { model, data, measure: "accuracy", value: accuracy, ci95 },
      { model, data, measure: "difference to raw", value: difference, ci95: differenceCi95 },
    ]),
    ...missing.map(({ data }): Row => ({ model: "raw", data: `${data} (not here)`, measure: "AUROC", value: null })),
  ];
  const table = pivot(long, {
    ...{ rows: ["model"], columns: ["data", "measure"], value: "value", best: "none" },
    ...(scored.some((r) => typeof r.ci95 === "number")
      ? {
          interval: "ci95",
          name: "test pairs: AUROC of the cosine, accuracy with the threshold of dev pairs, and its paired difference to raw,",
        }
      : { name: "test pairs: AUROC of the cosine" }),
  });
  return [{ name: "pairs", title: "Pairs told apart", table }];
}

/** Accuracy and difference on unseen classes. */
function intentsTable(rows: readonly Row[]): NamedTable {
  const scored = rows.filter((r) => r.on === "intents");
  const missing = rows.filter((r) => r.on === "counts" && !r.here && r.part === "train");
  const long = [
    ...scored.flatMap(({ model, data, nShot, accuracy, ci95, difference, differenceCi95 }): Row[] => [
      { model, data, shots: `${nShot}-shot`, measure: "accuracy", value: accuracy, ci95 },
      { model, data, shots: `${nShot}-shot`, measure: "difference to raw", value: difference, ci95: differenceCi95 },
    ]),
    ...missing.map(({ data }): Row => {
      const [first] = scored;
      const { data: intents, nShot } = first ?? {};
      return { model: `trained on ${data} (not here)`, data: intents, shots: `${nShot}-shot`, measure: "accuracy" };
    }),
  ];
  const table = pivot(long, {
    ...{ rows: ["model"], columns: ["data", "shots", "measure"], value: "value", interval: "ci95", best: "none" },
    name: "accuracy on unseen classes, and its paired difference to raw on the same episodes,",
  });
  return { name: "intents", title: "Intents recognised", table };
}

function barsOf(rows: readonly Row[]): NamedFigure {
  const items = rows
    .filter((r) => r.on === "intents" || (r.on === "pairs" && typeof r.accuracy === "number"))
    .map((r) => ({
      group: r.on === "intents" ? `${r.data}, ${r.nShot}-shot` : `${r.data}, pairs`,
      name: String(r.model),
      mean: r.accuracy as number,
      ci95: r.ci95 as number,
    }));
  return {
    name: "accuracy",
    caption: "Accuracy on test pairs (guessing: half) and on unseen classes of intents (5-way, guessing: 20 %).",
    figure: bars(items, { title: "What training on pairs is worth" }),
  };
}
