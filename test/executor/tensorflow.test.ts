/** Eager programs on TensorFlow, where it can be loaded (`npm run tensorflow`): kernels, gradients, a BERT and its training. */
import * as tf from "@tensorflow/tfjs";
import { afterAll, describe, expect, it } from "vitest";
import { messageOf } from "../../lib/core/errors.ts";
import { random } from "../../lib/core/random.ts";
import type { FloatTensor, Params, Tensors } from "../../lib/core/tensor.ts";
import { loadIntents } from "../../lib/data/load.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import { availableExecutors } from "../../lib/executor/available.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import { gradientName, gradientOf, withGradients } from "../../lib/executor/gradients.ts";
import { loadTensorFlow, type TensorFlow, tensorflowExecutor } from "../../lib/executor/tensorflow.ts";
import type { Executor } from "../../lib/executor/types.ts";
import { HEADS } from "../../lib/heads/types.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { allParams, loadModel } from "../../lib/model/model.ts";
import { episodeBatch, episodeLoss } from "../../lib/model/objective.ts";
import { adamW } from "../../lib/train/optimizer.ts";
import { trainStep } from "../../lib/train/step.ts";
import type { Case } from "./cases.ts";
import { ELEMENTWISE } from "./cases-elementwise.ts";
import { MOVING } from "./cases-moving.ts";
import { LOSSES } from "./losses.ts";
import * as s from "./support.ts";

process.env.NVIDIA_TF32_OVERRIDE ??= "0"; // else a GPU keeps 10 bits of each factor of a product
const loaded: TensorFlow | string = await loadTensorFlow().catch(messageOf);
const found = typeof loaded === "string" ? undefined : loaded;
const on = found ? `TensorFlow ${found.version} on ${found.gpu ? "a GPU" : "the CPU"}` : `TensorFlow (${loaded})`;
const tensorflow = eagerExecutor("tensorflow");

/** Cases of a kernel that do not come out as on tfjs' cpu backend: an error, or other numbers. */
interface Difference {
  readonly kernel: string;
  readonly cases: RegExp;
  readonly why: string;
  /** What the error says; absent where there is none, and the numbers are wrong. */
  readonly error?: RegExp;
}

const noKernel = (kernel: string, cases: RegExp, type: string): Difference => ({
  ...{ kernel, cases, why: `TensorFlow has no such kernel for ${type}`, error: /not in the list of allowed values/ },
});

const DIFFERENCES: readonly Difference[] = [
  ...["Greater", "GreaterEqual", "Less", "LessEqual"].map((kernel) => noKernel(kernel, /^bool, /, "truth values")),
  ...["Max", "Min", "Cumsum"].map((kernel) => noKernel(kernel, /^bool, /, "truth values")),
  noKernel("Step", /^(alpha 0.5, )?int32 /, "integers"), // tfjs-node asks for NaN among them
  {
    ...{ kernel: "Select", cases: /^int32 or a float number$/, error: /expected to be a int32 tensor but is a float/ },
    why: "both sides must be of one dtype, where tfjs' cpu backend widens",
  },
  {
    ...{ kernel: "GatherV2", cases: /axis -1$|from the last axis$/, error: /not in \[0, NaN\]/ },
    why: "tfjs-node checks the indices against the size of an axis below 0, which it does not find",
  },
  {
    ...{ kernel: "UnsortedSegmentSum", cases: /rows without a segment$/, error: /is out of range \[0, 5\)/ },
    why: "a segment beyond the last is an error, where tfjs' cpu backend drops the row",
  },
  { kernel: "ClipByValue", cases: /^one side open, int32 /, why: "tfjs-node makes the integer 0 of an infinite bound" },
  ...(found?.version === "2.20.0"
    ? [{ kernel: "Round", cases: /^int32 /, why: "TensorFlow 2.20 rounds every integer to 0, 2.15 did not" }]
    : []),
];

const CASES = Object.entries({ ...ELEMENTWISE, ...MOVING }).flatMap(([kernel, cases]) =>
  Object.entries(cases).map(([name, test]) => {
    const difference = DIFFERENCES.find((d) => d.kernel === kernel && d.cases.test(name));
    return { name: `${kernel}: ${name}`, test, difference };
  }),
);

async function compareCase({ fn, inputs, tolerance, expected }: Case): Promise<void> {
  const wanted = expected ? { y: expected } : await s.runOn(s.eager, fn, inputs);
  s.expectAllClose(await s.runOn(tensorflow, fn, inputs), wanted, tolerance);
}

describe.skipIf(!found)(`kernels on ${on}`, () => {
  it.each(CASES.filter((c) => !c.difference))("$name, as tfjs' cpu backend computes it", ({ test }) =>
    compareCase(test),
  );

  it.each(CASES.filter((c) => c.difference))("$name, differs: $difference.why", async ({ test, difference }) => {
    await expect(compareCase(test)).rejects.toThrow(difference?.error ?? /^output 'y': element \d+ is 0, wanted/);
  });

  it("every difference that is listed has a case", () => {
    const seen = new Set(CASES.map((c) => c.difference));
    expect(DIFFERENCES.filter((d) => !seen.has(d))).toEqual([]);
  });
});

describe.skipIf(!found)(`gradients on ${on} equal those of tfjs' cpu backend`, () => {
  it.each(Object.entries(LOSSES))("%s", async (_, [fn, inputs, parameters]) => {
    const program = withGradients((i) => ({ loss: fn(i) }), parameters);
    const wanted = await s.runOn(s.eager, program, inputs);
    s.expectAllClose(await s.runOn(tensorflow, program, inputs), wanted, { rtol: 1e-5, atol: 5e-6 });
  });
});

