/** Steps whose parameters stay with the executor, against the steps on the host; on WebGPU where there is one. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { type FloatTensor, float32, type Params } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import type { Executor } from "../../lib/executor/types.ts";
import { adamWSettings } from "../../lib/train/optimizer.ts";
import { residentStepper } from "../../lib/train/resident.ts";
import type { Stepper } from "../../lib/train/step.ts";
import { hostStepper } from "../../lib/train/stepper.ts";
import type { Objective } from "../../lib/train/types.ts";
import { noWebgpu, webgpu } from "../webgpu.ts";
import { episodes } from "./episodes.ts";

const compiled = compiledExecutor({ threads: 1 });
const reason = await noWebgpu();
/** A renderer in software that shares its cores takes seconds a step. */
const timeout = 300_000;
const EXECUTORS: { name: string; executor: Executor; count: number; why?: string | undefined }[] = [
  { name: "compiled cpu", executor: compiled, count: 20 },
  { name: "eager cpu", executor: eagerExecutor(), count: 5 },
  { name: `compiled webgpu${reason ? ` (${reason})` : ""}`, executor: webgpu, count: 20, why: reason },
];

async function steps(stepper: Stepper, objective: Objective, from: number, to: number) {
  const lines = [];
  for (let step = from; step < to; step++) {
    lines.push(await stepper.step(await objective.batch(step), { lr: 1e-4 * (1 + (step % 3)), clip: 1 }));
  }
  return lines;
}

function apart(a: Params, b: Params): number {
  expect(Object.keys(a).sort()).toEqual(Object.keys(b).sort());
  return Math.max(
    ...Object.entries(a).map(([name, { data }]) =>
      data.reduce((most, x, i) => Math.max(most, Math.abs(x - ((b[name] as FloatTensor).data[i] as number))), 0),
    ),
  );
}

describe.each(EXECUTORS)("steps that stay on $name", ({ executor, count, why }) => {
  it.skipIf(why).each([undefined, 1])(
    "are those of the host: losses, norms, parameters, means (freeze %s)",
    { timeout },
    async (freeze) => {
      const [ours, theirs] = [await episodes({ freeze }), await episodes({ freeze })];
      const n = freeze ? 5 : count;
      const resident = residentStepper(ours, executor, adamWSettings());
      const host = hostStepper(theirs, compiled, adamWSettings());
      const [a, b] = [await steps(resident, ours, 0, n), await steps(host, theirs, 0, n)];
      for (const [i, line] of b.entries()) {
        expect(line.fault).toBeUndefined();
        expect(Math.abs((a[i]?.scalars.loss as number) - line.scalars.loss), `loss of step ${i + 1}`).toBeLessThan(
          1e-4,
        );
        expect(a[i]?.scalars.accuracy).toBe(line.scalars.accuracy);
        expect(Math.abs((a[i]?.gradNorm as number) / line.gradNorm - 1), `norm of step ${i + 1}`).toBeLessThan(1e-3);
      }
      await resident.sync();
      expect(apart(ours.params, theirs.params)).toBeLessThan(2e-3); // Adam makes a step of a rounding error of gradient 0
      const [mine, its] = [await resident.state(), await host.state()];
      expect(mine.steps).toEqual(its.steps);
      expect(apart(mine.m, its.m)).toBeLessThan(1e-4);
      expect(apart(mine.v, its.v)).toBeLessThan(1e-4);
      await resident.dispose();
      await host.dispose();
    },
  );

  it.skipIf(why)("go on from a state as if they had not stopped", { timeout }, async () => {
    const whole = await episodes();
    const one = residentStepper(whole, executor, adamWSettings());
    const expected = await steps(one, whole, 0, 5);
    await one.sync();
    const parts = await episodes();
    const first = residentStepper(parts, executor, adamWSettings());
    const before = await steps(first, parts, 0, 2);
    await first.sync();
    const state = await first.state();
    await first.dispose();
    const second = residentStepper(parts, executor, adamWSettings(), state);
    const after = await steps(second, parts, 2, 5);
    await second.sync();
    expect([...before, ...after]).toEqual(expected);
    expect(parts.params).toEqual(whole.params);
    expect(await second.state()).toEqual(await one.state());
    await one.dispose();
    await second.dispose();
  });

  it.skipIf(why)(
    "change nothing when the loss or a gradient is not finite, and name what is at fault",
    { timeout },
    async () => {
      const objective = (): Objective => ({
        params: { x: float32([3, 5, 7], [3]), y: float32([1, 2], [2]) },
        fn: ({ x, y, by }) => ({ loss: tf.add(tf.sum(tf.mul(tf.sqrt(x!), by!)), tf.sum(tf.square(y!))) }),
        options: {},
        batch: (step) => ({ by: float32([1, step === 2 ? Number.POSITIVE_INFINITY : 1, 1], [3]) }),
      });
      const problem = objective();
      const stepper = residentStepper(problem, executor, adamWSettings());
      await steps(stepper, problem, 0, 2);
      await stepper.sync();
      const [params, state] = [structuredClone(problem.params), structuredClone(await stepper.state())];
      const [line] = await steps(stepper, problem, 2, 3);
      expect(line?.fault).toBe("the loss is Infinity");
      await stepper.sync();
      expect(problem.params).toEqual(params);
      expect(await stepper.state()).toEqual(state);
      await stepper.dispose();

      // sqrt at 0: the loss is finite, its gradient is not.
      const zero = { ...objective(), params: { x: float32([0, 5, 7], [3]), y: float32([1, 2], [2]) } };
      const other = residentStepper(zero, executor, adamWSettings());
      expect((await steps(other, zero, 0, 1))[0]?.fault).toBe("the gradient of 'x' has a NaN or an infinity");
      expect([...zero.params.x.data]).toEqual([0, 5, 7]);
      await other.dispose();
    },
  );
});
