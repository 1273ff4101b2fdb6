/** One suite for every executor that works here: forward, gradients, 50 steps of training and an evaluation, against tfjs itself. */
import { afterAll, describe, expect, it } from "vitest";
import { messageOf } from "../lib/core/errors.ts";
import type { FloatTensor, Params, Tensors } from "../lib/core/tensor.ts";
import { evaluate } from "../lib/evaluate/evaluate.ts";
import { type Device, openDevice } from "../lib/executor/device.ts";
import { eagerExecutor } from "../lib/executor/eager.ts";
import { densify, gradientOf, isSparse, withGradients } from "../lib/executor/gradients.ts";
import type { Executor } from "../lib/executor/types.ts";
import { createEmbedder } from "../lib/model/embed.ts";
import { train } from "../lib/train/trainer.ts";
import { intents } from "./intents.ts";
import { tinyModel } from "./model/tiny.ts";
import { episodes } from "./train/episodes.ts";
import { webgpuEnvironment } from "./webgpu.ts";

/** The largest difference that is allowed. */
interface Tolerance {
  /** Of numbers of vectors, which are about 1. */
  readonly vectors: number;
  /** Of all gradients as one vector, by its norm. */
  readonly gradients: number;
  /** Of the loss of any of 50 steps, and of the parameters' distance after them, by how far they went. */
  readonly losses: number;
  readonly way: number;
  /** Of the mean accuracy of 53 episodes, in points. */
  readonly accuracy: number;
}

// float32 in another order; WebGPU's exp, log and sqrt are a few units in the last place less exact (WGSL).
const TOLERANCES: Readonly<Record<Exclude<Device, "auto" | "eager">, Tolerance>> = {
  cpu: { vectors: 1e-5, gradients: 1e-5, losses: 1e-4, way: 1e-2, accuracy: 0.01 },
  webgpu: { vectors: 5e-5, gradients: 5e-5, losses: 1e-3, way: 5e-2, accuracy: 0.5 },
  cuda: { vectors: 5e-5, gradients: 5e-5, losses: 1e-3, way: 5e-2, accuracy: 0.5 },
  tensorflow: { vectors: 1e-5, gradients: 1e-5, losses: 1e-4, way: 1e-2, accuracy: 0.01 },
};

Object.assign(process.env, webgpuEnvironment());
const REFERENCE = eagerExecutor("cpu");
const opened = await Promise.all(
  (Object.keys(TOLERANCES) as (keyof typeof TOLERANCES)[]).map(async (device) => {
    try {
      return { device, executor: (await openDevice(device, { threads: 1 })).executor, why: undefined };
    } catch (error) {
      return { device, executor: REFERENCE, why: messageOf(error) };
    }
  }),
);
afterAll(() => {
  const lines = opened.map(({ device, why }) => `  ${why ? "not run" : "ran    "} ${device}${why ? `: ${why}` : ""}`);
  process.stdout.write(`parity with eager cpu (tfjs in JavaScript):\n${lines.join("\n")}\n`);
});

const TEXTS = ["今天的天气怎么样？", "我想听音乐", "好的", "明天有足球吗", "后天还有没有电影"];

async function vectors(executor: Executor): Promise<FloatTensor> {
  const embedder = createEmbedder(await tinyModel(), executor);
  const found = await embedder.embed(TEXTS, { batchTokens: 23 });
  await embedder.dispose();
  return found;
}

const NETWORKS = {
  prototypical: { head: "prototypical", pooling: "mean" },
  matching: { head: "matching", pooling: "cls" },
  siamese: { head: "siamese", pooling: "max" },
} as const;
type NetworkName = keyof typeof NETWORKS;

