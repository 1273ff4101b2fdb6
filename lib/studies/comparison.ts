/** Raw BERT against the three trained networks, on unseen classes: every table of `npm run reproduce` is made by this study. */
import { join } from "node:path";
import type { IntentSet } from "../data/types.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import type { HeadName } from "../heads/types.ts";
import type { Embedder } from "../model/embed.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, loadModel } from "../model/model.ts";
import type { Row } from "../results/table.ts";
import type { ComparisonConfig } from "./comparison-config.ts";
import { comparisonFigures } from "./comparison-figures.ts";
import { comparisonAbout, comparisonTables } from "./comparison-table.ts";
import { type RawViews, rawViews } from "./raw-views.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type NamedSet } from "./subject.ts";
import type { Task } from "./tasks.ts";
import { trainThenScore } from "./train-task.ts";

// Seconds on 2 cores, about: what the bar counts in.
const COST = { score: 1, trainStep: 0.06 };

/**
 * Scores the raw encoder with each pooling and head, trains each head on each set and scores it on the same episodes. Files
 * and options as runStudy: a stopped study goes on, and equal settings give equal files.
 */
export async function comparison(
  config: ComparisonConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  return runStudy(await comparisonStudy(config, executor, options.signal), outDir, executor, options);
}

/** The study itself; its tables are made from rows alone. */
async function comparisonStudy(config: ComparisonConfig, executor: Executor, signal?: AbortSignal): Promise<Study> {
  const { encoder, sets: parts, record } = await loadSubject(config);
  const { encoder: _, title: __, sets: ___, ...settings } = config;
  const { layer } = DEFAULT_MODEL;
  const views = rawViews(
    encoder,
    executor,
    config.rawPoolings.map((pooling) => ({ pooling, layer })),
  );
  return {
    name: config.study,
    record: { ...settings, ...record, model: { ...DEFAULT_MODEL, pooling: config.pooling } },
    tasks: (folder) => parts.flatMap((part) => tasksOf(config, part, executor, { encoder, folder, views, signal })),
    report: async (rows, folder) => ({
      title: config.title,
      about: [comparisonAbout(config)],
      tables: comparisonTables(rows, config),
      figures: await comparisonFigures(config, parts, rows, (set, head) => modelFolder(folder, set, head), executor),
    }),
    dispose: () => views.dispose(),
  };
}

/** Where the model of a set and a head is trained. */
function modelFolder(folder: string, set: string, head: HeadName): string {
  return join(folder, `${set}-${head}`);
}

interface Shared {
  readonly encoder: Encoder;
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  /** Of the raw encoder, in the order of the poolings. */
  readonly views: RawViews;
}

function tasksOf(config: ComparisonConfig, part: NamedSet, executor: Executor, shared: Shared): Task[] {
  const { steps } = config.training;
  const scores = COST.score * config.evaluation.shots.length;
  const raw = config.rawPoolings.flatMap((pooling, i) =>
    config.heads.map((head): Task => {
      const name = `${part.name} ${head} raw ${pooling}`;
      const cell = { data: part.name, head, encoder: "raw", pooling };
      return {
        name,
        weight: scores / config.heads.length,
        run: async () => {
          const model = createModel(shared.encoder, { ...DEFAULT_MODEL, pooling, head: headSettings(head) });
          return scored(model, part.set, executor, config, cell, shared.views.embedder(part.name, i));
        },
      };
    }),
  );
  const trained = config.heads.map(
    (head): Task => ({
      name: `${part.name} ${head} trained`,
      weight: scores + COST.trainStep * steps,
      run: async (report) => {
        const model = await loadModel(config.encoder, { head, pooling: config.pooling });
        const options = {
          ...{ out: modelFolder(shared.folder, part.name, head), ...config.training, seed: config.seed },
          ...{ report, share: (COST.trainStep * steps) / (scores + COST.trainStep * steps) },
          ...(shared.signal && { signal: shared.signal }),
        };
        const cell = { data: part.name, head, encoder: "trained", pooling: config.pooling };
        return trainThenScore(model, part.set, executor, options, async (embedder, { best }) => {
          const rows = await scored(model, part.set, executor, config, cell, embedder);
          return rows.map((row) => ({ ...row, bestStep: best?.step }));
        });
      },
    }),
  );
  return [...raw, ...trained];
}

/** A row for each number of shots. */
async function scored(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  config: ComparisonConfig,
  cell: Row,
  embedder: Embedder,
): Promise<Row[]> {
  const { shots, ...shape } = config.evaluation;
  const rows: Row[] = [];
  for (const nShot of shots) {
    const r = await evaluate(model, set, executor, { ...shape, nShot, seed: config.seed, embedder });
    rows.push({
      ...cell,
      nShot,
      accuracy: r.accuracy,
      ci95: r.ci95,
      auroc: r.auroc,
      wholeVector: r.wholeVector?.accuracy,
      knownAccuracy: r.rejection?.knownAccuracy,
      otherRecall: r.rejection?.otherRecall,
    });
  }
  return rows;
}
