/** The heads of a study as tasks: each on the raw encoder, and trained by the study or before it. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import type { Pooling } from "../encoder/pooling.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import type { HeadName, HeadSettings } from "../heads/types.ts";
import { type Embedder, withEmbedder } from "../model/embed.ts";
import { modelHash } from "../model/hash.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, loadModel } from "../model/model.ts";
import type { Row } from "../results/table.ts";
import { type RawViews, rawViews } from "./raw-views.ts";
import type { NamedSet, Subject, SubjectConfig } from "./subject.ts";
import type { Task } from "./tasks.ts";
import { fitOptionsOf, type HeadTraining, trainThenScore } from "./train-task.ts";

/** A head, and what is its own beside its name: how matching sums up supports, which distance. */
export interface HeadChoice {
  /** In the tables, once in a study: `matching, max`. */
  readonly name: string;
  readonly head: HeadName;
  /** Default: those of the head. */
  readonly settings?: Partial<Omit<HeadSettings, "head">>;
  /** A model, or a run, that was trained before: the study then trains none for this head. */
  readonly trained?: FewShotModel | { readonly model: FewShotModel };
}

export interface HeadsConfig extends SubjectConfig {
  readonly heads: readonly HeadChoice[];
  /** Default "mean". */
  readonly pooling?: Pooling;
  /** Without it, heads that come without a trained model are scored raw only. */
  readonly training?: HeadTraining;
  /** Default 1. */
  readonly seed?: number;
}

export type HeadState = "raw" | "trained";

/** A model to score: its row begins with `cell`. */
export interface HeadToScore {
  readonly named: NamedSet;
  readonly cell: { readonly data: string; readonly head: string; readonly encoder: HeadState };
  readonly model: FewShotModel;
  /** Made for the model; it remembers. */
  readonly embedder: Embedder;
}

export interface HeadTasksOptions {
  /** Folder of the study's tasks: models are trained in it. */
  folder: string;
  raw: RawViews;
  /** Seconds on 2 cores that scoring one head takes, about. */
  weight: number;
  signal?: AbortSignal | undefined;
  score: (subject: HeadToScore) => Promise<Row[]>;
}

// Seconds on 2 cores, about, for the bar.
const TRAIN_STEP = 0.06;

/** What the rows depend on, as JSON: a trained model by the hash of its weights. Throws an InputError for equal names. */
export function headsRecord(config: HeadsConfig, subject: Subject): Record<string, unknown> {
  const twice = config.heads.find(({ name }, i) => config.heads.findIndex((other) => other.name === name) < i);
  if (twice) throw new InputError(`study: two heads are called '${twice.name}'; wanted a name of its own for each`);
  const heads = config.heads.map(({ trained, ...choice }) => ({
    ...choice,
    ...(trained && { trained: { settings: modelOf(trained).settings, hash: modelHash(modelOf(trained)) } }),
  }));
  const { pooling = DEFAULT_MODEL.pooling, training, seed = 1 } = config;
  return { heads, pooling, ...(training && { training }), seed, ...subject.record };
}

/** The raw encoder's vectors, for all heads of a study. */
export function headViews(config: HeadsConfig, subject: Subject, executor: Executor): RawViews {
  const { pooling = DEFAULT_MODEL.pooling } = config;
  return rawViews(subject.encoder, executor, [{ pooling, layer: DEFAULT_MODEL.layer }]);
}

/** Where a study trains a head on a set. */
export function headFolder(folder: string, set: string, head: string): string {
  return join(folder, `${set} ${head}`.replaceAll(/[^\p{L}\p{N}.]+/gu, "-"));
}

/** For every set the heads raw, then trained. */
export function headTasks(
  config: HeadsConfig,
  subject: Subject,
  executor: Executor,
  options: HeadTasksOptions,
): Task[] {
  const { pooling = DEFAULT_MODEL.pooling, training, seed = 1 } = config;
  const { folder, raw, weight, signal } = options;
  const score = async (to: HeadToScore): Promise<Row[]> => {
    // In the same batches whatever was scored before: a vector's last bit depends on the texts beside it.
    for (const part of ["dev", "test"] as const) await to.embedder.embed(Object.values(to.named.set[part]).flat());
    return options.score(to);
  };
  const rawTask = (named: NamedSet, { name, head, settings }: HeadChoice): Task => ({
    name: `${named.name} ${name} raw`,
    weight,
    run: () => {
      const model = createModel(subject.encoder, { ...DEFAULT_MODEL, pooling, head: headSettings(head, settings) });
      const cell = { data: named.name, head: name, encoder: "raw" as const };
      return score({ named, cell, model, embedder: raw.embedder(named.name, 0) });
    },
  });
  const trainedTask = (named: NamedSet, { name, head, settings = {}, trained }: HeadChoice): Task[] => {
    const title = `${named.name} ${name} trained`;
    const cell = { data: named.name, head: name, encoder: "trained" as const };
    if (trained) {
      const model = modelOf(trained);
      const run = (): Promise<Row[]> =>
        withEmbedder(model, executor, { remember: true }, (embedder) => score({ named, cell, model, embedder }));
      return [{ name: title, weight, run }];
    }
    if (!training) return [];
    const { steps } = training;
    const run: Task["run"] = async (report) => {
      const model = await loadModel(config.encoder, { head, pooling, headSettings: settings });
      const share = (TRAIN_STEP * steps) / (weight + TRAIN_STEP * steps);
      const fitOptions = {
        ...{ out: headFolder(folder, named.name, name), report, share, ...fitOptionsOf(training), seed },
        ...(signal && { signal }),
      };
      return trainThenScore(model, named.set, executor, fitOptions, (embedder) =>
        score({ named, cell, model, embedder }),
      );
    };
    return [{ name: title, weight: weight + TRAIN_STEP * steps, run }];
  };
  return subject.sets.flatMap((named) => [
    ...config.heads.map((choice) => rawTask(named, choice)),
    ...config.heads.flatMap((choice) => trainedTask(named, choice)),
  ]);
}

function modelOf(trained: NonNullable<HeadChoice["trained"]>): FewShotModel {
  return "encoder" in trained ? trained : trained.model;
}

/** How the heads were trained, in a sentence; nothing where the study trained none. */
export function trainingWords({ training: t, heads }: HeadsConfig): string {
  if (!t || heads.every((h) => h.trained)) return "";
  const way = t.nWay === undefined ? "" : `${t.nWay}-way `;
  return ` Trained: ${t.steps} steps of ${way}${t.nShot}-shot, AdamW ${t.lr}, each head by itself, the best evaluation on dev classes.`;
}