describe.skipIf(!found)(`tiny-bert on ${on}, beside the compiled executor`, async () => {
  const TINY = "data/models/tiny-bert";
  const set = await loadIntents("data/intents/zh");
  const pool = poolOf(set.train);
  const shape = { nWay: 5, nShot: 2, nQuery: 3, nOther: 0 };
  // Their gradients are 0 but for rounding: keys and vectors that are all shifted alike change no score. AdamW makes
  // steps of it all the same.
  const UNTAUGHT = /key\.bias$|layer\.3\.output\.LayerNorm\.bias$/;
  const norm = (x: ArrayLike<number>): number => Math.sqrt(Array.from(x).reduce((sum, v) => sum + v * v, 0));
  const apart = (a: FloatTensor, b: FloatTensor): number => norm(a.data.map((x, i) => x - (b.data[i] as number)));

  it("has the same vectors, of texts in both languages", async () => {
    const model = await loadModel(TINY);
    const texts = ["今天天气怎么样", "set an alarm for seven", "放一首歌", "a text of other words", "你好"];
    const [fast, slow] = [createEmbedder(model, s.compiled), createEmbedder(model, tensorflow)];
    const wanted = await fast.embed(texts);
    s.expectClose(await slow.embed(texts), wanted, { rtol: 1e-4, atol: 1e-5 });
    for (const embedder of [fast, slow]) await embedder.dispose();
  });

  it.each(HEADS.filter((h) => h !== "siamese"))("has the same gradients of an episode, %s network", async (head) => {
    const model = await loadModel(TINY, { head });
    const params = allParams(model);
    const fn = withGradients(episodeLoss(model, shape), Object.keys(params), { unused: "skip" });
    const episodes = sampleEpisodes(pool, shape, 1, random("episode"));
    const inputs: Tensors = { ...params, ...episodeBatch(model, pool, episodes, random("masks")) };
    const [got, wanted] = [await s.runOn(tensorflow, fn, inputs), await s.runOn(s.compiled, fn, inputs)];
    expect(Object.keys(got).sort()).toEqual(Object.keys(wanted).sort());
    expect(got.loss?.data[0]).toBeCloseTo(wanted.loss?.data[0] as number, 5);
    let [off, all] = [0, 0];
    for (const name of Object.keys(params).filter((p) => wanted[gradientName(p)])) {
      const [a, b] = [gradientOf(got, name), gradientOf(wanted, name)] as [FloatTensor, FloatTensor];
      off = Math.hypot(off, apart(a, b));
      all = Math.hypot(all, norm(b.data));
    }
    expect(all).toBeGreaterThan(1e-2);
    expect(off / all).toBeLessThan(1e-5);
  });

  it("trains to the same losses and weights over 10 steps", async () => {
    const training = async (executor: Executor): Promise<{ losses: number[]; params: Params }> => {
      const model = await loadModel(TINY);
      const params = allParams(model);
      const fn = withGradients(episodeLoss(model, shape), Object.keys(params), { unused: "skip" });
      const program = executor.program(fn);
      const optimizer = adamW();
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) {
        const episodes = sampleEpisodes(pool, shape, 1, random("episodes").stream(step));
        const batch = episodeBatch(model, pool, episodes, random("masks").stream(step));
        const outcome = await trainStep(program, { params, unused: "skip" }, batch, optimizer, { lr: 5e-4, clip: 1 });
        losses.push(outcome.scalars.loss);
      }
      await program.dispose();
      return { losses, params };
    };
    const [got, wanted] = [await training(tensorflow), await training(s.compiled)];
    for (const [i, loss] of wanted.losses.entries())
      expect(Math.abs(got.losses[i]! - loss) / loss, `step ${i}`).toBeLessThan(2e-5);
    const start = allParams(await loadModel(TINY));
    for (const [name, p] of Object.entries(wanted.params)) {
      const moved = apart(p, start[name]!);
      const off = apart(got.params[name]!, p);
      if (UNTAUGHT.test(name)) expect(off, name).toBeLessThan(0.02);
      else expect(off, name).toBeLessThanOrEqual(3e-3 * moved);
    }
  });
});

describe.skipIf(!found)(`loading ${on}`, () => {
  afterAll(() => tf.setBackend("cpu"));

  it("again gives the same, and leaves the backend that is in use", async () => {
    await tf.setBackend("cpu");
    expect(await loadTensorFlow()).toEqual(found);
    expect(tf.getBackend()).toBe("cpu");
  });

  it("is an executor of its own, and one of those that are available", async () => {
    const executor = await tensorflowExecutor();
    expect(executor.name).toBe("eager tensorflow");
    const listed = (await availableExecutors()).find((e) => e.name === executor.name);
    expect(listed).toMatchObject({ works: true, detail: expect.stringContaining(found?.version as string) });
  });

  it("keeps no tensors of a run", async () => {
    const fn = s.one(({ x }) => tf.matMul(x, x, false, true));
    await s.runOn(tensorflow, fn, { x: s.normal("x", [5, 7]) });
    const before = tf.memory().numTensors;
    await s.runOn(tensorflow, fn, { x: s.normal("x", [5, 7]) });
    expect(tf.memory().numTensors).toBe(before);
  });
});
