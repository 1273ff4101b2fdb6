/** An objective of episodes for the small random BERT of the fixtures, with dropout; every step has other sizes. */
import { random } from "../../lib/core/random.ts";
import { samplePairs } from "../../lib/episodes/pairs.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import { gradientName } from "../../lib/executor/gradients.ts";
import { batchSymbols, dropoutNames, dropoutSymbols } from "../../lib/model/inputs.ts";
import { splitParams } from "../../lib/model/model.ts";
import { EMBEDDING_TABLES, episodeBatch, episodeLoss, pairBatch, pairLoss } from "../../lib/model/objective.ts";
import type { Objective } from "../../lib/train/types.ts";
import { intents } from "../intents.ts";
import { type TinyOptions, tinyModel } from "../model/tiny.ts";

const shape = { nWay: 3, nShot: 2, nQuery: 1, nOther: 0 };

/** `freeze` keeps the embeddings and that many layers as constants. A siamese network learns from pairs. */
export async function episodes({
  freeze,
  ...how
}: TinyOptions & { freeze?: number | undefined } = {}): Promise<Objective> {
  const model = await tinyModel(how);
  const onPairs = model.head.trainsOn === "pairs";
  const pool = poolOf(intents().train);
  const { trained, still } = splitParams(model, freeze);
  const batch = (step: number) => {
    const rng = random("step").stream(step);
    if (onPairs) return pairBatch(model, pool, samplePairs(pool, { pairs: 5 }, rng), rng.stream("dropout"));
    return episodeBatch(model, pool, sampleEpisodes(pool, shape, 1, rng), rng.stream("dropout"));
  };
  return {
    params: trained,
    constants: still,
    unused: "skip",
    masks: dropoutNames(batch(0)),
    fn: onPairs ? pairLoss(model) : episodeLoss(model, shape),
    options: {
      symbols: { ...batchSymbols(0), ...dropoutSymbols(batch(0), 0) },
      sparse: EMBEDDING_TABLES.map(gradientName),
    },
    batch,
  };
}
