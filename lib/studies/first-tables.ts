/** The first tables: raw BERT against the three trained networks, on unseen classes of public intent sets. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJson, writeAtomic } from "../core/files.ts";
import { datasetHash } from "../data/hash.ts";
import { loadIntents } from "../data/load.ts";
import { classNames } from "../data/parts.ts";
import type { IntentSet } from "../data/types.ts";
import { type Evaluation, evaluate } from "../evaluate/evaluate.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import { HEADS, type HeadName } from "../heads/types.ts";
import { createEmbedder, type Embedder } from "../model/embed.ts";
import { createModel, DEFAULT_MODEL, type FewShotModel, loadModel } from "../model/model.ts";
import { environment } from "../results/environment.ts";
import { interval, type Row, toCsv, toMarkdown } from "../results/table.ts";
import { trainRun } from "./train-run.ts";

export interface FirstTablesConfig {
  /** BERT folder that everything starts from. */
  readonly encoder: string;
  /** Name of the encoder in the tables. */
  readonly encoderName: string;
  readonly data: readonly string[];
  readonly split: string;
  readonly steps: number;
  readonly lr: number;
  readonly episodes: number;
  readonly shots: readonly number[];
  readonly nOther: number;
  readonly seed: number;
}

export const FIRST_TABLES: Omit<FirstTablesConfig, "encoder" | "encoderName"> = {
  data: ["clinc150", "banking77"],
  split: "01",
  steps: 500,
  lr: 5e-5,
  episodes: 600,
  shots: [1, 5],
  nOther: 5,
  seed: 1,
};

/** One-shot episodes, which are harder and so leave more to learn: better on dev classes at one shot and at five. */
const TRAINING = { nWay: 5, nShot: 1, nQuery: 5, episodesPerStep: 1, devEpisodes: 100, selectBy: "accuracy" } as const;

/**
 * Trains each head on each set and scores raw and trained models on the same test episodes. Models go to `runs`, tables
 * to `outDir`; cells already done with the same settings are not done again, so a stopped study goes on.
 */
export async function firstTables(
  config: FirstTablesConfig,
  outDir: string,
  executor: Executor,
  options: { runs: string; say?: (line: string) => void; signal?: AbortSignal; quiet?: boolean },
): Promise<Row[]> {
  const { runs, say = () => {}, signal, quiet = false } = options;
  const sets = await Promise.all(config.data.map((name) => loadIntents(name, { split: config.split })));
  const identity = JSON.stringify({ ...config, encoder: undefined, data: sets.map(datasetHash) });
  const cells = await Cells.open(join(runs, "cells.json"), identity);
  for (const set of sets) {
    const raw = await loadModel(config.encoder);
    const rawVectors = createEmbedder(raw, executor, { remember: true });
    for (const head of HEADS) {
      const headed = createModel(raw.encoder, { ...raw.settings, head: headSettings(head) });
      await cells.each(
        config,
        set,
        head,
        "raw",
        (nShot) => score(headed, set, executor, config, nShot, rawVectors),
        say,
      );
      if (cells.complete(config, set, head, "trained")) continue;
      const out = join(runs, `${set.name}-${head}`);
      const model = await loadModel(config.encoder, { head });
      const { result } = await trainRun(model, set, executor, {
        out,
        resume: true,
        ...TRAINING,
        steps: config.steps,
        lr: config.lr,
        seed: config.seed,
        progress: { title: `train ${head} on ${set.name}`, quiet },
        ...(signal && { signal }),
      });
      if (result.status === "interrupted")
        throw new InputError("interrupted; the same command goes on where this one stopped");
      const trained = { steps: result.step, bestStep: result.best?.step, trainSeconds: Math.round(result.seconds) };
      const vectors = createEmbedder(model, executor, { remember: true });
      const scored = (nShot: number): Promise<Row> => score(model, set, executor, config, nShot, vectors);
      await cells.each(config, set, head, "trained", async (k) => ({ ...(await scored(k)), ...trained }), say);
      await vectors.dispose();
    }
    await rawVectors.dispose();
  }
  const rows = cells.rows(config, sets);
  const record = {
    study: "first-tables",
    ...config,
    encoder: config.encoderName,
    model: DEFAULT_MODEL,
    training: TRAINING,
    evaluation: { nWay: 5, nQuery: 5, nOther: config.nOther },
    sets: sets.map((s) => ({
      name: s.name,
      split: s.split,
      hash: datasetHash(s),
      warnings: s.warnings,
      classes: classNames(s),
    })),
    environment: environment(),
  };
  await writeAtomic(join(outDir, "config.json"), `${JSON.stringify(record, null, 2)}\n`);
  await writeAtomic(join(outDir, "rows.csv"), toCsv(rows));
  await writeAtomic(join(outDir, "table.md"), tableText(rows, config));
  return rows;
}

