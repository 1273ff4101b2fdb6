/** Tables and pictures of the adaptation: perplexity before and after, and few-shot accuracy before and after. */
import { join } from "node:path";
import { bars } from "../plots/bars.ts";
import { curves } from "../plots/curves.ts";
import type { Series } from "../plots/series.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import { readLogFile } from "../train/log.ts";
import type { DevLine } from "../train/types.ts";
import type { NamedFigure, NamedTable, StudyReport } from "./report.ts";

interface Shown {
  readonly encoderName: string;
  readonly pretraining: { readonly headSteps: number; readonly steps: number; readonly lr: number };
  readonly training?: { readonly steps: number; readonly lr: number } | undefined;
  readonly shots: readonly number[];
  readonly episodes: number;
  /** Folders with the logs, for each set. */
  readonly runs: readonly {
    readonly name: string;
    readonly head: string;
    readonly adapted: readonly { readonly label: string; readonly folder: string }[];
  }[];
}

/** Everything that `adaptation` says. */
export async function adaptationReport(rows: readonly Row[], config: Shown): Promise<StudyReport> {
  const { headSteps, steps, lr } = config.pretraining;
  const { training: t } = config;
  const sets = config.runs.map(({ name }) => name);
  return {
    title: `Pre-training on in the domain: ${config.encoderName}`,
    about: [
      `A new masked-word head alone: ${headSteps} steps on the encoder as it came. Then encoder and head: ${steps} steps, AdamW ${lr}. ` +
        "Perplexity of masked tokens in texts of dev classes, the best measurement of each. " +
        `Accuracy: prototypical network, mean pooling, 5-way, unseen classes, ${config.episodes} episodes, the same for all` +
        `${t ? `; trained: ${t.steps} steps, AdamW ${t.lr}` : ""}.`,
    ],
    tables: sets.flatMap((name) => [perplexityTable(rows, name), accuracyTable(rows, name)]),
    figures: (
      await Promise.all(
        config.runs.map(async (run) => [await perplexityCurves(run, config), accuracyBars(rows, run.name)]),
      )
    ).flat(),
  };
}

function perplexityTable(rows: readonly Row[], data: string): NamedTable {
  const own = rows.filter((r) => r.data === data && (r.perplexity !== undefined || r.here === false));
  const long = own.flatMap(({ encoder, perplexity, maskedRight }): Row[] => [
    { encoder, measure: "perplexity", value: perplexity },
    { encoder, measure: "masked tokens right (%)", value: typeof maskedRight === "number" ? 100 * maskedRight : null },
  ]);
  const shape = { rows: ["encoder"], columns: ["measure"], value: "value", best: "none" as const };
  const name = "masked tokens in texts of dev classes";
  return {
    name: `perplexity-${data}`,
    title: `${data}: perplexity`,
    table: pivot(long, { ...shape, name, percent: false }),
  };
}

function accuracyTable(rows: readonly Row[], data: string): NamedTable {
  const own = rows.filter((r) => r.data === data && (r.state !== undefined || r.here === false));
  const [first] = own;
  const long = own.flatMap(({ encoder, state = first?.state, nShot = first?.nShot, ...r }): Row[] => {
    const where = { encoder, state, shots: `${nShot}-shot` };
    const difference = { value: r.difference, ci95: r.differenceCi95 };
    return [
      { ...where, measure: "accuracy", value: r.accuracy, ci95: r.ci95 },
      { ...where, measure: "difference", ...difference },
    ];
  });
  const table = pivot(long, {
    ...{ rows: ["encoder"], columns: ["state", "shots", "measure"], value: "value", interval: "ci95", best: "none" },
    name: "accuracy on unseen classes, and its paired difference to the encoder as it came on the same episodes,",
  });
  return { name: `accuracy-${data}`, title: `${data}: few-shot accuracy`, table };
}

/** The head alone, then, carrying on from its end, everything on each collection of texts. */
async function perplexityCurves(run: Shown["runs"][number], config: Shown): Promise<NamedFigure> {
  const { headSteps } = config.pretraining;
  const measured = async (folder: string) =>
    (await readLogFile(join(folder, "log.jsonl")))
      .filter((line): line is DevLine => "dev" in line)
      .map(({ step, dev }) => ({ step, perplexity: dev.perplexity ?? Number.NaN }));
  const head = await measured(run.head);
  const start = Math.min(...head.map((h) => h.perplexity));
  const series: Series[] = [
    { name: "new head alone", kind: "points", x: head.map((h) => h.step), y: head.map((h) => h.perplexity) },
  ];
  for (const { label, folder } of run.adapted) {
    const points = await measured(folder);
    series.push({
      ...{ name: `all, on ${label}`, kind: "points" },
      x: [headSteps, ...points.map((p) => headSteps + p.step)],
      y: [start, ...points.map((p) => p.perplexity)],
    });
  }
  return {
    name: `perplexity-${run.name}`,
    caption: `Perplexity of masked tokens in texts of dev classes of ${run.name}: first only the new head learns, then encoder and head.`,
    figure: curves(series, { title: `${run.name}: masked tokens of held-out texts`, y: "perplexity" }),
  };
}

function accuracyBars(rows: readonly Row[], data: string): NamedFigure {
  const items = rows
    .filter((r) => r.data === data && r.state !== undefined)
    .map((r) => ({
      group: `${r.state}, ${r.nShot}-shot`,
      name: String(r.encoder),
      mean: r.accuracy as number,
      ci95: r.ci95 as number,
    }));
  const figure = bars(items, { title: `${data}: 5-way accuracy on unseen classes`, chance: 0.2 });
  return {
    name: `accuracy-${data}`,
    caption: `Accuracy on unseen classes of ${data}; the dashed line is guessing.`,
    figure,
  };
}
