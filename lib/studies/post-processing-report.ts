/** Tables and heat maps of repaired vectors: what each repair is worth, and what it makes of the vectors. */
import { heatmap } from "../plots/heatmap.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import type { NamedFigure, NamedTable, StudyReport } from "./report.ts";

interface Shown {
  readonly encoderName: string;
  readonly sets: readonly { readonly name: string }[];
  readonly nWay: number;
  readonly nShot: number;
  readonly episodes: number;
}

/** Everything that `postProcessing` says. */
export function postProcessingReport(rows: readonly Row[], config: Shown): StudyReport {
  const { nWay, nShot, episodes } = config;
  return {
    title: `Raw ${config.encoderName} vectors, repaired without training`,
    about: [
      `${nWay}-way ${nShot}-shot accuracy of the prototypical network without training on unseen classes, ${episodes} episodes, the same for all. ` +
        "Mean, components and variances are those of the texts of the train classes.",
    ],
    tables: config.sets.flatMap(({ name }) =>
      tablesOf(
        rows.filter((r) => r.data === name),
        name,
      ),
    ),
    figures: config.sets.map(({ name }) =>
      figureOf(
        rows.filter((r) => r.data === name),
        name,
        config,
      ),
    ),
  };
}

function tablesOf(rows: readonly Row[], data: string): NamedTable[] {
  const shape = { rows: ["repair"], columns: ["pooling", "distance"] };
  const gains = rows.filter((r) => r.difference !== undefined);
  const difference = {
    value: "difference",
    interval: "differenceCi95",
    best: "none" as const,
    name: "accuracy less that of raw vectors",
  };
  const measures: readonly [field: string, title: string, factor: number][] = [
    ["meanCosine", "mean cosine", 1],
    ["effectiveRank", "effective rank", 1],
    ["nearestAccuracy", "nearest by cosine is of the same class (%)", 100],
  ];
  const first = rows.filter((r) => r.distance === rows[0]?.distance); // the vectors are the same for every distance
  const long = first.flatMap((r) =>
    measures.map(([field, measure, factor]): Row => {
      return { repair: r.repair, pooling: r.pooling, measure, value: factor * (r[field] as number) };
    }),
  );
  const look = {
    rows: ["repair"],
    columns: ["pooling", "measure"],
    value: "value",
    percent: false,
    digits: 2,
    name: "measures of the test classes' vectors",
  };
  return [
    { name: `accuracy-${data}`, title: `${data}: accuracy`, table: pivot(rows, { ...shape, value: "accuracy" }) },
    {
      name: `difference-${data}`,
      title: `${data}: gain over raw vectors`,
      table: pivot(gains, { ...shape, ...difference }),
    },
    {
      name: `geometry-${data}`,
      title: `${data}: what vectors look like`,
      table: pivot(long, { ...look, best: "none" }),
    },
  ];
}

function figureOf(rows: readonly Row[], data: string, { nWay, nShot }: Shown): NamedFigure {
  const names = (keys: readonly string[]): string[] => [
    ...new Set(rows.map((r) => keys.map((key) => r[key]).join(", "))),
  ];
  const [repairs, columns] = [names(["repair"]), names(["pooling", "distance"])];
  const grid = (field: string): number[][] =>
    repairs.map((repair) =>
      columns.map((column) => {
        const row = rows.find((r) => r.repair === repair && `${r.pooling}, ${r.distance}` === column);
        return (row?.[field] as number | undefined) ?? Number.NaN;
      }),
    );
  const title = `${data}: ${nWay}-way ${nShot}-shot accuracy (%)`;
  const look = { rows: repairs, columns, title, x: "pooling and distance", y: "repair", best: "table" as const };
  const caption = `Accuracy of raw vectors after repairs that need no training: ${data}.`;
  return { name: `accuracy-${data}`, caption, figure: heatmap(grid("accuracy"), { ...look, ci95: grid("ci95") }) };
}
