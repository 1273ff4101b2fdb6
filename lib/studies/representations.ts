/** Why raw BERT vectors do not rank: what they look like in every layer and pooling, and what that is worth at one shot. */
import { POOLINGS, type Pooling } from "../encoder/pooling.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { geometry } from "../evaluate/geometry.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import { createModel, DEFAULT_MODEL } from "../model/model.ts";
import type { View } from "../model/views.ts";
import { heatmap } from "../plots/heatmap.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import { rawViews } from "./raw-views.ts";
import type { NamedFigure, NamedTable } from "./report.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type NamedSet, type Subject, type SubjectConfig } from "./subject.ts";
import type { Task } from "./tasks.ts";

export interface RepresentationsConfig extends SubjectConfig {
  /** Name of the study. Default "representations". */
  readonly study?: string;
  /** Default: all, `pooler` where the encoder has one. */
  readonly poolings?: readonly Pooling[];
  /** Layers, 0 the embeddings. Default: all. */
  readonly layers?: readonly number[];
  /** Episodes of the one-shot accuracy. Default 600. */
  readonly episodes?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** A measure of the rows: how it is written, and which end is good. */
interface Measure {
  readonly name: string;
  readonly title: string;
  readonly share: boolean;
}

const MEASURES: readonly Measure[] = [
  { name: "meanCosine", title: "mean cosine of two texts", share: false },
  { name: "cosineGap", title: "cosine within less between classes", share: false },
  { name: "scatterRatio", title: "within- over between-class scatter", share: false },
  { name: "effectiveRank", title: "effective rank", share: false },
  { name: "nearestAccuracy", title: "nearest neighbour of the same class (%)", share: true },
  { name: "accuracy", title: "5-way 1-shot accuracy (%)", share: true },
];

/**
 * For every layer and pooling of the raw encoder: geometry of the test classes' vectors (see `Geometry`), and accuracy of
 * the prototypical network without training, 5-way 1-shot. Files and options as runStudy.
 */
export async function representations(
  config: RepresentationsConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  return runStudy(representationsStudy(config, subject, executor), outDir, executor, options);
}

function representationsStudy(config: RepresentationsConfig, subject: Subject, executor: Executor): Study {
  const { encoder, sets } = subject;
  const { study = "representations", episodes = 600, seed = 1 } = config;
  const { layers: depth } = encoder.config;
  const pooler = Boolean(encoder.params["pooler.dense.weight"]);
  const poolings = config.poolings ?? POOLINGS.filter((p) => p !== "pooler" || pooler);
  const layers = config.layers ?? Array.from({ length: depth + 1 }, (_, i) => i);
  const views = layers.flatMap((layer) =>
    poolings.filter((pooling) => pooling !== "pooler" || layer === depth).map((pooling): View => ({ pooling, layer })),
  );
  const shared = rawViews(encoder, executor, views);
  const task = ({ name, set }: NamedSet, { pooling, layer }: View, i: number): Task => ({
    name: `${name} layer ${layer} ${pooling}`,
    weight: 1,
    async run() {
      const model = createModel(encoder, { ...DEFAULT_MODEL, pooling, layer, head: headSettings("prototypical") });
      const embedder = shared.embedder(name, i);
      const texts = Object.entries(set.test).flatMap(([label, own]) => own.map((text) => ({ label, text })));
      const vectors = await embedder.embed(texts.map((t) => t.text));
      const shape = await geometry(
        vectors,
        texts.map((t) => t.label),
      );
      const { accuracy, ci95 } = await evaluate(model, set, executor, { nShot: 1, episodes, seed, embedder });
      const cosineGap = shape.withinCosine - shape.betweenCosine;
      return [{ data: name, layer, pooling, ...shape, cosineGap, accuracy, ci95 }];
    },
  });
  return {
    name: study,
    record: { study, poolings, layers, episodes, seed, ...subject.record },
    tasks: () => sets.flatMap((set) => views.map((view, i) => task(set, view, i))),
    report: async (rows) => ({
      title: `What raw ${config.encoderName} vectors look like`,
      about: [
        `Vectors of the texts of unseen classes from every layer and pooling of ${config.encoderName} as it is; layer 0 are the embeddings. ` +
          `Accuracy: prototypical network without training, squared Euclidean distance, 5-way 1-shot, ${episodes} episodes, ± 95 % interval.`,
      ],
      tables: sets.map(({ name }) => tableOf(rows, name)),
      figures: sets.flatMap(({ name }) => heatmaps(rows, name, layers, poolings)),
    }),
    dispose: () => shared.dispose(),
  };
}

/** A line for each layer and pooling, a column for each measure. */
function tableOf(rows: readonly Row[], data: string): NamedTable {
  const own = rows.filter((r) => r.data === data);
  const long = own.flatMap(({ layer, pooling, ci95, ...values }) =>
    MEASURES.map(({ name, title, share }): Row => {
      const value = values[name] as number | null | undefined;
      return {
        ...{ layer, pooling, measure: title, value: share ? 100 * (value ?? Number.NaN) : value },
        ci95: name === "accuracy" ? 100 * (ci95 as number) : null,
      };
    }),
  );
  const shape = { rows: ["layer", "pooling"], columns: ["measure"], value: "value", interval: "ci95" };
  return {
    name: data,
    title: data,
    table: pivot(long, { ...shape, percent: false, digits: 2, best: "none", name: "measures; accuracy" }),
  };
}

function heatmaps(
  rows: readonly Row[],
  data: string,
  layers: readonly number[],
  poolings: readonly Pooling[],
): NamedFigure[] {
  return MEASURES.filter(({ name }) => name === "meanCosine" || name === "effectiveRank" || name === "accuracy").map(
    ({ name, title, share }) => {
      const value = (layer: number, pooling: Pooling): number => {
        const row = rows.find((r) => r.data === data && r.layer === layer && r.pooling === pooling);
        return (row?.[name] as number | undefined) ?? Number.NaN;
      };
      const figure = heatmap(
        layers.map((layer) => poolings.map((pooling) => value(layer, pooling))),
        {
          rows: layers.map((l) => (l === 0 ? "0 (embeddings)" : String(l))),
          columns: poolings,
          title: `${data}: ${title}`,
          x: "pooling",
          y: "layer",
          percent: share,
          digits: share || name === "effectiveRank" ? 1 : 2,
          ...(name === "accuracy" && { best: "table" as const }),
        },
      );
      return {
        name: `${name}-${data}`,
        caption: `${title}, by layer and pooling, on the unseen classes of ${data}.`,
        figure,
      };
    },
  );
}
