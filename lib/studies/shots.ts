/** Accuracy by number of shots: heads raw and trained on the same frozen episodes, compared pair by pair. */
import { random } from "../core/random.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { pairedDifference } from "../evaluate/paired.ts";
import type { Executor } from "../executor/types.ts";
import type { Row } from "../results/table.ts";
import { type HeadsConfig, headsRecord, headTasks, headViews } from "./heads.ts";
import { shotsReport } from "./shots-report.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type Subject } from "./subject.ts";

export interface ShotsConfig extends HeadsConfig {
  /** Name of the study. Default "shots". */
  readonly study?: string;
  /** Supports a class, one number after the other. Default 1, 2, 3, 5, 10. */
  readonly shots?: readonly number[];
  /** Classes of a test episode. Default 5. */
  readonly nWay?: number;
  /** Queries a class. Default 5. */
  readonly nQuery?: number;
  /** Test episodes of each number of shots. Default 600. */
  readonly episodes?: number;
}

// Seconds on 2 cores that one number of shots takes, about, for the bar.
const SCORE = 1;

/**
 * Scores every head, raw and trained, with each number of shots. All of one number are scored on the same test episodes:
 * `gain` is the accuracy less that of the same head raw, `difference` less that of the first head in the same state, each
 * with the 95 % interval and the p value of the paired difference. Tables accuracy-SET, gain-SET and, with several heads,
 * difference-SET; figures shots-SET, of more than two heads shots-STATE-SET and difference-SET, and training-SET. Files and options as runStudy.
 */
export async function byShots(
  config: ShotsConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  return runStudy(shotsStudy(config, subject, executor, options.signal), outDir, executor, options);
}

function shotsStudy(config: ShotsConfig, subject: Subject, executor: Executor, signal: AbortSignal | undefined): Study {
  const { study = "shots", shots: numbers = [1, 2, 3, 5, 10], nWay = 5, nQuery = 5, episodes = 600, seed = 1 } = config;
  const raw = headViews(config, subject, executor);
  return {
    name: study,
    record: { study, shots: numbers, nWay, nQuery, episodes, ...headsRecord(config, subject) },
    tasks: (folder) =>
      headTasks(config, subject, executor, {
        ...{ folder, raw, signal, weight: SCORE * numbers.length },
        async score({ named, cell, model, embedder }) {
          const rows: Row[] = [];
          for (const nShot of numbers) {
            const r = await evaluate(model, named.set, executor, { nWay, nShot, nQuery, episodes, seed, embedder });
            const { accuracy, ci95, episodeAccuracies } = r;
            rows.push({ ...cell, nShot, accuracy, ci95, [EPISODES]: episodeAccuracies.join(" ") });
          }
          return rows;
        },
      }),
    rows: (rows) => withDifferences(rows, seed),
    report: (rows, folder) => shotsReport(rows, { ...config, nWay, episodes, folder }),
    dispose: () => raw.dispose(),
  };
}

/** Field with the accuracy of each episode, for the paired differences; not in the results. */
const EPISODES = "episodes";

function withDifferences(rows: readonly Row[], seed: number): Row[] {
  const against = (row: Row, base: Row | undefined, fields: readonly [string, string, string, string, string]): Row => {
    if (!base || base === row) return {};
    const { mean, ci95, p, won, lost } = pairedDifference(each(row), each(base), {
      rng: random(seed).stream("paired"),
    });
    return Object.fromEntries([mean, ci95, p, won, lost].map((value, i) => [fields[i], value]));
  };
  return rows.map((row) => {
    const { [EPISODES]: _, ...rest } = row;
    const alike = rows.filter((r) => r.data === row.data && r.nShot === row.nShot);
    const raw = alike.find((r) => r.head === row.head && r.encoder === "raw");
    const first = alike.find((r) => r.encoder === row.encoder);
    return {
      ...rest,
      ...against(row, raw, ["gain", "gainCi95", "gainP", "gainWon", "gainLost"]),
      ...against(row, first, ["difference", "differenceCi95", "p", "won", "lost"]),
    };
  });
}

function each(row: Row): number[] {
  return String(row[EPISODES]).split(" ").map(Number);
}
