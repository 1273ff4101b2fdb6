/** What a training is judged by: loss and accuracy on the same episodes of dev classes each time. */
import * as tf from "@tensorflow/tfjs";
import { random } from "../core/random.ts";
import { type FloatTensor, float32, int32, type Tensors } from "../core/tensor.ts";
import type { IntentSet } from "../data/types.ts";
import { samplePairs } from "../episodes/pairs.ts";
import { sampleEpisodes } from "../episodes/sample.ts";
import type { EpisodeShape, OtherFrom, TextPool } from "../episodes/types.ts";
import { episodeAccuracy, estimate } from "../evaluate/accuracy.ts";
import { compact } from "../evaluate/evaluate.ts";
import { poolOfPart } from "../evaluate/pool.ts";
import { createScorer, type ScoredEpisode } from "../evaluate/score.ts";
import type { Executor } from "../executor/types.ts";
import { createEmbedder } from "../model/embed.ts";
import { classLabels, pairLabels } from "../model/labels.ts";
import type { FewShotModel } from "../model/model.ts";

export interface DevOptions {
  readonly shape: EpisodeShape;
  readonly count: number;
  readonly otherFrom: OtherFrom;
  readonly seed: number | string;
}

/** Loss and accuracy on the same dev episodes each time, and for a siamese network the loss of the same dev pairs. */
export function devEvaluation(
  model: FewShotModel,
  set: IntentSet,
  executor: Executor,
  { shape, count, otherFrom, seed }: DevOptions,
) {
  const rng = random(seed).stream("dev");
  const pool = poolOfPart(set, "dev", shape, "training", otherFrom);
  const { used, episodes } = compact(sampleEpisodes(pool, shape, count, rng.stream("episodes"), { otherFrom }));
  const embedder = createEmbedder(model, executor);
  const scorer = createScorer(model, executor);
  const loss =
    model.head.trainsOn === "pairs" ? pairDevLoss(model, executor, pool, used, rng) : episodeDevLoss(model, executor);
  return {
    async evaluate() {
      const vectors = await embedder.embed(used.map((i) => pool.texts[i] as string));
      const scored = await scorer.score(vectors, episodes);
      const value = await loss.of(vectors, scored);
      // Scores that are not numbers have a highest one all the same: their accuracy must not be taken for one.
      return { loss: value, accuracy: Number.isNaN(value) ? Number.NaN : estimate(scored.map(episodeAccuracy)).mean };
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
      for (const [e, s] of scored.entries()) scores.set(s.scores.data, e * m * n);
      const labels = classLabels(
        scored.map((s) => s.labels),
        n,
      );
      return scalar(await program.run({ scores: float32(scores, labels.shape), labels }));
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
    labels: pairLabels(pairs),
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
