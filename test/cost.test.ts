/** What a step and an evaluation cost, in counts that no clock has a part in: a slow-down of the kit fails here. */
import { beforeAll, describe, expect, it } from "vitest";
import { sizeOf } from "../lib/core/tensor.ts";
import { loadIntents } from "../lib/data/load.ts";
import type { IntentSet } from "../lib/data/types.ts";
import { loadEncoder } from "../lib/encoder/encoder.ts";
import { evaluate } from "../lib/evaluate/evaluate.ts";
import { compiledExecutor } from "../lib/executor/compiled.ts";
import { fuse } from "../lib/executor/fuse.ts";
import { gradientName } from "../lib/executor/gradients.ts";
import { IDS_SUFFIX, lower, ROWS_SUFFIX, splitSparse } from "../lib/executor/lower.ts";
import { simplify } from "../lib/executor/simplify.ts";
import { trace } from "../lib/executor/trace.ts";
import type { Executor, Program } from "../lib/executor/types.ts";
import { matmulsOf } from "../lib/kit/graph-tables.ts";
import { stepFunction, type Traceable } from "../lib/kit/graphs.ts";
import { prototypical } from "../lib/kit/networks.ts";
import { allParams, type FewShotModel } from "../lib/model/model.ts";
import { trainModel } from "../lib/studies/fit.ts";

const SHAPE = { nWay: 5, nShot: 5, nQuery: 5 };
let [set, model] = [{} as IntentSet, {} as FewShotModel];
let step: Traceable;
beforeAll(async () => {
  set = await loadIntents("data/intents/en");
  model = prototypical(await loadEncoder("data/models/tiny-bert"));
  step = stepFunction(model, set, SHAPE);
});

/** An executor whose programs can be counted: how many there are, their sessions, and how often each ran. */
function counting(): { executor: Executor; programs: { program: Program; runs: number; sessions: number }[] } {
  const inner = compiledExecutor();
  const programs: { program: Program; runs: number; sessions: number }[] = [];
  const program: Executor["program"] = (fn, options) => {
    const made = inner.program(fn, options);
    const entry = { program: made, runs: 0, sessions: 0 };
    programs.push(entry);
    return {
      ...made,
      async run(inputs) {
        entry.runs++;
        const outputs = await made.run(inputs);
        entry.sessions = made.stats().compiled;
        return outputs;
      },
    };
  };
  return { executor: { ...inner, program }, programs };
}

describe("a training step of tiny-bert", () => {
  it("has no more nodes than it had: a rule that stops to apply would leave some behind", () => {
    const graph = simplify(trace(step.fn, step.specs));
    expect(graph.nodes.length).toBeLessThanOrEqual(583);
    expect(graph.nodes.filter((n) => n.op === "Transpose")).toEqual([]);
    expect(fuse(graph).nodes.length).toBeLessThanOrEqual(530);
    expect(lower(splitSparse(fuse(graph), step.options.sparse ?? [])).nodes).toBeLessThanOrEqual(600);
  });

  it("multiplies packed tokens only: three times the forward pass, and padding in attention alone", () => {
    const { hiddenSize: d, intermediateSize: i, layers } = model.encoder.config;
    const inputs = step.inputs(0);
    const p = inputs["batch.ids"]?.shape[0] as number;
    const [g, s] = inputs["batch.binSentences"]!.shape as [number, number];
    expect(p).toBeGreaterThan(0.8 * g * s);
    // The head adds nothing: squared distances are no products of matrices.
    expect(matmulsOf(step, 0)).toBe(3 * layers * (8 * p * d * d + 4 * p * d * i + 4 * g * s * s * d));
  });

  it("computes the last layer for [CLS] rows only, and no layer above the pooled one", () => {
    const work = (options: Parameters<typeof prototypical>[1]): number => {
      return matmulsOf(stepFunction(prototypical(model.encoder, options), set, SHAPE), 0);
    };
    expect(work({ pooling: "cls" })).toBeLessThan(0.87 * work({ pooling: "mean" }));
    expect(work({ layer: 2 })).toBeCloseTo(work({ layer: 4 }) / 2, -3);
  });

  it("hands out each dense gradient once and of the tables only the rows that were read", async () => {
    const program = compiledExecutor().program(step.fn, step.options);
    try {
      const inputs = step.inputs(0);
      const tokens = inputs["batch.ids"]?.shape[0] as number;
      const outputs = await program.run(inputs);
      const bytes = Object.values(outputs).reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
      const tables = Object.keys(outputs).filter((name) => name.endsWith(ROWS_SUFFIX));
      expect(tables).toHaveLength(3);
      const dense = Object.entries(allParams(model)).filter(([name]) => gradientName(name) in outputs);
      const least = dense.reduce((sum, [, { shape }]) => sum + 4 * sizeOf(shape), 0);
      const rows = tables.length * tokens * (4 * model.encoder.config.hiddenSize + 4);
      expect(bytes).toBeLessThanOrEqual(least + rows + 8);
      expect(Object.keys(outputs)).toContain(`${tables[0]?.slice(0, -ROWS_SUFFIX.length)}${IDS_SUFFIX}`);
    } finally {
      await program.dispose();
    }
  });
});

describe("an epoch and an evaluation", () => {
  it("trains with one session for all episodes, and scores dev classes with one program made once", async () => {
    const { executor, programs } = counting();
    const copy = prototypical(await loadEncoder("data/models/tiny-bert"));
    const quiet = { progress: { quiet: true } };
    await trainModel(copy, set, executor, { ...SHAPE, ...quiet, steps: 7, evaluateEvery: 2, devEpisodes: 5 });
    const trained = programs.find((p) => p.runs === 7);
    expect(trained?.sessions).toBe(1);
    expect(programs.length).toBeLessThanOrEqual(4); // the step, vectors, scores and their loss
    expect(Math.max(...programs.map((p) => p.sessions))).toBe(1);
  });

  it("encodes each text once, whatever the number of episodes, and asks the encoder seldom", async () => {
    const { executor, programs } = counting();
    const texts = Object.values(set.test).reduce((sum, own) => sum + own.length, 0);
    const { encoded } = await evaluate(model, { ...set, dev: {} }, executor, { nShot: 1, episodes: 2000 });
    expect(encoded).toBe(texts);
    const calls = programs.reduce((sum, p) => sum + p.runs, 0);
    expect(calls).toBeLessThanOrEqual(60); // 2,000 episodes
    expect(Math.max(...programs.map((p) => p.sessions))).toBe(1);
  });
});
