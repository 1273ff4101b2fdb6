/** Siamese networks trained on sentence pairs: do they tell other pairs apart, and does it help to recognise intents? */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { findData } from "../data/find.ts";
import { KNOWN_SETS } from "../data/known.ts";
import { loadPairs } from "../data/pairs.ts";
import type { PairSet, TextPair } from "../data/types.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { evaluatePairs } from "../evaluate/pairs.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import { withEmbedder } from "../model/embed.ts";
import { modelHash } from "../model/hash.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, loadModel } from "../model/model.ts";
import type { Row } from "../results/table.ts";
import { eachOf, withDifferences } from "./against.ts";
import { everySteps } from "./fit-options.ts";
import { trainOnPairs } from "./pairs.ts";
import { sentencePairsReport } from "./sentence-pairs-report.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type Subject, type SubjectConfig } from "./subject.ts";
import { fingerprint, Stopped, type Task } from "./tasks.ts";

export interface SentencePairsConfig extends SubjectConfig {
  /** Name of the study. Default "sentence-pairs". */
  readonly study?: string;
  /** Public sets by name, or paths. A public set that is not here is left out, and the tables say so. */
  readonly pairSets: readonly string[];
  /** Siamese models, or runs, that were trained before, by name: they are scored beside the others. Default: none. */
  readonly models?: Readonly<Record<string, FewShotModel | { readonly model: FewShotModel }>>;
  readonly training: {
    readonly steps: number;
    readonly lr: number;
    /** Default that of trainOnPairs, or as many as the set has. */
    readonly pairsPerStep?: number;
    /** Evaluations on dev pairs in all. Default 5. */
    readonly evaluations?: number;
  };
  /** Supports a class of the test episodes of intents. Default [1, 5]. */
  readonly shots?: readonly number[];
  /** Test episodes of intents. Default 600. */
  readonly episodes?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** A pair set, or undefined where it is not here. */
interface FoundPairs {
  readonly name: string;
  readonly set: PairSet | undefined;
}

/** What is scored: its name and how it comes to be. */
interface Candidate {
  readonly name: string;
  readonly weight: number;
  make(folder: string, report: Parameters<Task["run"]>[0]): Promise<FewShotModel>;
}

// Seconds on 2 cores, about, for the bar.
const COST = { score: 3, trainStep: 0.06 };
const RAW = "raw";

/**
 * Scores the raw encoder, the models that are given and a siamese network trained on each pair set: AUROC and accuracy on
 * the test pairs of every set, and accuracy on unseen classes of the intents. Files and options as runStudy.
 */
export async function sentencePairs(
  config: SentencePairsConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  const found = await Promise.all(config.pairSets.map(findPairs));
  return runStudy(sentencePairsStudy(config, subject, found, executor, options.signal), outDir, executor, options);
}

/** Loads a set; a public one may be missing, a path may not. */
async function findPairs(name: string): Promise<FoundPairs> {
  const known = KNOWN_SETS.get(name)?.kind === "pairs";
  const here = await findData(name, "pairs").catch((error: unknown) => {
    if (known && error instanceof InputError) return undefined;
    throw error;
  });
  return { name, set: here && (await loadPairs(name)) };
}

function sentencePairsStudy(
  config: SentencePairsConfig,
  subject: Subject,
  found: readonly FoundPairs[],
  executor: Executor,
  signal: AbortSignal | undefined,
): Study {
  const { study = "sentence-pairs", models = {}, training, shots = [1, 5], episodes = 600, seed = 1 } = config;
  const here = found.flatMap(({ name, set }) => (set ? [{ name, set }] : []));
  const given = Object.entries(models).map(([name, m]) => ({ name, model: "encoder" in m ? m : m.model }));
  const head = headSettings("siamese");

  const score = (name: string, model: FewShotModel): Promise<Row[]> =>
    withEmbedder(model, executor, { remember: true }, async (embedder) => {
      const rows: Row[] = [];
      for (const pairs of here) {
        const r = await evaluatePairs(model, pairs.set, executor, { embedder });
        const { auroc, accuracy, ci95, threshold, right } = r;
        const each = right && eachOf(right);
        rows.push({ model: name, on: "pairs", data: pairs.name, auroc, accuracy, ci95, threshold, ...each });
      }
      for (const { name: data, set } of subject.sets) {
        for (const nShot of shots) {
          const r = await evaluate(model, set, executor, { nShot, episodes, seed, embedder });
          const { accuracy, ci95 } = r;
          const each = eachOf(r.episodeAccuracies);
          rows.push({ model: name, on: "intents", data, nShot, accuracy, ci95, ...each });
        }
      }
      return rows;
    });
  const trained = (name: string, set: PairSet): Candidate => ({
    name: `trained on ${name}`,
    weight: COST.score + COST.trainStep * training.steps,
    async make(folder, report) {
      const { steps, lr, evaluations = 5, pairsPerStep = 32 } = training;
      const most = set.pairs.filter((p) => p.part === "train").length;
      const model = await loadModel(config.encoder, { head: "siamese" });
      const result = await trainOnPairs(model, set, executor, {
        ...{ steps, lr, seed, pairsPerStep: Math.min(pairsPerStep, Math.max(1, most)) },
        ...{ out: join(folder, name.replaceAll(/[^\p{L}\p{N}.-]+/gu, "-")), resume: true, progress: { quiet: true } },
        ...(signal && { signal }),
        evaluateEvery: everySteps(steps, evaluations),
        onStep: ({ step, loss }) => report((0.8 * step) / steps, `step ${step} of ${steps}, loss ${loss.toFixed(3)}`),
      });
      if (result.status === "interrupted") throw new Stopped();
      return model;
    },
  });
  const candidates: Candidate[] = [
    {
      name: RAW,
      weight: COST.score,
      make: async () => createModel(subject.encoder, { ...DEFAULT_MODEL, head }),
    },
    ...given.map(({ name, model }) => ({ name, weight: COST.score, make: async () => model })),
    ...here.map(({ name, set }) => trained(name, set)),
  ];
  return {
    name: study,
    record: {
      ...{ study, training, shots, episodes, seed, head, model: DEFAULT_MODEL },
      models: given.map(({ name, model }) => ({ name, settings: model.settings, hash: modelHash(model) })),
      pairSets: found.map(({ name, set }) => ({ name, hash: set ? fingerprint(set.pairs) : null })),
      ...subject.record,
    },
    tasks: (folder) =>
      candidates.map(({ name, weight, make }) => ({
        name,
        weight,
        run: async (report) => score(name, await make(folder, report)),
      })),
    rows: (rows) => [...found.flatMap(countsOf), ...withDifferences(rows, ["on", "data", "nShot"], seed)],
    report: async (rows) => sentencePairsReport(rows, { ...config, shots, episodes }),
  };
}

/** Pairs by part; none where the set is not here, with the address that it comes from. */
function countsOf({ name, set }: FoundPairs): Row[] {
  const parts: readonly TextPair["part"][] = ["train", "dev", "test", "all"];
  const counts = parts.map((part) => set?.pairs.filter((p) => p.part === part).length ?? 0);
  const origin = KNOWN_SETS.get(name)?.origin;
  return parts.flatMap((part, i) =>
    part === "all" && !counts[i]
      ? []
      : [{ on: "counts", data: name, here: set !== undefined, origin, part, pairs: set ? counts[i] : null }],
  );
}
