/** Defects of tfjs 4.22 that heads and encoders work around: when one of these fails, tfjs has changed. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { FloatTensor, Tensors } from "../../lib/core/tensor.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;
const executors = [s.compiled, s.eager];

/** d loss / d x on an executor. */
async function gradient(executor: typeof s.eager, loss: (i: In) => tf.Tensor, inputs: Tensors): Promise<FloatTensor> {
  const outputs = await s.runOn(
    executor,
    withGradients((i) => ({ loss: loss(i) }), ["x"]),
    inputs,
  );
  return outputs["grad:x"] as FloatTensor;
}

describe.each(executors)("$name", (executor) => {
  const column = { x: n("x", [5, 1]), row: n("row", [1, 3]) };

  it.each<[string, (a: tf.Tensor, b: tf.Tensor) => tf.Tensor]>([
    ["squaredDifference", tf.squaredDifference],
    ["maximum", tf.maximum],
    ["minimum", tf.minimum],
  ])("%s has no gradient of an operand that it widens", async (_, op) => {
    const loss = ({ x, row }: In): tf.Tensor => tf.sum(op(x!, row!));
    await expect(gradient(executor, loss, column)).rejects.toThrow(/gradient.*'5,3'.*'5,1'/s);
    const square = ({ x, row }: In): tf.Tensor => tf.sum(tf.square(tf.sub(x!, row!))); // the way around
    expect((await gradient(executor, square, column)).shape).toEqual([5, 1]);
  });

  it("nor has matMul of a batch that it widens", async () => {
    const inputs = { x: n("x", [1, 3, 5]), b: n("b", [2, 5, 7]) };
    const loss = ({ x, b }: In): tf.Tensor => tf.sum(tf.matMul(x!, b!));
    await expect(gradient(executor, loss, inputs)).rejects.toThrow(/gradient.*'2,3,5'.*'1,3,5'/s);
  });

  it("nor have comparisons, even where none is needed", async () => {
    const loss = ({ x }: In): tf.Tensor => tf.sum(tf.where(tf.greater(x!, 0), x!, 0));
    await expect(gradient(executor, loss, column)).rejects.toThrow("gradient function not found for Greater");
    const step = ({ x }: In): tf.Tensor => tf.sum(tf.mul(x!, tf.step(x!))); // the way around
    const expected = float32(
      column.x.data.map((v) => (v > 0 ? 1 : 0)),
      [5, 1],
    );
    s.expectClose(await gradient(executor, step, column), expected);
  });

  it("the root has an infinite gradient at 0, and so has the norm", async () => {
    const inputs = { x: float32([0, 0, 0], [3]) };
    const root = await gradient(executor, ({ x }) => tf.sum(tf.sqrt(x!)), inputs);
    expect([...root.data]).toEqual(Array(3).fill(Number.POSITIVE_INFINITY));
    const norm = await gradient(executor, ({ x }) => tf.norm(x!), inputs);
    expect([...norm.data]).toEqual(Array(3).fill(Number.NaN));
    const kept = await gradient(executor, ({ x }) => tf.sqrt(tf.add(tf.sum(tf.square(x!)), 1e-10)), inputs);
    expect([...kept.data]).toEqual([0, 0, 0]); // the way around
  });

  it("the gradient of a maximum goes to every element that attains it", async () => {
    const inputs = { x: float32([2, 1, 2], [3]) };
    expect([...(await gradient(executor, ({ x }) => tf.max(x!), inputs)).data]).toEqual([1, 0, 1]); // not halves
  });

  it("the gradient of a running sum along another axis than the last is transposed", async () => {
    const weights = tf.tensor2d([
      [1, 2],
      [3, 4],
    ]);
    const loss = ({ x }: In): tf.Tensor => tf.sum(tf.mul(tf.cumsum(x!, 0), weights));
    const actual = await gradient(executor, loss, { x: n("x", [2, 2]) });
    expect([...actual.data]).toEqual([4, 3, 6, 4]); // should be 4 6 3 4
    weights.dispose();
  });
});

it("einsum has no gradient (eager; compiled it has no row)", async () => {
  const loss = ({ x, b }: In): tf.Tensor => tf.sum(tf.einsum("ij,jk->ik", x!, b!));
  const inputs = { x: n("x", [3, 5]), b: n("b", [5, 7]) };
  await expect(gradient(s.eager, loss, inputs)).rejects.toThrow("gradient function not found for Einsum");
  await expect(gradient(s.compiled, loss, inputs)).rejects.toThrow("kernel Einsum cannot be compiled");
});

it("a cast of truth values to floats keeps an array of bytes, which the eager executor mends", async () => {
  await tf.setBackend("cpu");
  const t = tf.cast(tf.tensor1d([1, 0], "bool"), "float32");
  expect(t.dataSync()).toBeInstanceOf(Uint8Array); // should be a Float32Array
  t.dispose();
  const { y } = await s.runOn(
    s.eager,
    s.one(({ x }) => tf.cast(x, "float32")),
    { x: s.bool([1, 0], [2]) },
  );
  expect(y).toEqual(float32([1, 0], [2]));
});

it("a product of matrices whose batches widen each other leaves out rows (cpu; the compiled one is right)", async () => {
  const inputs = { a: n("a", [2, 1, 1, 1]), b: n("b", [1, 3, 1, 1]) };
  const fn = s.one(({ a, b }) => tf.matMul(a, b));
  expect((await s.runOn(s.eager, fn, inputs)).y!.data.length).toBe(3); // should be 6
  const right = Float32Array.from({ length: 6 }, (_, i) => inputs.a.data[Math.floor(i / 3)]! * inputs.b.data[i % 3]!);
  s.expectClose((await s.runOn(s.compiled, fn, inputs)).y, float32(right, [2, 3, 1, 1]));
});
