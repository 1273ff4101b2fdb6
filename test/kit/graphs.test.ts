import { beforeAll, describe, expect, it } from "vitest";
import { trace } from "../../lib/executor/trace.ts";
import { compareOutputs, countSessions, refusals, relativeSpeed } from "../../lib/kit/graph-runs.ts";
import { matmulsOf, removedNodes, stageCounts, stepWork, workBars } from "../../lib/kit/graph-tables.ts";
import { headFunction, stepFunction, type Traceable } from "../../lib/kit/graphs.ts";
import type { FewShotModel } from "../../lib/model/model.ts";
import { intents } from "../intents.ts";
import { compiled as executor, tinyModel } from "../model/tiny.ts";

let model: FewShotModel;
let step: Traceable;
const SHAPE = { nWay: 3, nShot: 2, nQuery: 1 };
beforeAll(async () => {
  model = await tinyModel();
  step = stepFunction(model, intents(), SHAPE);
});

describe("a head as a function", () => {
  it.each(["prototypical", "matching", "siamese"] as const)(
    "gives the scores of %s, equal on both executors",
    async (name) => {
      const scores = headFunction(name, { nWay: 3, nShot: 2, width: 5 });
      const [row] = await compareOutputs(scores, { i: 1, executor });
      expect(row).toMatchObject({ output: "scores", numbers: 3 * 8 * 3 });
      expect(Number(row?.["differ by less than"])).toBeLessThanOrEqual(1e-5);
    },
  );

  it("gives its loss and both gradients as one row", async () => {
    const loss = headFunction("prototypical", { nWay: 3, nShot: 2, width: 5, gradients: true });
    const rows = await compareOutputs(loss, { executor });
    expect(rows.map((r) => [r.output, r.numbers])).toEqual([
      ["loss", 1],
      ["gradients of 2 inputs", 2 * 3 * 2 * 5 + 2 * 7 * 5],
    ]);
    expect(Number(rows[1]?.["differ by less than"])).toBeLessThanOrEqual(1e-4);
  });
});

describe("a training step as a function", () => {
  it("does three times the matrix products of its forward pass, which can be counted by hand", () => {
    const { hiddenSize: d, intermediateSize: i, layers } = model.encoder.config;
    const inputs = step.inputs(3);
    const p = inputs["batch.ids"]!.shape[0] as number;
    const [g, s] = inputs["batch.binSentences"]!.shape as [number, number];
    const layer = 4 * 2 * p * d * d + 2 * 2 * p * d * i + 2 * 2 * g * s * s * d;
    expect(inputs["batch.mask"]!.shape[0]).toBe(3 * (2 + 1));
    expect(matmulsOf(step, 3)).toBe(3 * layers * layer);
  });

  it("shows nodes and operations by kind, which add up", () => {
    const rows = stepWork(step);
    const all = rows.at(-1);
    expect(all?.kind).toMatch(/^all, for P \d+, T \d+, G \d+, S \d+$/);
    const sum = (field: string) => rows.slice(0, -1).reduce((s, r) => s + (r[field] as number), 0);
    expect(sum("nodes")).toBe(all?.nodes);
    expect(sum("operations (%)")).toBeCloseTo(100, 0);
    expect(JSON.stringify(workBars(step, { title: "A step" }))).toContain("matrix");
  });

  it("shows what simplifying removes, in agreement with the stages", () => {
    const [stages] = stageCounts({ step });
    const removed = removedNodes(step).reduce((s, r) => s + (r.removed as number), 0);
    expect(removed).toBe((stages?.traced as number) - (stages?.simplified as number));
    expect(stages?.traced).toBe(trace(step.fn, step.specs).nodes.length);
  });

  it("runs all batches in one session with symbols, and in one for each shape without", async () => {
    const [symbols, numbers] = await countSessions(step, 3, { executor });
    expect(symbols).toMatchObject({ batches: 3, "sessions made": 1, "held at the end": 1 });
    expect(numbers?.["sessions made"]).toBe(numbers?.["different shapes"]);
  });

  it("leaves out the tables' gradients where it is told so, and draws dropout where asked", async () => {
    const lean = stepFunction(model, intents(), { ...SHAPE, tables: false, dropout: true });
    const names = Object.keys(lean.inputs(0)).filter((name) => name.startsWith("dropout."));
    expect(names.length).toBeGreaterThan(0);
    const rows = await compareOutputs(lean, { executor });
    const whole = Object.keys(trace(step.fn, step.specs).outputs).length - 2;
    expect(rows.at(-1)?.output).toBe(`gradients of ${whole - 3} inputs`);
    expect(Number(rows[0]?.["differ by less than"])).toBeLessThanOrEqual(1e-4);
  });

  it("is timed against another executor as a ratio", async () => {
    const small = headFunction("matching", { nWay: 2, nShot: 1, width: 3 });
    const [row] = await relativeSpeed(small, { rounds: 3, executor, reference: executor });
    expect(row).toMatchObject({ function: executor.name, against: executor.name, rounds: 3 });
    expect(row?.["times as long"]).toBeGreaterThan(0);
  });
});

describe("what cannot be traced", () => {
  it("is said in lines of at most 100 letters, and what can be is said to be", () => {
    const text = refusals(
      { reads: ({ x }) => ({ y: x!.dataSync()[0]! > 0 ? x! : x!.neg() }), works: ({ x }) => ({ y: x!.neg() }) },
      { x: { shape: ["P", 5], dtype: "float32" } },
    );
    expect(text).toContain("reads:\n  compile: a tensor's value was read while tracing");
    expect(text).toContain("works:\n  is traced, into 1 nodes");
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });
});
