/** Tables and heat maps of an ablation: a table for each head and state, and what the best setting gains over the first. */
import type { Pooling } from "../encoder/pooling.ts";
import type { Distance } from "../heads/distances.ts";
import { headSettings } from "../heads/head.ts";
import type { HeadName } from "../heads/types.ts";
import { heatmap } from "../plots/heatmap.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import type { AblationConfig } from "./ablation-config.ts";
import type { NamedFigure, NamedTable, StudyReport } from "./report.ts";

interface Shown {
  readonly encoderName: string;
  readonly sets: readonly { readonly name: string }[];
  readonly heads: readonly HeadName[];
  readonly poolings: readonly Pooling[];
  readonly layers: readonly number[];
  readonly distances: readonly Distance[];
  readonly nShot: number;
  readonly episodes: number;
  readonly training?: AblationConfig["training"] | undefined;
}

/** Everything that `ablation` says. */
export function ablationReport(rows: readonly Row[], config: Shown): StudyReport {
  const states = config.training ? ["raw", "trained"] : ["raw"];
  const groups = config.sets.flatMap(({ name }) =>
    states.flatMap((state) =>
      config.heads.map((head) => ({
        name: `${name}-${state}-${head}`,
        title: `${name}, ${head}, ${state}`,
        rows: rows.filter((r) => r.data === name && r.encoder === state && r.head === head),
      })),
    ),
  );
  const { training: t } = config;
  const trained = t
    ? ` Trained: ${t.steps} steps of ${t.nWay ?? 5}-way ${t.nShot}-shot episodes or of as many texts in pairs, AdamW ${t.lr}, each setting by itself.`
    : "";
  return {
    title: `Pooling, layer and distance: ${config.encoderName}`,
    about: [
      `5-way ${config.nShot}-shot accuracy on unseen classes, ${config.episodes} episodes, the same for all.${trained} In rows.csv, ` +
        `difference is the accuracy less that of ${config.poolings[0]} of layer ${config.layers[0]} with ${config.distances[0]} in the ` +
        "same head and state, with the 95 % interval of the paired difference and its p value.",
    ],
    tables: [...summaries(rows, config), ...groups.map(tableOf)],
    figures: groups.map((group) => mapOf(group, config)),
  };
}

interface Group {
  readonly name: string;
  readonly title: string;
  readonly rows: readonly Row[];
}

/** One setting at a time, the other one as the heads have it by themselves: what most readers ask for. */
function summaries(rows: readonly Row[], { layers, poolings, distances }: Shown): NamedTable[] {
  const [layer] = layers as readonly [number];
  const pooling = poolings.includes("mean") ? "mean" : (poolings[0] as Pooling);
  const usual = (head: HeadName): Distance => {
    const { distance } = headSettings(head);
    return distances.includes(distance) ? distance : (distances[0] as Distance);
  };
  const own = rows.filter((r) => r.layer === layer);
  const shape = { rows: ["data", "encoder", "head"], value: "accuracy", best: "row" } as const;
  const atUsual = own.filter((r) => r.distance === usual(r.head as HeadName));
  const atMean = own.filter((r) => r.pooling === pooling);
  return [
    {
      name: "by-pooling",
      title: `Poolings, layer ${layer}, each head with its usual distance`,
      table: pivot(atUsual, { ...shape, columns: ["pooling"] }),
    },
    {
      name: "by-distance",
      title: `Distances, layer ${layer}, ${pooling} pooling`,
      table: pivot(atMean, { ...shape, columns: ["distance"] }),
    },
  ];
}

function tableOf({ name, title, rows }: Group): NamedTable {
  const shape = { rows: ["layer", "pooling"], columns: ["distance"], value: "accuracy", best: "table" } as const;
  return { name, title, table: pivot(rows, shape) };
}

function mapOf({ name, title, rows }: Group, config: Shown): NamedFigure {
  const layers = config.layers.filter((layer) => rows.some((r) => r.layer === layer)); // not all may be trained
  const views = layers.flatMap((layer) => config.poolings.map((pooling) => ({ layer, pooling })));
  const cell = (view: (typeof views)[number], distance: Distance, field: string): number => {
    const row = rows.find((r) => r.layer === view.layer && r.pooling === view.pooling && r.distance === distance);
    return (row?.[field] as number | undefined) ?? Number.NaN;
  };
  const grid = (field: string): number[][] => views.map((v) => config.distances.map((d) => cell(v, d, field)));
  const figure = heatmap(grid("accuracy"), {
    rows: views.map((v) => `${v.pooling}, layer ${v.layer}`),
    columns: config.distances,
    title: `5-way ${config.nShot}-shot accuracy (%): ${title}`,
    x: "distance",
    ci95: grid("ci95"),
    best: "table",
  });
  return { name, caption: `Accuracy by pooling, layer and distance: ${title}.`, figure };
}
