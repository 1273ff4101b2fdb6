/** Whether raw vectors can be repaired without training: less their mean, less their top components, or whitened. */
import type { FloatTensor } from "../core/tensor.ts";
import { labelled } from "../data/labelled.ts";
import type { Pooling } from "../encoder/pooling.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { geometry } from "../evaluate/geometry.ts";
import { allButTheTop, type PostProcessing, whitening } from "../evaluate/post-processing.ts";
import type { Executor } from "../executor/types.ts";
import type { Distance } from "../heads/distances.ts";
import { headSettings } from "../heads/head.ts";
import type { Embedder } from "../model/embed.ts";
import { createModel, DEFAULT_MODEL } from "../model/model.ts";
import type { Row } from "../results/table.ts";
import { eachOf, withDifferences } from "./against.ts";
import { postProcessingReport } from "./post-processing-report.ts";
import { rawViews } from "./raw-views.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type NamedSet, type Subject, type SubjectConfig } from "./subject.ts";
import type { Task } from "./tasks.ts";

export interface PostProcessingConfig extends SubjectConfig {
  /** Name of the study. Default "post-processing". */
  readonly study?: string;
  /** Default cls and mean. */
  readonly poolings?: readonly Pooling[];
  /** As in ModelSettings: -1 the last. Default -1. */
  readonly layer?: number;
  /** Default sqEuclidean and cosine. */
  readonly distances?: readonly Distance[];
  /** Numbers of top components that are taken out, each after the mean. Default 0 (the mean alone), 1, 3, 10. */
  readonly components?: readonly number[];
  /** Classes of an episode. Default 5. */
  readonly nWay?: number;
  /** Supports a class. Default 1. */
  readonly nShot?: number;
  /** Test episodes. Default 600. */
  readonly episodes?: number;
  /** Default 1. */
  readonly seed?: number;
}

/**
 * For every pooling, repair and distance: accuracy of the prototypical network without training, all on the same test
 * episodes, `difference` to the raw vectors of the same pooling and distance with the 95 % interval of the paired
 * difference, and what the repaired vectors look like. Mean, components and variances are those of the texts of the train
 * classes, whose labels are not looked at. Tables accuracy-SET, difference-SET and geometry-SET, figures accuracy-SET. Files
 * and options as runStudy.
 */
export async function postProcessing(
  config: PostProcessingConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  return runStudy(postProcessingStudy(config, subject, executor), outDir, executor, options);
}

function postProcessingStudy(config: PostProcessingConfig, subject: Subject, executor: Executor): Study {
  const { study = "post-processing", poolings = ["cls", "mean"], layer = -1, components = [0, 1, 3, 10] } = config;
  const { distances = ["sqEuclidean", "cosine"], nWay = 5, nShot = 1, episodes = 600, seed = 1 } = config;
  const shared = rawViews(
    subject.encoder,
    executor,
    poolings.map((pooling) => ({ pooling, layer })),
  );
  const task = (named: NamedSet, pooling: Pooling, view: number): Task => ({
    name: `${named.name} ${pooling}`,
    weight: 1,
    async run(report) {
      const raw = shared.embedder(named.name, view);
      const { test, train } = named.set;
      const sample = await raw.embed(labelled(train).texts);
      const { texts, labels } = labelled(test);
      const vectors = await raw.embed(texts);
      const repairs = await repairsOf(sample, components);
      const rows: Row[] = [];
      for (const [i, { name, apply }] of repairs.entries()) {
        report(i / repairs.length, name);
        const { meanCosine, effectiveRank, nearestAccuracy } = await geometry(apply(vectors), labels, {
          distance: "cosine",
        });
        const embedder: Embedder = { ...raw, embed: async (some) => apply(await raw.embed(some)) };
        for (const distance of distances) {
          const head = headSettings("prototypical", { distance });
          const model = createModel(subject.encoder, { ...DEFAULT_MODEL, pooling, layer, head });
          const set = { ...named.set, dev: {} }; // no threshold is wanted, so nothing of dev is scored
          const r = await evaluate(model, set, executor, { nWay, nShot, episodes, seed, embedder });
          const cell = { data: named.name, repair: name, pooling, distance, accuracy: r.accuracy, ci95: r.ci95 };
          rows.push({ ...cell, meanCosine, effectiveRank, nearestAccuracy, ...eachOf(r.episodeAccuracies) });
        }
      }
      return rows;
    },
  });
  return {
    name: study,
    record: { study, poolings, layer, components, distances, nWay, nShot, episodes, seed, ...subject.record },
    tasks: () => subject.sets.flatMap((named) => poolings.map((pooling, view) => task(named, pooling, view))),
    rows: (rows) => withDifferences(rows, ["data", "pooling", "distance"], seed), // to the raw vectors, which come first
    report: async (rows) => postProcessingReport(rows, { ...config, nWay, nShot, episodes }),
    dispose: () => shared.dispose(),
  };
}

/** The repairs by name, fitted to the sample; the first leaves the vectors as they are. */
async function repairsOf(
  sample: FloatTensor,
  components: readonly number[],
): Promise<{ name: string; apply: PostProcessing }[]> {
  const repairs = [{ name: "none", apply: (vectors: FloatTensor): FloatTensor => vectors }];
  for (const n of components) {
    repairs.push({ name: n === 0 ? "less mean" : `less mean, top ${n}`, apply: await allButTheTop(sample, n) });
  }
  return [...repairs, { name: "whitened", apply: await whitening(sample) }];
}
