/** Pooling by layer by distance by head, raw and trained, all on the same frozen episodes and compared pair by pair. */
import { evaluate } from "../evaluate/evaluate.ts";
import type { Executor } from "../executor/types.ts";
import type { Distance } from "../heads/distances.ts";
import { headSettings } from "../heads/head.ts";
import type { HeadName } from "../heads/types.ts";
import type { Embedder } from "../model/embed.ts";
import { createModel, DEFAULT_MODEL, loadModel, type ModelSettings } from "../model/model.ts";
import type { View } from "../model/views.ts";
import type { Row } from "../results/table.ts";
import type { AblationConfig } from "./ablation-config.ts";
import { ablationReport } from "./ablation-report.ts";
import { eachOf, withDifferences } from "./against.ts";
import { rawViews } from "./raw-views.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type NamedSet, type Subject } from "./subject.ts";
import type { Task } from "./tasks.ts";
import { fitOptionsOf, type HeadTraining, trainThenScore } from "./train-task.ts";

/** One cell of the grid. */
interface Setting extends View {
  readonly head: HeadName;
  readonly distance: Distance;
}

// Seconds on 2 cores, about, for the bar.
const COST = { score: 0.5, trainStep: 0.06 };

/**
 * Scores every combination of head, pooling, layer and distance on the same test episodes, raw and, with `training`,
 * trained. `difference` is the accuracy less that of the head's first pooling, layer and distance in the same state, with
 * the 95 % interval of the paired difference. Files and options as runStudy.
 */
export async function ablation(
  config: AblationConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  return runStudy(ablationStudy(config, subject, executor, options.signal), outDir, executor, options);
}

function ablationStudy(
  config: AblationConfig,
  subject: Subject,
  executor: Executor,
  signal: AbortSignal | undefined,
): Study {
  const { study = "ablation", nShot = 1, episodes = 600, seed = 1, training } = config;
  const { heads, poolings, layers, distances } = config;
  const views = layers.flatMap((layer) => poolings.map((pooling): View => ({ pooling, layer })));
  const shared = rawViews(subject.encoder, executor, views);
  const scored = async (
    named: NamedSet,
    settings: ModelSettings,
    state: "raw" | "trained",
    embedder: Embedder,
    model = createModel(subject.encoder, settings),
  ): Promise<Row[]> => {
    const r = await evaluate(model, named.set, executor, { nShot, nOther: 5, episodes, seed, embedder });
    const { pooling, layer, head } = settings;
    const { accuracy, ci95, auroc } = r;
    const cell = { data: named.name, encoder: state, head: head.head, pooling, layer, distance: head.distance };
    return [{ ...cell, accuracy, ci95, auroc, ...eachOf(r.episodeAccuracies) }];
  };
  const raw = (named: NamedSet, setting: Setting, view: number): Task => ({
    name: `${named.name} raw ${nameOf(setting)}`,
    weight: COST.score,
    run: () => scored(named, settingsOf(setting), "raw", shared.embedder(named.name, view)),
  });
  const trained = (named: NamedSet, setting: Setting, folder: string, how: HeadTraining): Task => {
    return {
      name: `${named.name} trained ${nameOf(setting)}`,
      weight: COST.score + COST.trainStep * how.steps,
      async run(report) {
        const settings = settingsOf(setting);
        const { distance, loss } = settings.head;
        const { pooling, layer } = setting;
        const overrides = { head: setting.head, pooling, layer, headSettings: { distance, loss } };
        const model = await loadModel(config.encoder, overrides);
        const options = {
          ...{ out: `${folder}/${named.name} ${nameOf(setting)}`.replaceAll(" ", "-"), report, share: 0.95 },
          ...{ ...fitOptionsOf(how), seed },
          ...(signal && { signal }),
        };
        return trainThenScore(model, named.set, executor, options, (embedder) =>
          scored(named, settings, "trained", embedder, model),
        );
      },
    };
  };
  const cells = views.flatMap((view, at) =>
    heads.flatMap((head) => distances.map((distance) => ({ at, setting: { ...view, head, distance } }))),
  );
  const trainedTasks = (named: NamedSet, folder: string): Task[] => {
    if (!training) return [];
    const { layers: own = layers, ...how } = training;
    const chosen = cells.filter(({ setting }) => own.includes(setting.layer));
    return chosen.map(({ setting }) => trained(named, setting, folder, how));
  };
  const { sets: _, encoder: __, ...settings } = config;
  return {
    name: study,
    record: { ...settings, study, nShot, episodes, seed, ...subject.record },
    tasks: (folder) =>
      subject.sets.flatMap((named) => [
        ...cells.map(({ at, setting }) => raw(named, setting, at)),
        ...trainedTasks(named, folder),
      ]),
    // The first one of each is that of the first pooling, layer and distance.
    rows: (rows) => withDifferences(rows, ["data", "encoder", "head"], seed),
    report: async (rows) => ablationReport(rows, { ...config, nShot, episodes }),
    dispose: () => shared.dispose(),
  };
}

function settingsOf({ head, pooling, layer, distance }: Setting): ModelSettings {
  return { ...DEFAULT_MODEL, pooling, layer, head: headSettings(head, { distance }) };
}

function nameOf({ head, pooling, layer, distance }: Setting): string {
  return `${head} ${pooling} ${layer} ${distance}`;
}
