/** Raw BERT against the three trained networks, on unseen classes: every table of `npm run reproduce` is made by this study. */
import { join } from "node:path";
import type { IntentSet } from "../data/types.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import type { HeadName } from "../heads/types.ts";
import { createEmbedder, type Embedder } from "../model/embed.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, loadModel } from "../model/model.ts";
import { createViews, type Views } from "../model/views.ts";
import type { Row } from "../results/table.ts";
import type { ComparisonConfig } from "./comparison-config.ts";
import { comparisonFigures } from "./comparison-figures.ts";
import { comparisonAbout, comparisonTables } from "./comparison-table.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type NamedSet } from "./subject.ts";
import { Stopped, type Task } from "./tasks.ts";
import { trainRun } from "./train-run.ts";

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
  const { sets: parts, record } = await loadSubject(config);
  const { encoder: _, title: __, sets: ___, ...settings } = config;
  const views = new Map<string, Views>();
  return {
    name: config.study,
    record: { ...settings, ...record, model: { ...DEFAULT_MODEL, pooling: config.pooling } },
    tasks: (folder) => parts.flatMap((part) => tasksOf(config, part, executor, { folder, views, signal })),
    report: async (rows, folder) => ({
      title: config.title,
      about: [comparisonAbout(config)],
      tables: comparisonTables(rows, config),
      figures: await comparisonFigures(config, parts, rows, (set, head) => modelFolder(folder, set, head), executor),
    }),
    async dispose() {
      for (const made of views.values()) await made.dispose();
    },
  };
}

/** Where the model of a set and a head is trained. */
export function modelFolder(folder: string, set: string, head: HeadName): string {
  return join(folder, `${set}-${head}`);
}

interface Shared {
  readonly folder: string;
  readonly signal: AbortSignal | undefined;
  /** Vectors of the raw encoder with every pooling, by set: all heads use the same. */
  readonly views: Map<string, Views>;
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
          const { encoder } = await loadModel(config.encoder);
          const model = createModel(encoder, { ...DEFAULT_MODEL, pooling, head: headSettings(head) });
          const all = config.rawPoolings.map((p) => ({ pooling: p, layer: model.settings.layer }));
          const views = shared.views.get(part.name) ?? createViews(model, executor, all);
          shared.views.set(part.name, views);
          return scored(model, part.set, executor, config, cell, views.embedders[i] as Embedder);
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
        const training = (COST.trainStep * steps) / (scores + COST.trainStep * steps);
        const { result } = await trainRun(model, part.set, executor, {
          out: modelFolder(shared.folder, part.name, head),
          resume: true,
          ...config.training,
          selectBy: "accuracy",
          seed: config.seed,
          progress: { quiet: true },
          onStep: ({ step, loss }) =>
            report((training * step) / steps, `step ${step} of ${steps}, loss ${loss.toFixed(3)}`),
          ...(shared.signal && { signal: shared.signal }),
        });
        if (result.status === "interrupted") throw new Stopped();
        report(training, "scoring");
        const cell = { data: part.name, head, encoder: "trained", pooling: config.pooling };
        const bestStep = result.best?.step;
        const embedder = createEmbedder(model, executor, { remember: true });
        try {
          return (await scored(model, part.set, executor, config, cell, embedder)).map((r) => ({ ...r, bestStep }));
        } finally {
          await embedder.dispose();
        }
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
