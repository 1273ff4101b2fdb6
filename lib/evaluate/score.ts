/** Scores of episodes from embeddings that were made once, so that thousands of episodes cost seconds. */
import * as tf from "@tensorflow/tfjs";
import { type FloatTensor, float32, int32 } from "../core/tensor.ts";
import type { Episode } from "../episodes/types.ts";
import type { Executor } from "../executor/types.ts";
import type { FewShotModel } from "../model/model.ts";

/** One query's scores with each class of its episode, and what it is. */
export interface ScoredEpisode {
  /** [M, N] */
  readonly scores: FloatTensor;
  /** For each query its class 0 .. N-1, or -1 for "other". */
  readonly labels: readonly number[];
}

export interface Scorer {
  /** Scores episodes whose indices point into the rows of `vectors` [S, D]. */
  score(vectors: FloatTensor, episodes: readonly Episode[]): Promise<ScoredEpisode[]>;
  dispose(): Promise<void>;
}

// Numbers in the largest intermediate, [E, M, N * K, D]: episodes are scored in groups that stay below.
const LARGEST = 16_000_000;

/** Scores with the model's head and its current parameters. */
export function createScorer(model: FewShotModel, executor: Executor): Scorer {
  const program = executor.program(
    (inputs) => {
      const { vectors, support, query } = inputs as Record<"vectors" | "support" | "query", tf.Tensor>;
      const scores = model.head.scores(
        inputs,
        tf.gather(vectors, support as tf.Tensor1D),
        tf.gather(vectors, query as tf.Tensor1D),
      );
      return { scores };
    },
    { symbols: { vectors: ["S", 0], support: ["E", 0, 0], query: ["E", 0] } },
  );
  const width = model.encoder.config.hiddenSize;

  async function group(vectors: FloatTensor, episodes: readonly Episode[]): Promise<ScoredEpisode[]> {
    const first = episodes[0] as Episode;
    const [n, k, m] = [first.support.length, (first.support[0] as readonly number[]).length, first.query.length];
    const support = int32(
      episodes.flatMap((e) => e.support.flat()),
      [episodes.length, n, k],
    );
    const query = int32(
      episodes.flatMap((e) => e.query),
      [episodes.length, m],
    );
    const { scores } = await program.run({ ...model.headParams, vectors, support, query });
    return episodes.map((e, i) => ({
      scores: float32((scores as FloatTensor).data.slice(i * m * n, (i + 1) * m * n), [m, n]),
      labels: e.label,
    }));
  }

  return {
    async score(vectors, episodes) {
      const first = episodes[0];
      if (!first) return [];
      const entries = first.query.length * first.support.flat().length * width;
      const size = Math.max(1, Math.floor(LARGEST / entries));
      const out: ScoredEpisode[] = [];
      for (let i = 0; i < episodes.length; i += size) out.push(...(await group(vectors, episodes.slice(i, i + size))));
      return out;
    },
    dispose: () => program.dispose(),
  };
}
