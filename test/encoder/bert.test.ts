import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { FloatTensor } from "../../lib/core/tensor.ts";
import { type Encoder, loadEncoder } from "../../lib/encoder/encoder.ts";
import { type Pooling, sentenceVectors } from "../../lib/encoder/pooling.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import { densify, gradientName, gradientOf, isSparse, withGradients } from "../../lib/executor/gradients.ts";
import type { Executor } from "../../lib/executor/types.ts";
import { batchOf, batchSymbols } from "../../lib/model/inputs.ts";
import { EMBEDDING_TABLES } from "../../lib/model/objective.ts";
import {
  allOutputs,
  batchFrom,
  type Expected,
  expectedLoss,
  expectFingerprint,
  largestDifference,
  POOLING_NAMES,
  readExpected,
} from "./expected.ts";

const FIXTURES = "test/fixtures/encoder";
const minilm = process.env.FEWSHOT_ENCODER;
const isMinilm = minilm !== undefined && existsSync(join(minilm, "model.safetensors"));

async function tinyZh(hiddenAct: "gelu" | "gelu_new"): Promise<{ encoder: Encoder; expected: Expected }> {
  const encoder = await loadEncoder(join(FIXTURES, "tiny-zh"));
  return {
    encoder: { ...encoder, config: { ...encoder.config, hiddenAct } },
    expected: await readExpected(join(FIXTURES, `tiny-zh-${hiddenAct}.safetensors`)),
  };
}

async function compareStates(encoder: Encoder, expected: Expected, executor: Executor): Promise<void> {
  const program = executor.program(allOutputs(encoder));
  const out = await program.run({ ...encoder.params, ...batchFrom(expected, encoder.config) });
  await program.dispose();
  expect(Object.keys(out)).toHaveLength(encoder.config.layers + 1 + 5);
  for (const [name, found] of Object.entries(out)) {
    expect(largestDifference(found as FloatTensor, expected.float(name)), name).toBeLessThan(1e-4);
  }
}

/** Every gradient that the fixture has: its fingerprint, and the whole of it where the fixture has that. */
async function compareGradients(
  encoder: Encoder,
  expected: Expected,
  pooling: Pooling,
  executor: Executor,
): Promise<void> {
  const { config, params } = encoder;
  const key = POOLING_NAMES[pooling];
  const vectors = expectedLoss(expected, (inputs) => sentenceVectors(inputs, batchOf(inputs), config, { pooling }));
  const program = executor.program(withGradients(vectors, Object.keys(params), { unused: "skip" }), {
    symbols: batchSymbols(0),
    sparse: EMBEDDING_TABLES.map(gradientName),
  });
  const out = await program.run({ ...params, ...batchFrom(expected, config) });
  await program.dispose();
  const loss = expected.float(`loss.${key}`).data[0] as number;
  expect(Math.abs((out.loss?.data[0] as number) - loss)).toBeLessThan(1e-4 * Math.max(1, loss));
  const prefix = `fingerprint.${key}.`;
  const names = [...expected.tensors.keys()].filter((n) => n.startsWith(prefix)).map((n) => n.slice(prefix.length));
  expect(names.length).toBeGreaterThan(16 * config.layers);
  const largest = Math.max(...names.map((n) => expected.float(prefix + n).data[0] as number));
  for (const name of names) {
    const found = gradientOf(out, name);
    const dense = isSparse(found) ? densify(found, params[name]!.shape) : found;
    // Some gradients are 0 but for rounding (see the fixture's README): those are held to the largest one's scale.
    expectFingerprint(`${pooling} ${name}`, dense, expected.float(prefix + name), 1e-3, 1e-5 * largest);
    const whole = expected.tensors.get(`grad.${key}.${name}`);
    if (!whole) continue;
    const norm = expected.float(prefix + name).data[0] as number;
    const allowed = Math.max(1e-3 * norm, 1e-5 * largest);
    dense.data.forEach((v, i) => {
      if (Math.abs(v - (whole.data[i] as number)) > allowed) expect.fail(`${name}[${i}]: ${v} for ${whole.data[i]}`);
    });
  }
}

describe.each([compiledExecutor(), eagerExecutor()])("a small random Chinese BERT on $name", (executor) => {
  it.each(["gelu", "gelu_new"] as const)("with %s has the hidden states and pooled vectors of PyTorch", async (act) => {
    const { encoder, expected } = await tinyZh(act);
    await compareStates(encoder, expected, executor);
  });

  it.each(Object.keys(POOLING_NAMES) as Pooling[])(
    "pooled by %s has the loss and gradients of PyTorch",
    async (pooling) => {
      const { encoder, expected } = await tinyZh("gelu");
      await compareGradients(encoder, expected, pooling, executor);
    },
  );

  it("with gelu_new has the loss and gradients of PyTorch", async () => {
    const { encoder, expected } = await tinyZh("gelu_new");
    await compareGradients(encoder, expected, "mean", executor);
  });
});

describe.skipIf(!isMinilm)("all-MiniLM-L6-v2 (needs FEWSHOT_ENCODER)", () => {
  it("has the hidden states and pooled vectors of PyTorch", async () => {
    const encoder = await loadEncoder(minilm as string);
    await compareStates(encoder, await readExpected(join(FIXTURES, "minilm.safetensors")), compiledExecutor());
  });

  it.each(Object.keys(POOLING_NAMES) as Pooling[])(
    "pooled by %s has the loss and every parameter's gradient of PyTorch",
    async (pooling) => {
      const encoder = await loadEncoder(minilm as string);
      await compareGradients(
        encoder,
        await readExpected(join(FIXTURES, "minilm.safetensors")),
        pooling,
        compiledExecutor(),
      );
    },
  );
});
