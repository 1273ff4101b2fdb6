/** "Other": how well heads tell queries of the episode's classes from those of none, with a threshold chosen on dev classes. */
import { join } from "node:path";
import { writeAtomic } from "../core/files.ts";
import type { OtherFrom } from "../episodes/types.ts";
import { riskCoverage, rocCurve } from "../evaluate/curves.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import {
  auroc,
  bestOtherThreshold,
  type Confidence,
  confidences,
  type Rejection,
  rejection,
} from "../evaluate/open-set.ts";
import type { Executor } from "../executor/types.ts";
import type { Row } from "../results/table.ts";
import { type HeadsConfig, type HeadToScore, headsRecord, headTasks, headViews } from "./heads.ts";
import { beyondLuck, curvesFile, type OpenSetCurves, shares, thinned } from "./open-set-curves.ts";
import { openSetReport } from "./open-set-report.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type Subject } from "./subject.ts";

export interface OpenSetConfig extends HeadsConfig {
  /** Name of the study. Default "open-set". */
  readonly study?: string;
  /** Where other queries come from. Default "classes" and "set". */
  readonly otherFrom?: readonly OtherFrom[];
  /** Supports a class. Default 5. */
  readonly shots?: readonly number[];
  /** Classes of a test episode. Default 5. */
  readonly nWay?: number;
  /** Queries a class. Default 5. */
  readonly nQuery?: number;
  /** Other queries of an episode. Default nWay * nQuery: as many as known ones. */
  readonly nOther?: number;
  /** Episodes of dev classes, and of test classes. Default 600. */
  readonly episodes?: number;
}

// Seconds on 2 cores that one shape takes, about, for the bar.
const SCORE = 3;

/**
 * Scores every head, raw and trained, with known and other queries, on the same episodes for all. In the rows, as shares:
 * `accuracy` of the known ones without any threshold; `auroc`, also of dev classes, `devAuroc`; `threshold`, the best on dev
 * classes, with `knownAccepted`, `knownAccuracy` (accepted and right), `otherRecall` (rejected) and `balanced`, the mean of
 * knownAccepted and otherRecall; the same with `best` in front for the threshold that is best on the test episodes
 * themselves, which nobody can know: `cost` is what not knowing it takes from `balanced`. `aurc`: area under risk and
 * coverage of known and other together. Files and options as runStudy.
 */
export async function openSet(
  config: OpenSetConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  return runStudy(openSetStudy(config, subject, executor, options.signal), outDir, executor, options);
}

interface Shape {
  readonly nWay: number;
  readonly nShot: number;
  readonly nQuery: number;
  readonly nOther: number;
  readonly otherFrom: OtherFrom;
  readonly episodes: number;
  readonly seed: number;
}

function openSetStudy(
  config: OpenSetConfig,
  subject: Subject,
  executor: Executor,
  signal: AbortSignal | undefined,
): Study {
  const { study = "open-set", otherFrom: sources = ["classes", "set"], shots = [5], episodes = 600, seed = 1 } = config;
  const { nWay = 5, nQuery = 5 } = config;
  const { nOther = nWay * nQuery } = config;
  const raw = headViews(config, subject, executor);
  const shapes = sources.flatMap((otherFrom) =>
    shots.map((nShot): Shape => ({ nWay, nShot, nQuery, nOther, otherFrom, episodes, seed })),
  );
  const settings = { study, sources, shots, nWay, nQuery, nOther, episodes };
  return {
    name: study,
    record: { ...settings, ...headsRecord(config, subject) },
    tasks: (folder) =>
      headTasks(config, subject, executor, {
        ...{ folder, raw, signal, weight: SCORE * shapes.length },
        async score(to) {
          await to.embedder.embed(to.named.set.other);
          const rows: Row[] = [];
          for (const shape of shapes) {
            const { row, curves } = await scored(to, shape, executor);
            await writeAtomic(join(folder, curvesFile(row)), JSON.stringify(curves));
            rows.push(row);
          }
          return rows;
        },
      }),
    report: (rows, folder) => openSetReport(rows, { ...config, ...settings, folder }),
    dispose: () => raw.dispose(),
  };
}

async function scored(
  { named, cell, model, embedder }: HeadToScore,
  shape: Shape,
  executor: Executor,
): Promise<{ row: Row; curves: OpenSetCurves }> {
  const on = async (part: "dev" | "test") => {
    let items: Confidence[] = [];
    const onScored = (_: unknown, results: Parameters<typeof confidences>[0]): void => {
      items = confidences(results);
    };
    const result = await evaluate(model, named.set, executor, { ...shape, part, embedder, onScored });
    return { items, result };
  };
  const dev = await on("dev");
  const test = await on("test");
  const { accuracy, ci95 } = test.result;
  const threshold = bestOtherThreshold(dev.items);
  const chosen = judged(test.items, threshold);
  const best = judged(test.items, bestOtherThreshold(test.items));
  const risk = riskCoverage(test.items);
  const { otherFrom, nShot } = shape;
  const row = {
    ...{ ...cell, otherFrom, nShot, accuracy, ci95 },
    ...{ auroc: auroc(test.items), devAuroc: auroc(dev.items) },
    ...chosen,
    bestThreshold: best.threshold,
    bestKnownAccepted: best.knownAccepted,
    bestKnownAccuracy: best.knownAccuracy,
    bestOtherRecall: best.otherRecall,
    bestBalanced: best.balanced,
    cost: best.balanced - chosen.balanced,
    ...{ aurc: risk.area, aurcExcess: risk.excess },
  };
  const roc = rocCurve(test.items);
  const curves: OpenSetCurves = {
    roc: { ...thinned(roc, ["otherAccepted", "knownAccepted"]), area: roc.area },
    risk: { ...thinned(beyondLuck(risk), ["coverage", "risk"]), area: risk.area },
    threshold,
    bestThreshold: best.threshold,
    scores: shares({ dev: dev.items, test: test.items }),
  };
  return { row, curves };
}

interface Judged extends Rejection {
  readonly knownAccepted: number;
  readonly balanced: number;
}

function judged(items: readonly Confidence[], threshold: number): Judged {
  const known = items.filter((i) => i.known);
  const knownAccepted = known.filter((i) => i.score >= threshold).length / known.length;
  const { knownAccuracy, otherRecall } = rejection(items, threshold);
  return { threshold, knownAccepted, knownAccuracy, otherRecall, balanced: (knownAccepted + otherRecall) / 2 };
}
