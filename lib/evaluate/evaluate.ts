/** Evaluates a model on episodes of unseen classes; thresholds are chosen on dev classes only. */

import { InputError } from "../core/errors.ts";
import { datasetHash } from "../data/hash.ts";
import { checkDisjoint, classNames } from "../data/parts.ts";
import type { IntentSet, Part } from "../data/types.ts";
import type { Episode, EpisodeList, EpisodeShape } from "../episodes/types.ts";
import type { Executor } from "../executor/types.ts";
import { createEmbedder, type Embedder } from "../model/embed.ts";
import type { FewShotModel } from "../model/model.ts";
import { bestVectorThreshold, episodeAccuracy, estimate, wholeVectorAccuracy } from "./accuracy.ts";
import { checkFrozen, type DrawOptions, drawEpisodes } from "./draw.ts";
import { auroc, bestOtherThreshold, confidences, type Rejection, rejection } from "./open-set.ts";
import { createScorer, type ScoredEpisode } from "./score.ts";

export interface EvaluateOptions extends DrawOptions {
  /** Classes that are scored. Default "test". */
  part?: Part;
  /** Frozen episodes to score instead of drawn ones; their shape and number then count. */
  list?: EpisodeList;
  /** The embedder to use, made for this model and remembering, where several evaluations share one. Default: an own one. */
  embedder?: Embedder;
  /** Called with the episodes and their scores, in the same order: for curves and confusions. */
  onScored?: (list: EpisodeList, scored: readonly ScoredEpisode[]) => void;
  /** Called with the number of distinct texts encoded so far, those of dev included, and with how many there are. */
  onProgress?: (done: number, total: number) => void;
}

/** Accuracies are shares in [0, 1]. */
export interface Evaluation extends EpisodeShape {
  readonly part: Part;
  /** Mean over episodes of the share of known queries put into their class. */
  readonly accuracy: number;
  /** Half-width of its 95 % interval. */
  readonly ci95: number;
  readonly sd: number;
  readonly episodes: number;
  /** Of each episode, in the list's order: for paired differences. */
  readonly episodeAccuracies: readonly number[];
  /** The seed's accuracy, and the threshold it was counted with; absent without dev classes to choose one. */
  readonly wholeVector?: {
    readonly accuracy: number;
    readonly ci95: number;
    readonly threshold: number;
    readonly chosenOn: "protocol" | "dev";
  };
  /** Known against other queries; where there are others. */
  readonly auroc?: number;
  /** What the threshold chosen on dev does here; where there are others and dev classes. */
  readonly rejection?: Rejection;
  /** The best thresholds on these very episodes, for use on other classes; of dev alone, as test must choose none. */
  readonly thresholds?: { readonly vector: number; readonly other?: number };
  /** Distinct texts encoded. */
  readonly encoded: number;
  readonly seconds: number;
  readonly data: {
    readonly name: string;
    readonly split: string;
    readonly hash: string;
    readonly classes: Readonly<Record<Part, readonly string[]>>;
  };
}

/** Draws the episodes, encodes each distinct text once, scores. Throws an InputError when the data cannot serve them. */
export async function evaluate(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const began = performance.now();
  const { part = "test" } = options;
  checkDisjoint(set);
  if (options.list) checkFrozen(options.list, set, part);
  const target = options.list ?? drawEpisodes(set, part, options);
  const { shape } = target;
  const { nOther } = shape;
  const forDev = { ...options, ...shape, episodes: target.episodes.length };
  const dev =
    part !== "dev" && Object.keys(set.dev).length ? devEpisodes(() => drawEpisodes(set, "dev", forDev)) : undefined;

  const embedder = options.embedder ?? createEmbedder(model, executor, { remember: true });
  const before = embedder.encoded;
  const scorer = createScorer(model, executor);
  try {
    const wantsDev = dev && (model.settings.head.threshold === null || nOther > 0);
    const parts = [target, ...(wantsDev ? [dev] : [])].map(({ pool, episodes: list }) => {
      const { used, episodes } = compact(list);
      return { texts: used.map((i) => pool.texts[i] as string), episodes };
    });
    const total = new Set(parts.flatMap((p) => p.texts)).size;
    const scored: ScoredEpisode[][] = [];
    // One part after the other, so that no bit of dev's vectors depends on what they share a batch with.
    for (const { texts, episodes } of parts) {
      const start = embedder.encoded - before;
      const onProgress = (done: number): void => options.onProgress?.(start + done, total);
      scored.push(await scorer.score(await embedder.embed(texts, { onProgress }), episodes));
    }
    if (scored.flat().some(({ scores }) => scores.data.some(Number.isNaN))) {
      throw new InputError(`${model.encoder.source}: its scores are not numbers (NaN): the model's weights are broken`);
    }
    const [results = [], devResults] = scored;
    options.onScored?.(target, results);
    const episodeAccuracies = results.map(episodeAccuracy);
    const accuracy = estimate(episodeAccuracies);
    return {
      part,
      ...shape,
      accuracy: accuracy.mean,
      ci95: accuracy.ci95,
      sd: accuracy.sd,
      episodes: target.episodes.length,
      episodeAccuracies,
      ...wholeVector(results, devResults, model.settings.head.threshold),
      ...openSet(results, nOther ? devResults : undefined, nOther),
      ...(part === "dev" && { thresholds: bestThresholds(results, nOther) }),
      encoded: embedder.encoded - before,
      seconds: (performance.now() - began) / 1000,
      data: {
        name: set.name,
        split: set.split,
        hash: datasetHash(set),
        classes: classNames(set),
      },
    };
  } finally {
    if (!options.embedder) await embedder.dispose();
    await scorer.dispose();
  }
}

function bestThresholds(dev: readonly ScoredEpisode[], nOther: number): NonNullable<Evaluation["thresholds"]> {
  return { vector: bestVectorThreshold(dev), ...(nOther && { other: bestOtherThreshold(confidences(dev)) }) };
}

/** Dev classes may be too few for the shape: then there is no threshold, but the test result stands. */
function devEpisodes<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Episodes with indices into only the texts they use. */
export function compact(episodes: readonly Episode[]): { used: number[]; episodes: Episode[] } {
  const place = new Map<number, number>();
  const at = (i: number): number => {
    const known = place.get(i);
    if (known !== undefined) return known;
    place.set(i, place.size);
    return place.size - 1;
  };
  const moved = episodes.map((e) => ({ ...e, support: e.support.map((c) => c.map(at)), query: e.query.map(at) }));
  return { used: [...place.keys()], episodes: moved };
}

function wholeVector(
  results: readonly ScoredEpisode[],
  dev: readonly ScoredEpisode[] | undefined,
  fixed: number | null,
): Pick<Evaluation, "wholeVector"> {
  const threshold = fixed ?? (dev && bestVectorThreshold(dev));
  if (threshold === undefined) return {};
  const { mean, ci95 } = estimate(results.map((r) => wholeVectorAccuracy(r, threshold)));
  return { wholeVector: { accuracy: mean, ci95, threshold, chosenOn: fixed === null ? "dev" : "protocol" } };
}

function openSet(
  results: readonly ScoredEpisode[],
  dev: readonly ScoredEpisode[] | undefined,
  nOther: number,
): Pick<Evaluation, "auroc" | "rejection"> {
  if (!nOther) return {};
  const items = confidences(results);
  const area = auroc(items);
  return dev ? { auroc: area, rejection: rejection(items, bestOtherThreshold(confidences(dev))) } : { auroc: area };
}
