import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { packedMasks } from "../../lib/train/bits.ts";
import { dropoutMask } from "../../lib/train/dropout.ts";
import { compiled, eager, runOn } from "../executor/support.ts";

const rng = random("masks");
const fn = (inputs: Readonly<Record<string, tf.Tensor>>) => ({ ...inputs, loss: tf.scalar(0) });

describe.each([eager, compiled])("masks as bits on $name", (executor) => {
  it.each([
    [[5, 7]], // less than a word
    [[3, 24]], // one
    [[97, 384]], // more than a chunk of whole words
    [[7, 53]], // two and a bit
    [[3, 5, 11, 11]], // of attention: along the heads
    [[2, 29, 1, 13]],
  ])("come out as they went in: %j", async (shape) => {
    const batch = { "dropout.a": dropoutMask(shape, 0.1, rng.stream(`${shape}`)), other: float32([3, 5], [2]) };
    const packed = packedMasks(fn, ["dropout.a"], batch);
    const given = packed.pack(batch);
    expect(Object.keys(given).sort()).toEqual(["dropout.a.bits", "dropout.a.kept", "other"]);
    expect(given["dropout.a.bits"]?.data.length).toBeLessThanOrEqual(
      Math.ceil((shape[1] as number) / 24) * (batch["dropout.a"].data.length / (shape[1] as number)),
    );
    const out = await runOn(executor, packed.fn, given);
    expect(out["dropout.a"]).toEqual(batch["dropout.a"]);
    expect(out.other).toEqual(batch.other);
  });

  it("may drop everything in one batch and nothing in the next", async () => {
    const none = { m: float32(new Float32Array(15), [3, 5]) };
    const all = { m: float32(new Float32Array(15).fill(1.25), [3, 5]) };
    const packed = packedMasks(fn, ["m"], none);
    for (const batch of [none, all]) expect((await runOn(executor, packed.fn, packed.pack(batch))).m).toEqual(batch.m);
  });
});

it("numbers that are no mask are refused by name", () => {
  for (const width of [23, 24]) {
    const m = float32(new Float32Array(3 * width).fill(1.25), [3, width]);
    m.data.set([0, 2], width);
    expect(() => packedMasks(fn, ["m"], { m }).pack({ m })).toThrow("training: the mask 'm' has 2 and 1.25 besides 0");
  }
});

it("symbols of a mask are those of its words", () => {
  const batch = { m: float32([0, 1, 1, 0, 1, 1], [3, 2]), x: float32([3], [1]) };
  expect(packedMasks(fn, ["m"], batch, { m: ["P", 0], x: ["P"] }).symbols).toEqual({ "m.bits": ["P", 0], x: ["P"] });
});
