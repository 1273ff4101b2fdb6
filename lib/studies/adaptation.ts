/** Pre-training on in a domain (Gururangan et al. 2020, arXiv 2004.10964): what it does to perplexity and to few-shot accuracy. */
import { join } from "node:path";
import type { IntentSet } from "../data/types.ts";
import { type Encoder, loadEncoder } from "../encoder/encoder.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import { type Embedder, withEmbedder } from "../model/embed.ts";
import { createModel, DEFAULT_MODEL } from "../model/model.ts";
import { newHead, type PretrainOptions, pretrain } from "../pretrain/pretrain.ts";
import type { Row } from "../results/table.ts";
import type { TrainResult } from "../train/types.ts";
import type { AdaptationConfig } from "./adaptation-config.ts";
import { adaptationReport } from "./adaptation-report.ts";
import { type DomainTexts, taskTexts, unlabelledTexts } from "./adaptation-texts.ts";
import { eachOf, withDifferences } from "./against.ts";
import { everySteps } from "./fit-options.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type NamedSet, type Subject } from "./subject.ts";
import { fingerprint, Stopped, type Task } from "./tasks.ts";
import { fitOptionsOf, trainThenScore } from "./train-task.ts";

// Seconds on 2 cores, about, for the bar.
const COST = { score: 1, headStep: 0.05, step: 0.1, trainStep: 0.06 };

/** Everything that one data set's tasks share. */
interface Domain extends NamedSet {
  readonly heldOut: readonly string[];
  readonly corpora: readonly DomainTexts[];
}

/**
 * For each set: perplexity of the texts of dev classes and few-shot accuracy on test classes, of the encoder as it came and
 * after pre-training on texts of the train classes and on each collection of unlabelled texts. As checkpoints come without a
 * masked-word head, one is first fitted to the encoder as it came; the adapted ones carry on from it. Files and options as
 * runStudy.
 */
export async function adaptation(
  config: AdaptationConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  const { unlabelled = [], seed = 1 } = config;
  const domains = await Promise.all(
    subject.sets.map(async (named): Promise<Domain> => {
      const { train, heldOut } = taskTexts(named.set);
      const more = await Promise.all(unlabelled.map((name) => unlabelledTexts(name, named.set, seed)));
      return { ...named, heldOut, corpora: [train, ...more] };
    }),
  );
  return runStudy(adaptationStudy(config, subject, domains, executor, options.signal), outDir, executor, options);
}

