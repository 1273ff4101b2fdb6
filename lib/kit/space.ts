/** One model's view of one episode: its vectors, its prototypes, and which queries it gets wrong. */
import { type FloatTensor, float32, takeRows } from "../core/tensor.ts";
import type { Episode } from "../episodes/types.ts";
import { argMax, scoresOf } from "../evaluate/accuracy.ts";
import { createScorer } from "../evaluate/score.ts";
import type { Executor } from "../executor/types.ts";
import type { FewShotModel } from "../model/model.ts";

export interface Space {
  readonly name: string;
  /** Supports, class by class, then queries: [N * K + M, D]. */
  readonly vectors: FloatTensor;
  /** The mean of each class's supports: [N, D]. */
  readonly prototypes: FloatTensor;
  /** For each query whether the model's head, on all D numbers, put it into a wrong class; false for others. */
  readonly wrong: readonly boolean[];
  /** Share of the queries with a class that were put into it. */
  readonly accuracy: number;
  /** Whether the head looks at angles alone, so that maps do too. */
  readonly unitLength: boolean;
}

/** Whether a model's head compares directions only, not lengths. */
export function looksAtAngles(model: FewShotModel): boolean {
  return model.settings.head.distance === "cosine";
}

/** Scores the episode from the vectors [S, D] of the pool's texts. */
export async function spaceOf(
  name: string,
  model: FewShotModel,
  episode: Episode,
  all: FloatTensor,
  executor: Executor,
): Promise<Space> {
  const scorer = createScorer(model, executor);
  try {
    const [scored] = await scorer.score(all, [episode]);
    if (!scored) throw new Error("embedding spaces: the episode was not scored");
    const wrong = episode.label.map((label, i) => label >= 0 && argMax(scoresOf(scored, i)) !== label);
    const known = episode.label.filter((label) => label >= 0).length;
    return {
      name,
      vectors: takeRows(all, [...episode.support.flat(), ...episode.query]),
      prototypes: meansOf(all, episode.support),
      wrong,
      accuracy: 1 - wrong.filter(Boolean).length / known,
      unitLength: looksAtAngles(model),
    };
  } finally {
    await scorer.dispose();
  }
}

/** Means of groups of rows of [S, D]. */
function meansOf({ data, shape }: FloatTensor, groups: readonly (readonly number[])[]): FloatTensor {
  const width = shape[1] as number;
  const out = new Float32Array(groups.length * width);
  groups.forEach((group, g) => {
    for (const i of group)
      for (let j = 0; j < width; j++)
        out[g * width + j] = (out[g * width + j] as number) + (data[i * width + j] as number) / group.length;
  });
  return float32(out, [groups.length, width]);
}
