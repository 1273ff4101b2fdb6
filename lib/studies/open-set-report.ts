/** Tables and figures of a study of "other". */
import { join } from "node:path";
import { readJson } from "../core/files.ts";
import type { OtherFrom } from "../episodes/types.ts";
import { curves } from "../plots/curves.ts";
import { riskCoverageCurves, rocCurves } from "../plots/open-set.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import { type HeadsConfig, trainingWords } from "./heads.ts";
import { curvesFile, type OpenSetCurves } from "./open-set-curves.ts";
import type { NamedFigure, NamedTable, StudyReport } from "./report.ts";

interface Shown extends HeadsConfig {
  readonly sources: readonly OtherFrom[];
  readonly shots: readonly number[];
  readonly nWay: number;
  readonly nQuery: number;
  readonly nOther: number;
  readonly episodes: number;
  /** Where the tasks left their curves. */
  readonly folder: string;
}

const SOURCES: Readonly<Record<OtherFrom, string>> = {
  classes: "other classes",
  set: "texts of no class",
  both: "other classes or texts of no class",
};

/** Everything that `openSet` says. */
export async function openSetReport(rows: readonly Row[], config: Shown): Promise<StudyReport> {
  const { encoderName, nWay, nQuery, nOther, episodes } = config;
  const figures: NamedFigure[] = [];
  for (const part of partsOf(rows, config)) figures.push(...(await figuresOf(part, config.folder)));
  return {
    title: `Known or other: ${encoderName}`,
    about: [
      `${episodes} ${nWay}-way episodes of unseen classes with ${nWay * nQuery} known and ${nOther} other queries each, the same for all ` +
        `lines.${trainingWords(config)} A query is accepted where its highest score reaches the threshold, which is chosen on as many ` +
        "episodes of dev classes: the highest mean of known accepted and others rejected.",
    ],
    tables: config.sets.flatMap(({ name }) =>
      tablesOf(
        rows.filter((r) => r.data === name),
        name,
      ),
    ),
    figures,
  };
}

const label = (key: string, value: Row[string]): string | undefined => {
  if (key === "otherFrom") return SOURCES[value as OtherFrom];
  return key === "nShot" ? `${value}-shot` : undefined;
};

function tablesOf(rows: readonly Row[], data: string): NamedTable[] {
  const several = new Set(rows.map((r) => r.nShot)).size > 1 ? ["nShot"] : [];
  const accuracy = pivot(rows, {
    ...{ rows: ["head", "encoder"], columns: ["otherFrom", "nShot"], label, value: "accuracy" },
    caption: "Of known queries, none rejected.",
  });
  return [
    { name: `accuracy-${data}`, title: `${data}: accuracy`, table: accuracy },
    { name: `auroc-${data}`, title: `${data}: AUROC`, table: aurocTable(rows, several) },
    { name: `threshold-${data}`, title: `${data}: what the threshold does`, table: thresholdTable(rows, several) },
  ];
}

/** Dev classes beside test classes: what the threshold is chosen on, and what it is for. */
function aurocTable(rows: readonly Row[], several: readonly string[]): ReturnType<typeof pivot> {
  const long = rows.flatMap(({ auroc, devAuroc, ...row }): Row[] => [
    { ...row, part: "dev", auroc: devAuroc },
    { ...row, part: "test", auroc },
  ]);
  return pivot(long, {
    ...{ rows: ["head", "encoder"], columns: ["otherFrom", ...several, "part"], label, value: "auroc" },
    caption: "Known against other, on dev and on test classes; guessing has 50.",
  });
}

const MEASURES = [
  ["knownAccepted", "known accepted"],
  ["knownAccuracy", "accepted and right"],
  ["otherRecall", "others rejected"],
  ["balanced", "mean of known accepted and others rejected"],
  ["bestBalanced", "the same in hindsight"],
  ["cost", "cost"],
] as const;

/** A line for each kind of others, number of shots, head and state; a column for each measure. */
function thresholdTable(rows: readonly Row[], several: readonly string[]): ReturnType<typeof pivot> {
  const long = rows.flatMap((row) =>
    MEASURES.map(([field, what]): Row => {
      const { otherFrom, nShot, head, encoder } = row;
      return { otherFrom, nShot, head, encoder, what, share: row[field] };
    }),
  );
  return pivot(long, {
    ...{ rows: ["otherFrom", ...several, "head", "encoder"], columns: ["what"], value: "share", best: "none", label },
    caption:
      "The threshold is chosen on dev classes. In hindsight: the threshold that is best on these test episodes; cost: what not knowing it takes.",
  });
}

/** Lines that share a picture: of one set, one kind of others and one number of shots. */
interface Group {
  readonly name: string;
  readonly words: string;
  readonly rows: readonly Row[];
}

function partsOf(rows: readonly Row[], { sets, sources, shots }: Shown): Group[] {
  return sets.flatMap(({ name }) =>
    sources.flatMap((source) =>
      shots.map((nShot) => ({
        name: [name, source, ...(shots.length > 1 ? [nShot] : [])].join("-"),
        words: `${name}, ${nShot}-shot, others: ${SOURCES[source]}`,
        rows: rows.filter((r) => r.data === name && r.otherFrom === source && r.nShot === nShot),
      })),
    ),
  );
}

async function figuresOf({ name, words, rows }: Group, folder: string): Promise<NamedFigure[]> {
  const lines = await Promise.all(
    rows.map(async (row) => {
      const kept = (await readJson(join(folder, curvesFile(row)), "curves of a study")) as OpenSetCurves;
      return { name: `${row.encoder}, ${row.head}`, row, kept };
    }),
  );
  return [
    {
      name: `roc-${name}`,
      caption: `Known against other queries over all thresholds: ${words}.`,
      figure: rocCurves(
        lines.map(({ name: line, kept }) => ({ name: line, ...kept.roc })),
        { title: `ROC: ${words}` },
      ),
    },
    {
      name: `risk-${name}`,
      caption: `Wrong answers among those given, over all thresholds; an answer to an other query is wrong: ${words}.`,
      figure: riskCoverageCurves(
        lines.map(({ name: line, kept }) => ({ name: line, ...kept.risk })),
        { title: `Risk and coverage: ${words}` },
      ),
    },
    ...lines.map(({ name: line, row, kept }) =>
      scoresFigure(`${row.encoder}-${row.head}-${name}`, `${line}, ${words}`, kept),
    ),
  ];
}

/** How the highest scores are spread, of known and other queries of dev and of test classes, with both thresholds. */
function scoresFigure(name: string, words: string, { scores, threshold, bestThreshold }: OpenSetCurves): NamedFigure {
  const top = Math.max(...scores.flatMap((s) => s.share));
  const upright = (title: string, at: number, style: number) => ({ name: title, x: [at, at], y: [0, top], style });
  const styles = { known: 0, other: 1 };
  const series = [
    ...scores.map(({ part, kind, score, share }) => ({
      name: `${kind}, ${part}`,
      ...{ x: score, y: share, style: styles[kind] },
      kind: part === "dev" ? ("points" as const) : ("line" as const),
    })),
    upright("threshold, from dev", threshold, 2),
    upright("best on test", bestThreshold, 3),
  ];
  const figure = curves(series, {
    title: `Highest scores: ${words}`,
    ...{ x: "highest score of a query", y: "share of the queries", percent: true },
  });
  return {
    name: `scores-${name}`.replaceAll(/[^\p{L}\p{N}.]+/gu, "-"),
    caption: `Highest scores of known and other queries, of dev classes (points) and of test classes (lines): ${words}.`,
    figure,
  };
}