function adaptationStudy(
  config: AdaptationConfig,
  subject: Subject,
  domains: readonly Domain[],
  executor: Executor,
  signal: AbortSignal | undefined,
): Study {
  const { study = "adaptation", pretraining, training, shots = [1, 5], episodes = 600, seed = 1 } = config;
  const { headSteps, steps, lr, headLr = 3e-3, batchSize = 32, evaluations = 8 } = pretraining;
  const scoring = COST.score + (training ? COST.score + COST.trainStep * training.steps : 0);

  const masked = async (
    encoder: Encoder,
    texts: readonly string[],
    domain: Domain,
    options: Pick<PretrainOptions, "out" | "steps" | "lr" | "head" | "trains" | "onStep">,
  ): Promise<TrainResult> => {
    const corpus = { train: texts, heldOut: domain.heldOut, files: {} };
    const result = await pretrain(encoder, corpus, executor, {
      ...{ batchSize, seed, maxLength: Math.min(48, encoder.config.maxPositions), resume: true, ...options },
      ...{ evaluateEvery: everySteps(options.steps, evaluations), progress: { quiet: true } },
      ...(signal && { signal }),
    });
    if (result.status === "interrupted") throw new Stopped();
    return result;
  };
  /** The head that fits the encoder as it came; made once, and read from its folder after that. */
  const fittedHead = async (domain: Domain, folder: string, report?: Report) => {
    const head = newHead(subject.encoder.config, seed);
    const result = await masked(subject.encoder, domain.corpora[0]?.texts ?? [], domain, {
      ...{ out: headFolder(folder, domain.name), trains: "head", head, steps: headSteps, lr: headLr },
      onStep: ({ step }) => report?.(step / headSteps, `head, step ${step} of ${headSteps}`),
    });
    return { head, result };
  };
  const asItCame = (domain: Domain, folder: string): Task => {
    const weight = COST.headStep * headSteps + scoring;
    return {
      ...{ name: `${domain.name} as it came`, weight },
      async run(report) {
        const share = (COST.headStep * headSteps) / weight;
        const { result } = await fittedHead(domain, folder, (done, note) => report(share * done, note));
        const encoder = await loadEncoder(config.encoder);
        const later = between(report, share);
        const cell = { data: domain.name, encoder: "as it came" };
        return [
          perplexityRow(cell, result),
          ...(await scored(cell, encoder, domain.set, `${folder}/${domain.name}-raw`, later)),
        ];
      },
    };
  };
  const adapted = (domain: Domain, { name, label, texts = [] }: DomainTexts, folder: string): Task => {
    const weight = COST.step * steps + scoring;
    return {
      ...{ name: `${domain.name} adapted on ${name}`, weight },
      async run(report) {
        const share = (COST.step * steps) / weight;
        const { head } = await fittedHead(domain, folder);
        const encoder = await loadEncoder(config.encoder);
        const out = adaptedFolder(folder, domain.name, name);
        const result = await masked(encoder, texts, domain, {
          ...{ out, head, steps, lr },
          onStep: ({ step, loss }) =>
            report((share * step) / steps, `step ${step} of ${steps}, loss ${loss.toFixed(3)}`),
        });
        const cell = { data: domain.name, encoder: `adapted on ${label}` };
        return [
          perplexityRow(cell, result),
          ...(await scored(cell, encoder, domain.set, `${out}-fewshot`, between(report, share))),
        ];
      },
    };
  };
  /** Rows of the raw vectors and of the trained network. The encoder is trained in place. */
  const scored = async (cell: Row, encoder: Encoder, set: IntentSet, out: string, report: Report): Promise<Row[]> => {
    const model = createModel(encoder, { ...DEFAULT_MODEL, head: headSettings("prototypical") });
    const rowsOf = async (state: string, embedder: Embedder): Promise<Row[]> => {
      const rows: Row[] = [];
      for (const nShot of shots) {
        const r = await evaluate(model, set, executor, { nShot, episodes, seed, embedder });
        const { accuracy, ci95 } = r;
        rows.push({ ...cell, state, nShot, accuracy, ci95, ...eachOf(r.episodeAccuracies) });
      }
      return rows;
    };
    const raw = await withEmbedder(model, executor, { remember: true }, (embedder) => rowsOf("raw", embedder));
    if (!training) return raw;
    const options = {
      ...{ out, ...fitOptionsOf(training), seed, share: 0.9, report },
      ...(signal && { signal }),
    };
    return [...raw, ...(await trainThenScore(model, set, executor, options, (e) => rowsOf("trained", e)))];
  };
  return {
    name: study,
    record: {
      ...{
        study,
        pretraining: { headSteps, steps, lr, headLr, batchSize, evaluations },
        training,
        shots,
        episodes,
        seed,
      },
      ...{ model: DEFAULT_MODEL, ...subject.record },
      texts: domains.map(({ name, heldOut, corpora }) => ({
        ...{ set: name, heldOut: fingerprint(heldOut) },
        corpora: corpora.map((c) => ({ name: c.name, hash: c.texts ? fingerprint(c.texts) : null })),
      })),
    },
    tasks: (folder) =>
      domains.flatMap((domain) => [
        asItCame(domain, folder),
        ...domain.corpora.filter((c) => c.texts).map((corpus) => adapted(domain, corpus, folder)),
      ]),
    rows: (rows) => [...withDifferences(rows, ["data", "state", "nShot"], seed), ...domains.flatMap(missingRows)],
    report: (rows, folder) =>
      adaptationReport(rows, {
        ...{ encoderName: config.encoderName, pretraining, training, shots, episodes },
        runs: domains.map(({ name, corpora }) => ({
          name,
          head: headFolder(folder, name),
          adapted: corpora
            .filter((c) => c.texts)
            .map((c) => ({ label: c.label, folder: adaptedFolder(folder, name, c.name) })),
        })),
      }),
  };
}

type Report = Parameters<Task["run"]>[0];

/** The part of a task that follows the first `share`. */
function between(report: Report, share: number): Report {
  return (done, note) => report(share + (1 - share) * done, note);
}

function headFolder(folder: string, set: string): string {
  return join(folder, `${set}-head`);
}

function adaptedFolder(folder: string, set: string, corpus: string): string {
  return join(folder, `${set}-${corpus}`.replaceAll(/[^\p{L}\p{N}.-]+/gu, "-"));
}

/** The best measurement: the one whose parameters were kept. */
function perplexityRow(cell: Row, { best }: TrainResult): Row {
  return { ...cell, perplexity: best?.metrics.perplexity, maskedRight: best?.metrics.accuracy };
}

function missingRows({ name, corpora }: Domain): Row[] {
  return corpora.filter((c) => !c.texts).map((c) => ({ data: name, encoder: `adapted on ${c.label}`, here: false }));
}
