/** Trains a few-shot model on a data set's train classes, choosing the best step on its dev classes. */
import * as tf from "@tensorflow/tfjs";
import { random } from "../core/random.ts";
import { type FloatTensor, float32, int32, type Tensors } from "../core/tensor.ts";
import { datasetHash } from "../data/hash.ts";
import { checkDisjoint, requirePart } from "../data/parts.ts";
import type { IntentSet } from "../data/types.ts";
import { checkPool } from "../episodes/check.ts";
import { samplePairs } from "../episodes/pairs.ts";
import { poolOf } from "../episodes/pool.ts";
import { episodeSampler, sampleEpisodes } from "../episodes/sample.ts";
import type { EpisodeShape, OtherFrom, TextPool } from "../episodes/types.ts";
import { episodeAccuracy, estimate } from "../evaluate/accuracy.ts";
import { compact } from "../evaluate/evaluate.ts";
import { createScorer, type ScoredEpisode } from "../evaluate/score.ts";
import { gradientName } from "../executor/gradients.ts";
import type { Executor } from "../executor/types.ts";
import { createEmbedder } from "../model/embed.ts";
import { batchSymbols, dropoutSymbols } from "../model/inputs.ts";
import { allParams, type FewShotModel } from "../model/model.ts";
import { EMBEDDING_TABLES, episodeBatch, episodeLoss, pairBatch, pairLoss } from "../model/objective.ts";
import { train } from "../train/trainer.ts";
import type { Objective, TrainOptions, TrainResult } from "../train/types.ts";

export interface FitOptions extends Partial<EpisodeShape>, Omit<TrainOptions, "settings"> {
  /** Episodes whose losses are averaged in one step. Default 1. */
  episodesPerStep?: number;
  /** Pairs in a step of a siamese network. Default: as many texts as the episodes of a step would hold. */
  pairsPerStep?: number;
  /** Share of pairs of the same class. Default 0.5. */
  positiveShare?: number;
  /** Whether to drop out, at the rates of the encoder's configuration. Default true. */
  dropout?: boolean;
  /** Episodes of an evaluation on dev. Default 100. */
  devEpisodes?: number;
  /** Where other queries come from. Default "classes". */
  otherFrom?: OtherFrom;
}

/** Trains in place: when it returns, the model's parameters are those of the best step. */
export async function trainModel(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  options: FitOptions,
): Promise<TrainResult> {
  const { nWay = 5, nShot = 5, nQuery = 5, nOther = 0, otherFrom = "classes" } = options;
  const { episodesPerStep = 1, devEpisodes = 100, dropout = true, positiveShare = 0.5 } = options;
  const shape: EpisodeShape = { nWay, nShot, nQuery, nOther };
  checkDisjoint(set);
  const pool = poolOf(requirePart(set, "train", "training"), set.other);
  checkPool(pool, shape, `${set.source} (train classes)`, { otherFrom });
  const texts = episodesPerStep * (nWay * (nShot + nQuery) + nOther);
  const pairs = options.pairsPerStep ?? Math.max(1, Math.floor(texts / 2));
  const rng = random(options.seed ?? 1);

  const onPairs = model.head.trainsOn === "pairs";
  const draw = episodeSampler(pool, shape, { otherFrom });
  const batch = (step: number): Tensors => {
    const stream = rng.stream(`step ${step}`);
    const masks = dropout ? stream.stream("dropout") : undefined;
    if (onPairs)
      return pairBatch(model, pool, samplePairs(pool, { pairs, positiveShare }, stream.stream("pairs")), masks);
    const episodes = Array.from({ length: episodesPerStep }, (_, i) => draw(stream.stream(`episode ${i}`)));
    return episodeBatch(model, pool, episodes, masks);
  };
  const first = batch(0);
  const dev = Object.keys(set.dev).length
    ? devEvaluation(model, set, executor, { shape, count: devEpisodes, otherFrom, seed: options.seed ?? 1 })
    : undefined;
  const objective: Objective = {
    params: allParams(model),
    unused: "skip", // the pooler, and layers above the pooled one
    fn: onPairs ? pairLoss(model) : episodeLoss(model, shape),
    options: {
      symbols: { ...batchSymbols(0), ...dropoutSymbols(first) },
      sparse: EMBEDDING_TABLES.map(gradientName),
    },
    batch,
    ...(dev && { evaluate: dev.evaluate }),
  };
  const settings = {
    model: model.settings,
    encoder: model.encoder.config,
    data: { name: set.name, split: set.split, hash: datasetHash(set) },
    shape,
    otherFrom,
    ...(onPairs ? { pairs, positiveShare } : { episodesPerStep }),
    dropout,
    devEpisodes,
  };
  try {
    return await train(objective, executor, { ...options, settings });
  } finally {
    await dev?.dispose();
  }
}

