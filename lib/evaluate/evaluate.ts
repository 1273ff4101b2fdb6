/** Evaluates a model on episodes of unseen classes; thresholds are chosen on dev classes only. */

import { InputError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { datasetHash } from "../data/hash.ts";
import { PARTS, requirePart } from "../data/parts.ts";
import type { IntentSet, Part } from "../data/types.ts";
import { checkPool } from "../episodes/check.ts";
import { poolOf } from "../episodes/pool.ts";
import { sampleEpisodes } from "../episodes/sample.ts";
import type { Episode, EpisodeShape, OtherFrom, TextPool } from "../episodes/types.ts";
import type { Executor } from "../executor/types.ts";
import { createEmbedder } from "../model/embed.ts";
import type { FewShotModel } from "../model/model.ts";
import { bestVectorThreshold, episodeAccuracy, estimate, wholeVectorAccuracy } from "./accuracy.ts";
import { auroc, bestOtherThreshold, confidences, type Rejection, rejection } from "./open-set.ts";
import { createScorer, type ScoredEpisode } from "./score.ts";

export interface EvaluateOptions extends Partial<EpisodeShape> {
  /** Classes that are scored. Default "test". */
  part?: Part;
  /** Number of episodes. Default 600. */
  episodes?: number;
  /** Fixes the episodes: equal seeds give equal ones for every model. Default 1. */
  seed?: number | string;
  /** Where other queries come from. Default "classes": classes of the same part outside the episode. */
  otherFrom?: OtherFrom;
  /** Called with the number of distinct texts encoded so far. */
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
  /** Thresholds that would be best on these very episodes: of use to whoever evaluates dev classes to choose them. */
  readonly thresholds: { readonly vector: number; readonly other?: number };
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
  const { part = "test", episodes: count = 600, seed = 1, otherFrom = "classes" } = options;
  const { nWay = 5, nShot = 5, nQuery = 5, nOther = 0 } = options;
  const shape: EpisodeShape = { nWay, nShot, nQuery, nOther };
  if (!(Number.isInteger(count) && count >= 2))
    throw new InputError(`evaluate: ${count} episodes; wanted a whole number of at least 2`);
  const draw = (of: Part, drawn: EpisodeShape): { pool: TextPool; list: Episode[] } => {
    const pool = poolOf(requirePart(set, of, "evaluation"), set.other);
    checkPool(pool, drawn, `${set.source} (${of} classes)`, { otherFrom });
    return { pool, list: sampleEpisodes(pool, drawn, count, random(seed).stream(`evaluate ${of}`), { otherFrom }) };
  };
  const target = draw(part, shape);
  const dev = part !== "dev" && Object.keys(set.dev).length ? devEpisodes(() => draw("dev", shape)) : undefined;

  const embedder = createEmbedder(model, executor);
  const scorer = createScorer(model, executor);
  try {
    const scored = async ({ pool, list }: { pool: TextPool; list: Episode[] }): Promise<ScoredEpisode[]> => {
      const { used, episodes } = compact(list);
      const texts = used.map((i) => pool.texts[i] as string);
      const vectors: FloatTensor = await embedder.embed(
        texts,
        options.onProgress ? { onProgress: options.onProgress } : {},
      );
      return scorer.score(vectors, episodes);
    };
    const results = await scored(target);
    const devResults = dev && (model.settings.head.threshold === null || nOther > 0) ? await scored(dev) : undefined;
    const accuracy = estimate(results.map(episodeAccuracy));
    return {
      part,
      ...shape,
      accuracy: accuracy.mean,
      ci95: accuracy.ci95,
      sd: accuracy.sd,
      episodes: count,
      ...wholeVector(results, devResults, model.settings.head.threshold),
      ...openSet(results, nOther ? devResults : undefined, nOther),
      thresholds: {
        vector: bestVectorThreshold(results),
        ...(nOther && { other: bestOtherThreshold(confidences(results)) }),
      },
      encoded: embedder.encoded,
      seconds: (performance.now() - began) / 1000,
      data: {
        name: set.name,
        split: set.split,
        hash: datasetHash(set),
        classes: Object.fromEntries(PARTS.map((p) => [p, Object.keys(set[p])])) as unknown as Record<Part, string[]>,
      },
    };
  } finally {
    await embedder.dispose();
    await scorer.dispose();
  }
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
