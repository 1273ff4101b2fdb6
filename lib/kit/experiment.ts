/** Studies from a notebook: where their files go, small where a quick run is wished for, and nothing done twice. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { executorOf, type Where } from "../executor/device.ts";
import type { Executor } from "../executor/types.ts";
import type { StudyOptions, StudyResult } from "../studies/study.ts";
import { cellStream } from "./live.ts";

/** The environment variable by which notebooks learn that they are run with --quick. */
export const QUICK = "BERT_FEW_SHOT_QUICK";
/** The environment variable by which studies in notebooks learn that finished tasks are to be done again. */
export const FRESH = "BERT_FEW_SHOT_FRESH";

/** Whether `npm run notebooks -- --quick` runs this notebook: settings are then to be small. */
export function quickRun(): boolean {
  return process.env[QUICK] === "1";
}

export interface ExperimentOptions extends StudyOptions, Where {
  /** Folder for tables, figures and the page. Default runs/NAME/results of the project. */
  out?: string;
}

/** A study: `representations`, `ablation`, `comparison` and the like. */
export type StudyFunction<Config> = (
  config: Config,
  outDir: string,
  executor: Executor,
  options: StudyOptions,
) => Promise<StudyResult>;

/**
 * Runs a study, with files under runs/ of the project that the notebook is in. What was finished before, with equal settings,
 * is not done again: a cell that is run a second time shows its tables at once.
 */
export async function experiment<Config extends { readonly study?: string }>(
  study: StudyFunction<Config>,
  config: Config,
  options: ExperimentOptions = {},
): Promise<StudyResult> {
  const runs = join(projectRoot(process.cwd()), "runs", config.study ?? study.name);
  const { executor, device, out = join(runs, "results"), ...rest } = options;
  const fresh = process.env[FRESH] === "1";
  const stream = cellStream();
  return study(config, out, await executorOf({ executor, device }), {
    runs,
    fresh,
    ...(stream && { stream }),
    ...rest,
  });
}

/** The nearest folder with a package.json, from this one upwards; this one where there is none. */
export function projectRoot(folder: string): string {
  for (let root = folder; ; root = dirname(root)) {
    if (existsSync(join(root, "package.json"))) return root;
    if (root === dirname(root)) return folder;
  }
}