interface DevOptions {
  readonly shape: EpisodeShape;
  readonly count: number;
  readonly otherFrom: OtherFrom;
  readonly seed: number | string;
}

/** Loss and accuracy on the same dev episodes each time, and for a siamese network the loss of the same dev pairs. */
function devEvaluation(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  { shape, count, otherFrom, seed }: DevOptions,
) {
  const rng = random(seed).stream("dev");
  const pool = poolOf(set.dev, set.other);
  checkPool(pool, shape, `${set.source} (dev classes)`, { otherFrom });
  const { used, episodes } = compact(sampleEpisodes(pool, shape, count, rng.stream("episodes"), { otherFrom }));
  const embedder = createEmbedder(model, executor);
  const scorer = createScorer(model, executor);
  const loss =
    model.head.trainsOn === "pairs" ? pairDevLoss(model, executor, pool, used, rng) : episodeDevLoss(model, executor);
  return {
    async evaluate() {
      const vectors = await embedder.embed(used.map((i) => pool.texts[i] as string));
      const scored = await scorer.score(vectors, episodes);
      return { loss: await loss.of(vectors, scored), accuracy: estimate(scored.map(episodeAccuracy)).mean };
    },
    async dispose() {
      await Promise.all([embedder.dispose(), scorer.dispose(), loss.dispose()]);
    },
  };
}

function episodeDevLoss(model: FewShotModel, executor: Executor) {
  const program = executor.program(
    ({ scores, labels }) => ({ loss: model.head.loss(scores as tf.Tensor, labels as tf.Tensor) }),
    { symbols: { scores: ["E", 0, 0], labels: ["E", 0, 0] } },
  );
  return {
    async of(_: FloatTensor, scored: readonly ScoredEpisode[]): Promise<number> {
      const [m, n] = (scored[0] as ScoredEpisode).scores.shape as [number, number];
      const scores = new Float32Array(scored.length * m * n);
      const labels = new Float32Array(scores.length);
      scored.forEach((s, e) => {
        scores.set(s.scores.data, e * m * n);
        s.labels.forEach((label, i) => {
          if (label >= 0) labels[(e * m + i) * n + label] = 1;
        });
      });
      const dims = [scored.length, m, n];
      return scalar(await program.run({ scores: float32(scores, dims), labels: float32(labels, dims) }));
    },
    dispose: () => program.dispose(),
  };
}

/** Pairs among the texts that the dev episodes use, so that nothing more has to be encoded. */
function pairDevLoss(
  model: FewShotModel,
  executor: Executor,
  pool: TextPool,
  used: readonly number[],
  rng: ReturnType<typeof random>,
) {
  const place = new Map(used.map((text, i) => [text, i]));
  const among: TextPool = {
    classes: pool.classes,
    texts: used.map((i) => pool.texts[i] as string),
    members: pool.members.map((m) => m.flatMap((i) => place.get(i) ?? [])),
  };
  const pairs = samplePairs(among, { pairs: Math.min(1000, used.length), positiveShare: 0.5 }, rng.stream("pairs"));
  const program = executor.program((inputs) => {
    const { vectors, a, b, labels } = inputs as Record<"vectors" | "a" | "b" | "labels", tf.Tensor>;
    const scores = model.head.pairScores(
      inputs,
      tf.gather(vectors, a as tf.Tensor1D),
      tf.gather(vectors, b as tf.Tensor1D),
    );
    return { loss: model.head.loss(scores, labels) };
  });
  const n = [pairs.length];
  const index = {
    a: int32(
      pairs.map((p) => p.a),
      n,
    ),
    b: int32(
      pairs.map((p) => p.b),
      n,
    ),
    labels: float32(
      pairs.map((p) => (p.same ? 1 : 0)),
      n,
    ),
  };
  return {
    of: async (vectors: FloatTensor, _: readonly ScoredEpisode[]): Promise<number> =>
      scalar(await program.run({ ...model.headParams, vectors, ...index })),
    dispose: () => program.dispose(),
  };
}

function scalar({ loss }: Tensors): number {
  return (loss as FloatTensor).data[0] as number;
}