async function score(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  config: FirstTablesConfig,
  nShot: number,
  embedder: Embedder,
): Promise<Row> {
  const { episodes, nOther, seed } = config;
  const r: Evaluation = await evaluate(model, set, executor, { nShot, nOther, episodes, seed, embedder });
  return {
    accuracy: r.accuracy,
    ci95: r.ci95,
    auroc: r.auroc,
    wholeVector: r.wholeVector?.accuracy,
    knownAccuracy: r.rejection?.knownAccuracy,
    otherRecall: r.rejection?.otherRecall,
  };
}

function cellKey(set: IntentSet, head: HeadName, state: string, nShot: number): string {
  return `${set.name} ${head} ${state} ${nShot}`;
}

/** Finished cells on disk, by data set, head, state and shots. */
class Cells {
  readonly #file: string;
  readonly #identity: string;
  readonly #done: Record<string, Row>;

  private constructor(file: string, identity: string, done: Record<string, Row>) {
    this.#file = file;
    this.#identity = identity;
    this.#done = done;
  }

  static async open(file: string, identity: string): Promise<Cells> {
    if (!existsSync(file)) return new Cells(file, identity, {});
    const saved = (await readJson(file, "finished cells")) as { identity: string; done: Record<string, Row> };
    if (saved.identity === identity) return new Cells(file, identity, saved.done);
    throw new InputError(`${file}: holds cells of other settings; remove the folder, or give the study another one`);
  }

  async each(
    config: FirstTablesConfig,
    set: IntentSet,
    head: HeadName,
    state: string,
    make: (nShot: number) => Promise<Row>,
    say: (line: string) => void,
  ): Promise<void> {
    for (const nShot of config.shots) {
      const key = cellKey(set, head, state, nShot);
      if (this.#done[key]) continue;
      const row = await make(nShot);
      this.#done[key] = { data: set.name, head, state, nShot, ...row };
      await writeAtomic(this.#file, JSON.stringify({ identity: this.#identity, done: this.#done }, null, 1));
      say(`${set.name}, ${head}, ${state}, ${nShot}-shot: ${interval(row.accuracy as number, row.ci95 as number)} %`);
    }
  }

  complete(config: FirstTablesConfig, set: IntentSet, head: HeadName, state: string): boolean {
    return config.shots.every((k) => this.#done[cellKey(set, head, state, k)]);
  }

  rows(config: FirstTablesConfig, sets: readonly IntentSet[]): Row[] {
    const keys = sets.flatMap((s) =>
      HEADS.flatMap((h) => ["raw", "trained"].flatMap((state) => config.shots.map((k) => cellKey(s, h, state, k)))),
    );
    return keys.map((key) => this.#done[key]).filter((row) => row !== undefined);
  }
}

function tableText(rows: readonly Row[], config: FirstTablesConfig): string {
  const cell = (data: string, head: HeadName, state: string, nShot: number): Row | undefined =>
    rows.find((r) => r.data === data && r.head === head && r.state === state && r.nShot === nShot);
  const lines = config.data.flatMap((data) =>
    HEADS.flatMap((head) =>
      ["raw", "trained"].map((state) => [
        data,
        head,
        state,
        ...config.shots.flatMap((k) => {
          const r = cell(data, head, state, k);
          return r
            ? [interval(r.accuracy as number, r.ci95 as number), (100 * (r.auroc as number)).toFixed(1)]
            : ["-", "-"];
        }),
      ]),
    ),
  );
  const header = ["data", "head", "encoder", ...config.shots.flatMap((k) => [`${k}-shot`, `AUROC ${k}-shot`])];
  return [
    "# First tables",
    "",
    `${config.encoderName}, mean pooling. Accuracy in % (± 95 % interval) over ${config.episodes} episodes of unseen classes (class split ${config.split}), 5-way, 5 queries a class; ` +
      `AUROC in % of known against ${config.nOther} other queries an episode. Raw: the encoder as it is. Trained: ${config.steps} steps of 5-way 1-shot 5-query, AdamW ${config.lr}, best of ten evaluations on dev classes.`,
    "All rows of a data set and shot are scored on the same episodes.",
    "",
    toMarkdown(header, lines),
    "Made by `FEWSHOT_ENCODER=DIR npm run reproduce`; settings, versions and class lists are in config.json, all figures in rows.csv.",
    "",
  ].join("\n");
}