async function gradients(executor: Executor, network: NetworkName): Promise<Tensors> {
  const { params, fn, options, batch } = await episodes(NETWORKS[network]);
  const program = executor.program(withGradients(fn, Object.keys(params), { unused: "skip" }), options);
  const outputs = await program.run({ ...params, ...(await batch(0)) });
  await program.dispose();
  const names = Object.keys(params).filter((name) => Object.keys(outputs).some((o) => o.startsWith(`grad:${name}`)));
  return Object.fromEntries(
    names.map((name) => {
      const found = gradientOf(outputs, name);
      return [name, isSparse(found) ? densify(found, (params[name] as FloatTensor).shape) : found];
    }),
  );
}

async function training(executor: Executor): Promise<{ losses: number[]; start: Params; end: Params }> {
  const objective = await episodes();
  const start = structuredClone(objective.params);
  const { history } = await train(objective, executor, { steps: 50, lr: 1e-4, progress: { quiet: true } });
  return { losses: history.flatMap((line) => ("loss" in line ? [line.loss] : [])), start, end: objective.params };
}

/** The distance of all numbers as one vector. */
function distance(a: Tensors, b: Tensors): number {
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  let sum = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const other = (b[name] as FloatTensor).data;
    for (let i = 0; i < data.length; i++) sum += ((data[i] as number) - (other[i] as number)) ** 2;
  }
  return Math.sqrt(sum);
}

/** Computed once, by the first test that asks. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
const reference = {
  vectors: once(() => vectors(REFERENCE)),
  prototypical: once(() => gradients(REFERENCE, "prototypical")),
  matching: once(() => gradients(REFERENCE, "matching")),
  siamese: once(() => gradients(REFERENCE, "siamese")),
  training: once(() => training(REFERENCE)),
  accuracy: once(() => accuracy(REFERENCE)),
};

async function accuracy(executor: Executor): Promise<number> {
  const options = { episodes: 53, nWay: 5, nShot: 2, nQuery: 3, nOther: 2, seed: 1 };
  return (await evaluate(await tinyModel(), intents(), executor, options)).accuracy;
}

describe.each(opened)("on device $device", { timeout: 600_000 }, ({ device, executor, why }) => {
  const within = TOLERANCES[device];
  const title = (what: string): string => (why ? `${what} (not run, see the end)` : what);

  it.skipIf(why)(title(`vectors differ by less than ${within.vectors}`), async () => {
    const [a, b] = [(await vectors(executor)).data, (await reference.vectors()).data];
    expect(a.length).toBe(b.length);
    expect(Math.max(...a.map((x, i) => Math.abs(x - (b[i] as number))))).toBeLessThan(within.vectors);
  });

  it.skipIf(why).each(Object.keys(NETWORKS) as NetworkName[])(
    title(`gradients of a %s network differ by less than ${within.gradients} of their norm`),
    async (network) => {
      const [a, b] = [await gradients(executor, network), await reference[network]()];
      const zero = Object.fromEntries(
        Object.entries(b).map(([n, t]) => [n, { ...t, data: new Float32Array(t.data.length) }]),
      );
      expect(distance(a, b) / distance(b, zero as Tensors)).toBeLessThan(within.gradients);
    },
  );

  it.skipIf(why)(
    title(`50 steps of training have losses within ${within.losses} and end alike`),
    { timeout: 600_000 },
    async () => {
      const [a, b] = [await training(executor), await reference.training()];
      expect(a.losses.length).toBe(50);
      expect(Math.max(...a.losses.map((x, i) => Math.abs(x - (b.losses[i] as number))))).toBeLessThan(within.losses);
      expect(distance(a.end, b.end) / distance(b.end, b.start)).toBeLessThan(within.way);
    },
  );

  it.skipIf(why)(
    title(`an evaluation gives its accuracy within ${within.accuracy} points`),
    { timeout: 600_000 },
    async () => {
      expect(Math.abs((await accuracy(executor)) - (await reference.accuracy())) * 100).toBeLessThan(within.accuracy);
    },
  );
});

it("leaves nothing out that is not said: every device has its tolerance", () => {
  expect(opened.map((o) => o.device)).toEqual(["cpu", "webgpu", "cuda", "tensorflow"]);
  expect(opened.find((o) => o.device === "cpu")?.why).toBeUndefined();
});
