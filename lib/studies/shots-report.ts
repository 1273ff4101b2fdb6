/** Tables and figures of accuracy by number of shots. */
import { join } from "node:path";
import { bars } from "../plots/bars.ts";
import { curves, trainingCurves } from "../plots/curves.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import { readLogFile } from "../train/log.ts";
import { type HeadsConfig, headFolder, trainingWords } from "./heads.ts";
import type { NamedFigure, NamedTable, StudyReport } from "./report.ts";

interface Shown extends HeadsConfig {
  readonly nWay: number;
  readonly episodes: number;
  /** Where the heads were trained. */
  readonly folder: string;
}

/** Everything that `byShots` says. */
export async function shotsReport(rows: readonly Row[], config: Shown): Promise<StudyReport> {
  const { encoderName, sets, episodes, nWay } = config;
  const figures: NamedFigure[] = [];
  for (const { name } of sets) figures.push(...barsOf(rows, name, config), ...(await trainingOf(name, config)));
  return {
    title: `Accuracy by number of shots: ${encoderName}`,
    about: [
      `${nWay}-way accuracy on unseen classes, ${episodes} episodes of each number of shots, the same for all lines.${trainingWords(config)} ` +
        "Differences are taken episode by episode, with their 95 % intervals; p values are in rows.csv.",
    ],
    tables: sets.flatMap(({ name }) => tablesOf(rows, name)),
    figures,
  };
}

function tablesOf(rows: readonly Row[], data: string): NamedTable[] {
  const own = rows.filter((r) => r.data === data);
  const label = (key: string, value: Row[string]): string | undefined =>
    key === "nShot" ? `${value}-shot` : undefined;
  const shape = { rows: ["head", "encoder"], columns: ["nShot"], label };
  const accuracy = pivot(own, { ...shape, value: "accuracy", caption: "Accuracy on unseen classes." });
  const tables = [{ name: `accuracy-${data}`, title: `${data}: accuracy`, table: accuracy }];
  const trained = own.filter((r) => r.gain !== undefined);
  if (trained.length)
    tables.push({
      name: `gain-${data}`,
      title: `${data}: trained against raw, on the same episodes`,
      table: gainTable(own, trained),
    });
  const others = own.filter((r) => r.difference !== undefined);
  if (others.length) {
    const table = pivot(others, {
      ...{ ...shape, value: "difference", interval: "differenceCi95", best: "none" },
      caption: `Accuracy less that of ${own[0]?.head} in the same state, on the same episodes.`,
    });
    tables.push({ name: `difference-${data}`, title: `${data}: differences to ${own[0]?.head}`, table });
  }
  return tables;
}

/** A line for each head and number of shots: raw, trained, and what training gained. */
function gainTable(own: readonly Row[], trained: readonly Row[]): ReturnType<typeof pivot> {
  const long = trained.flatMap((row): Row[] => {
    const raw = own.find((r) => r.head === row.head && r.nShot === row.nShot && r.encoder === "raw");
    const line = { head: row.head, shots: row.nShot };
    return [
      { ...line, what: "raw", value: raw?.accuracy, ci95: raw?.ci95 },
      { ...line, what: "trained", value: row.accuracy, ci95: row.ci95 },
      { ...line, what: "trained less raw", value: row.gain, ci95: row.gainCi95 },
      { ...line, what: "episodes better", value: row.gainWon, ci95: null },
      { ...line, what: "episodes worse", value: row.gainLost, ci95: null },
    ];
  });
  return pivot(long, {
    ...{ rows: ["head", "shots"], columns: ["what"], value: "value", interval: "ci95", best: "none" },
    caption: "Accuracy on the same episodes, and in how many of these the trained model is better or worse.",
  });
}

/** Bars of raw and trained side by side; of more than two heads a figure for each state, and lines of their differences. */
function barsOf(rows: readonly Row[], data: string, config: Shown): NamedFigure[] {
  const own = rows.filter((r) => r.data === data);
  if (config.heads.length <= 2) return [barsFigure(own, data, "", config)];
  const states = [...new Set(own.map((r) => String(r.encoder)))];
  const bySeries = states.map((state) =>
    barsFigure(
      own.filter((r) => r.encoder === state),
      data,
      state,
      config,
    ),
  );
  return [...bySeries, differenceLines(own, data)];
}

/** A group for each number of shots, a bar for each head, and state where `state` names none. */
function barsFigure(rows: readonly Row[], data: string, state: string, { nWay, heads, sets }: Shown): NamedFigure {
  const items = rows.map((r) => ({
    group: `${r.nShot}-shot`,
    name: state ? String(r.head) : heads.length > 1 ? `${r.encoder}, ${r.head}` : String(r.encoder),
    mean: r.accuracy as number,
    ci95: r.ci95 as number,
  }));
  const where = [...(state ? [state] : []), ...(sets.length > 1 ? [data] : [])].join(", ");
  const title = `${nWay}-way accuracy on unseen classes${where && `, ${where}`}`;
  return {
    name: state ? `shots-${state}-${data}` : `shots-${data}`,
    caption: `Accuracy by number of shots on unseen classes of ${data}, ${state || "raw and trained"}, with 95 % intervals.`,
    figure: bars(items, { title, chance: 1 / nWay }),
  };
}

/** A line for each head but the first, in each state. */
function differenceLines(rows: readonly Row[], data: string): NamedFigure {
  const first = String(rows[0]?.head);
  const lines = rows.filter((r) => r.difference !== undefined);
  const names = [...new Set(lines.map((r) => `${r.encoder}, ${r.head}`))];
  const series = names.map((name) => {
    const points = lines.filter((r) => `${r.encoder}, ${r.head}` === name);
    const [x, y] = [points.map((r) => r.nShot as number), points.map((r) => r.difference as number)];
    return { name, x, y, kind: "points" as const };
  });
  const figure = curves(series, {
    title: `Accuracy less that of ${first}, on the same episodes`,
    ...{ x: "shots", y: `less ${first}`, percent: true },
  });
  return {
    name: `difference-${data}`,
    caption: `Differences to ${first} in the same state, by shots, on ${data}.`,
    figure,
  };
}

/** The curves of the heads that the study has trained. */
async function trainingOf(data: string, { heads, training, folder }: Shown): Promise<NamedFigure[]> {
  const own = training ? heads.filter((h) => !h.trained) : [];
  if (!own.length) return [];
  const runs = await Promise.all(
    own.map(async ({ name }) => ({
      name,
      lines: await readLogFile(join(headFolder(folder, data, name), "log.jsonl")),
    })),
  );
  const figure = trainingCurves(runs, { title: `Training on ${data}`, selectBy: "accuracy" });
  return [{ name: `training-${data}`, caption: `Loss and accuracy over the steps of training on ${data}.`, figure }];
}
