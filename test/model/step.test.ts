import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import type { FloatTensor, Tensors } from "../../lib/core/tensor.ts";
import { samplePairs } from "../../lib/episodes/pairs.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import {
  densify,
  gradientName,
  gradientOf,
  isSparse,
  type LossFunction,
  withGradients,
} from "../../lib/executor/gradients.ts";
import type { Executor } from "../../lib/executor/types.ts";
import { HEADS, type HeadName } from "../../lib/heads/types.ts";
import { batchSymbols, dropoutSymbols } from "../../lib/model/inputs.ts";
import { allParams, type FewShotModel } from "../../lib/model/model.ts";
import { EMBEDDING_TABLES, episodeBatch, episodeLoss, pairBatch, pairLoss } from "../../lib/model/objective.ts";
import { intents } from "../intents.ts";
import { compiled, type TinyOptions, tinyModel } from "./tiny.ts";

const shape = { nWay: 3, nShot: 2, nQuery: 1, nOther: 1 };
const pool = poolOf(intents().train);

interface Step {
  readonly fn: LossFunction;
  batch(i: number): Tensors;
}

function stepOf(model: FewShotModel): Step {
  const dropout = (i: number) => random("masks").stream(i);
  if (model.head.trainsOn === "pairs") {
    const pairs = (i: number) => samplePairs(pool, { pairs: 7 }, random("pairs").stream(i));
    return { fn: pairLoss(model), batch: (i) => pairBatch(model, pool, pairs(i), dropout(i)) };
  }
  const episodes = (i: number) => sampleEpisodes(pool, shape, 2, random("episodes").stream(i));
  return { fn: episodeLoss(model, shape), batch: (i) => episodeBatch(model, pool, episodes(i), dropout(i)) };
}

/** Loss, other scalars and dense gradients of batches, all through one program as a training makes it. */
async function run(model: FewShotModel, executor: Executor, batches: readonly Tensors[], fn: LossFunction) {
  const params = allParams(model);
  const program = executor.program(withGradients(fn, Object.keys(params), { unused: "skip" }), {
    symbols: { ...batchSymbols(0), ...dropoutSymbols(batches[0] as Tensors, 0) },
    sparse: EMBEDDING_TABLES.map(gradientName),
  });
  const results = [];
  for (const batch of batches) {
    const out = await program.run({ ...params, ...batch });
    const gradients = new Map<string, FloatTensor>();
    for (const [name, { shape }] of Object.entries(params)) {
      if (!Object.keys(out).some((key) => key.split("#")[0] === gradientName(name))) continue;
      const g = gradientOf(out, name);
      gradients.set(name, isSparse(g) ? densify(g, shape) : g);
    }
    results.push({ loss: out.loss?.data[0] as number, accuracy: out.accuracy?.data[0] as number, gradients });
  }
  const { compiled } = program.stats();
  await program.dispose();
  return { results, compiled };
}

const norm = (g: ArrayLike<number>): number => Math.sqrt(Array.from(g).reduce((a, x) => a + x * x, 0));

/** The second step of a compiled program, whose batch has another size than the first, against the eager one. */
async function compare(model: FewShotModel): Promise<number> {
  const { fn, batch } = stepOf(model);
  const batches = [batch(0), batch(1)];
  expect(new Set(batches.map((b) => b["batch.ids"]?.data.length)).size).toBe(2);
  const fast = await run(model, compiled, batches, fn);
  expect(fast.compiled).toBe(1);
  const [found, wanted] = [fast.results[1]!, (await run(model, eagerExecutor(), [batch(1)], fn)).results[0]!];
  expect(Math.abs(found.loss - wanted.loss)).toBeLessThanOrEqual(1e-5 * Math.abs(wanted.loss));
  expect(found.accuracy).toBeCloseTo(wanted.accuracy, 6);
  expect([...found.gradients.keys()]).toEqual([...wanted.gradients.keys()]);
  const largest = Math.max(...[...wanted.gradients.values()].map((g) => norm(g.data)));
  const offs: number[] = [];
  for (const [name, { data }] of wanted.gradients) {
    const off = norm(found.gradients.get(name)!.data.map((x, j) => x - data[j]!));
    offs.push(off);
    // One parameter alone, a bias that sums all tokens, may be off by a little more: float32 sums in another order.
    // Some are 0 but for rounding, such as those of key biases: they are held to the largest one.
    expect(off, name).toBeLessThanOrEqual(Math.max(2e-5 * norm(data), 1e-6 * largest));
  }
  const all = norm([...wanted.gradients.values()].map((g) => norm(g.data)));
  expect(norm(offs), "the whole gradient").toBeLessThanOrEqual(1e-5 * all);
  return wanted.gradients.size;
}

describe("a training step with dropout", () => {
  const cases = HEADS.flatMap((head) =>
    (["mean", "cls"] as const).map((pooling): [HeadName, TinyOptions["pooling"] & string] => [head, pooling]),
  );
  it.each(cases)("of a %s network pooled by %s is the same compiled and eager", async (head, pooling) => {
    const model = await tinyModel({ head, pooling });
    expect(await compare(model)).toBe(Object.keys(model.encoder.params).length - 2); // all but the pooler's
  });

  it("of the seed's prototypical network is the same too, with its normalisations", async () => {
    const model = await tinyModel({
      pooling: "pooler",
      textForm: "seed",
      headSettings: { distance: "euclidean", loss: "contrastive", norms: true },
    });
    expect(await compare(model)).toBe(Object.keys(model.encoder.params).length + 4);
  });

  it("leaves parameters above the pooled layer alone", async () => {
    const model = await tinyModel({ layer: -2 });
    const { fn, batch } = stepOf(model);
    const { results } = await run(model, compiled, [batch(0)], fn);
    const names = [...results[0]!.gradients.keys()];
    expect(names).toContain("encoder.layer.1.output.dense.weight");
    expect(names.filter((n) => n.startsWith("encoder.layer.2.") || n.startsWith("pooler."))).toEqual([]);
  });
});
