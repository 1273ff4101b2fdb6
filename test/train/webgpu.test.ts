/** Training on WebGPU as a whole: which provider runs the step, what it costs in memory, checkpoints. */
import { describe, expect, it } from "vitest";
import type { Tensors } from "../../lib/core/tensor.ts";
import { type FloatTensor, float32 } from "../../lib/core/tensor.ts";
import { specsOf } from "../../lib/executor/compiled.ts";
import { lower } from "../../lib/executor/lower.ts";
import { PROVIDERS, prepare } from "../../lib/executor/providers.ts";
import { trace } from "../../lib/executor/trace.ts";
import { packedMasks } from "../../lib/train/bits.ts";
import { flats, pack } from "../../lib/train/flat.ts";
import { CONTROL, graphStep, STATE } from "../../lib/train/graph-step.ts";
import { adamWSettings } from "../../lib/train/optimizer.ts";
import { residentStepper } from "../../lib/train/resident.ts";
import { train } from "../../lib/train/trainer.ts";
import { noWebgpu, placement, webgpu } from "../webgpu.ts";
import { episodes } from "./episodes.ts";
import { endOf, temporaryFolder } from "./folder.ts";
import { classifier, copyOf } from "./problem.ts";

const reason = await noWebgpu();

// A renderer in software that shares its cores takes seconds a step.
describe.skipIf(reason)(`training on WebGPU${reason ? ` (${reason})` : ""}`, { timeout: 900_000 }, () => {
  it.each(["mean", "cls"] as const)(
    "leaves no node of the step on the CPU, with dropout and pooling %s",
    async (pooling) => {
      const objective = await episodes({ pooling });
      const settings = adamWSettings();
      const given = await objective.batch(0);
      const packed = packedMasks(objective.fn, objective.masks ?? [], given, objective.options.symbols);
      const batch = packed.pack(given);
      const bytes = (tensors: Tensors): number => Object.values(tensors).reduce((n, t) => n + t.data.byteLength, 0);
      expect(bytes(batch)).toBeLessThan(0.2 * bytes(given)); // a bit and no more for what dropout may drop
      const trained = Object.keys(objective.params).filter((name) => !name.startsWith("pooler."));
      const vectors = flats(objective.params, trained, settings.noDecay);
      const state = vectors.flatMap((v, i) =>
        Object.values(STATE).map((kind): [string, FloatTensor] => [kind + i, pack(v, objective.params)]),
      );
      const control = Object.values(CONTROL).map((name): [string, FloatTensor] => [name, float32([0.5], [])]);
      const inputs: Tensors = { ...batch, ...Object.fromEntries([...state, ...control]) };
      const specs = specsOf(inputs, packed.symbols);
      const { target } = PROVIDERS.webgpu;
      const model = lower(prepare(trace(graphStep(packed.fn, vectors, settings), specs), target), target);
      const { placed } = await placement(model, inputs, specs);
      expect(Object.keys(placed).filter((key) => !key.startsWith("WebGpuExecutionProvider"))).toEqual([]);
      // Up goes what is fed, down come the outputs; nothing else crosses.
      expect(placed["WebGpuExecutionProvider MemcpyToHost"] ?? 0).toBeLessThanOrEqual(model.outputs.length);
      expect(placed["WebGpuExecutionProvider MemcpyFromHost"] ?? 0).toBeLessThanOrEqual(model.inputs.length);
      expect(placed["WebGpuExecutionProvider ScatterElements"]).toBeUndefined(); // the fixture's table is small
    },
  );

  it("takes no more memory with every step", async () => {
    const objective = classifier(webgpu);
    const stepper = residentStepper(objective, webgpu, adamWSettings());
    const megabytes: number[] = [];
    for (let step = 0; step < 2000; step++) {
      await stepper.step(await objective.batch(step), { lr: 1e-3, clip: 1 });
      if (step % 250 === 249) {
        globalThis.gc?.();
        megabytes.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
      }
    }
    await stepper.dispose();
    await objective.dispose();
    console.log(`resident memory every 250 steps, MiB: ${megabytes.join(" ")}`);
    expect((megabytes.at(-1) as number) - (megabytes[1] as number)).toBeLessThan(24);
  });

  it("writes checkpoints, and goes on from them to the same bits", async () => {
    const [whole, parts] = [temporaryFolder(), temporaryFolder()];
    const options = {
      steps: 13,
      lr: 0.1,
      evaluateEvery: 4,
      checkpointEvery: 3,
      progress: { quiet: true },
      resume: true,
    };
    const one = classifier(webgpu);
    const expected = await train(one, webgpu, { ...options, out: whole });
    expect(expected.best?.metrics.accuracy).toBeGreaterThan(0.5);
    const controller = new AbortController();
    const first = classifier(webgpu);
    const batch = (step: number) => {
      if (step === 6) controller.abort();
      return first.batch(step);
    };
    const stopped = await train({ ...first, batch }, webgpu, { ...options, out: parts, signal: controller.signal });
    expect(stopped).toMatchObject({ status: "interrupted", step: 7 });
    const again = classifier(webgpu);
    await train(again, webgpu, { ...options, out: parts });
    expect(copyOf(again.params)).toEqual(copyOf(one.params));
    expect(await endOf(parts)).toEqual(await endOf(whole));
    for (const objective of [one, first, again]) await objective.dispose();
  });
});
