import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { random } from "../../lib/core/random.ts";
import { float32, type Params } from "../../lib/core/tensor.ts";
import { encodeSafetensors, readSafetensors } from "../../lib/encoder/safetensors.ts";
import { type Checkpoint, checkParams, loadCheckpoint, saveCheckpoint } from "../../lib/train/checkpoint.ts";
import { temporaryFolder } from "./folder.ts";

/** Any bits at all, NaN with a payload and -0 among them. */
function anyBits(seed: number): Params {
  const tensor = (shape: number[]) => {
    const bits = new Uint32Array(shape.reduce((a, b) => a * b, 1));
    random(seed).fillUint32(bits);
    bits.set([0x7fc00123, 0x80000000, 0xff800000]);
    return float32(new Float32Array(bits.buffer), shape);
  };
  return { "layer.0.weight": tensor([7, 3]), "layer.0.bias": tensor([5]) };
}

function bitsOf(params: Params | undefined): unknown {
  return Object.entries(params ?? {})
    .map(([name, { shape, data }]) => [name, shape, [...new Uint32Array(data.slice().buffer)]])
    .sort();
}

const example: Checkpoint = {
  step: 17,
  seconds: 3.25,
  best: { step: 11, metrics: { loss: 0.1 + 0.2, accuracy: 1 / 3, f1: Number.NaN } },
  waited: 2,
  settings: { steps: 31, lr: 2e-5, patience: "Infinity" },
  params: anyBits(1),
  bestParams: anyBits(2),
  optimizer: { steps: { "layer.0.weight": 17, "layer.0.bias": 17 }, m: anyBits(3), v: anyBits(4) },
};

describe("a checkpoint", () => {
  it("comes back bit for bit", async () => {
    const file = join(temporaryFolder(), "deep", "checkpoint.safetensors");
    await saveCheckpoint(file, example);
    const { params, bestParams, optimizer, ...state } = (await loadCheckpoint(file)) as Checkpoint;
    const { params: _, bestParams: __, optimizer: ___, ...expected } = example;
    expect(state).toEqual(expected);
    expect(bitsOf(params)).toEqual(bitsOf(example.params));
    expect(bitsOf(bestParams)).toEqual(bitsOf(example.bestParams));
    expect(optimizer.steps).toEqual(example.optimizer.steps);
    expect(bitsOf(optimizer.m)).toEqual(bitsOf(example.optimizer.m));
    expect(bitsOf(optimizer.v)).toEqual(bitsOf(example.optimizer.v));
  });

  it("holds the best parameters once where the last ones are the best", async () => {
    const file = join(temporaryFolder(), "checkpoint.safetensors");
    await saveCheckpoint(file, { ...example, best: { step: 17, metrics: { loss: 1 } }, bestParams: example.params });
    const { tensors } = await readSafetensors(file);
    expect([...tensors.keys()].filter((name) => name.startsWith("best/"))).toEqual([]);
    expect(bitsOf((await loadCheckpoint(file))?.bestParams)).toEqual(bitsOf(example.params));
  });

  it("may be without an evaluation, and absent", async () => {
    const file = join(temporaryFolder(), "checkpoint.safetensors");
    expect(await loadCheckpoint(file)).toBeUndefined();
    await saveCheckpoint(file, { ...example, best: undefined, bestParams: undefined });
    const loaded = await loadCheckpoint(file);
    expect(loaded?.best).toBeUndefined();
    expect(loaded?.bestParams).toBeUndefined();
  });

  it("is refused, by its file, where it is cut off or something else", async () => {
    const file = join(temporaryFolder(), "checkpoint.safetensors");
    await saveCheckpoint(file, example);
    const whole = readFileSync(file);
    for (const length of [0, 7, 101, whole.length - 1]) {
      writeFileSync(file, whole.subarray(0, length));
      await expect(loadCheckpoint(file)).rejects.toThrow(InputError);
      await expect(loadCheckpoint(file)).rejects.toThrow(file);
    }
    writeFileSync(file, Buffer.concat(encodeSafetensors(anyBits(1), { metadata: { format: "pt" } })));
    await expect(loadCheckpoint(file)).rejects.toThrow(`${file}: not a checkpoint of a training run`);
  });

  it("must have each parameter of the model in its shape", () => {
    const model = { ...anyBits(1), "head.bias": float32([1, 2], [2]) };
    expect(() => checkParams(anyBits(1), model, "run/x")).toThrow("run/x: no parameter 'head.bias' in the checkpoint");
    const other = { ...anyBits(1), "head.bias": float32([1, 2], [1, 2]) };
    expect(() => checkParams(other, model, "run/x")).toThrow(
      "run/x: parameter 'head.bias' is float32[1,2] in the checkpoint, float32[2] in the model",
    );
    checkParams(model, model, "run/x");
  });
});
