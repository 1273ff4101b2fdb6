/** Inputs that programs keep from run to run, and state that their outputs replace. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { noWebgpu, webgpu } from "../webgpu.ts";
import { compiled, eager, normal } from "./support.ts";

const reason = await noWebgpu();
const EXECUTORS = [
  { executor: compiled, why: undefined },
  { executor: eager, why: undefined },
  { executor: webgpu, why: reason },
];

describe.each(EXECUTORS.map((e) => ({ ...e, name: `${e.executor.name}${e.why ? ` (${e.why})` : ""}` })))(
  "on $name",
  ({ executor, why }) => {
    it.skipIf(why)("loaded inputs need not be given again; one that is given counts for that run", async () => {
      const program = executor.program(({ a, b }) => ({ y: tf.sub(a as tf.Tensor, b as tf.Tensor) }));
      await program.load({ a: float32([3, 5, 7], [3]), b: float32([1, 1, 1], [3]) });
      expect((await program.run({})).y?.data).toEqual(Float32Array.from([2, 4, 6]));
      expect((await program.run({ b: float32([2, 3, 4], [3]) })).y?.data).toEqual(Float32Array.from([1, 2, 3]));
      await program.load({ b: float32([7], [1]) }); // of another shape: compiled anew, or not at all
      expect((await program.run({})).y?.data).toEqual(Float32Array.from([-4, -2, 0]));
      expect((await program.read(["b"])).b).toEqual(float32([7], [1]));
      await program.dispose();
    });

    it.skipIf(why)("outputs of the same name replace state, and are not given back", async () => {
      const program = executor.program(
        ({ sum, x }) => ({ sum: tf.add(sum as tf.Tensor, x as tf.Tensor), twice: tf.mul(sum as tf.Tensor, 2) }),
        { state: ["sum"] },
      );
      const start = float32([1, 2], [2]);
      await program.load({ sum: start });
      for (const x of [3, 5]) await program.run({ x: float32([x, x], [2]) });
      const outputs = await program.run({ x: float32([7, 11], [2]) });
      expect(Object.keys(outputs)).toEqual(["twice"]);
      expect(outputs.twice?.data).toEqual(Float32Array.from([18, 20]));
      expect((await program.read(["sum"])).sum).toEqual(float32([16, 21], [2]));
      expect(start.data).toEqual(Float32Array.from([1, 2])); // the caller's array stays as it was
      await program.dispose();
    });

    it.skipIf(why)("keeps tensors of every kind and number of axes", async () => {
      const program = executor.program(({ a }) => ({ y: a as tf.Tensor }));
      const kinds = {
        scalar: float32([3], []),
        cube: normal("cube", [3, 5, 7]),
        whole: { dtype: "int32", shape: [2, 3], data: Int32Array.from([1, -2, 3, -4, 5, 2 ** 30]) } as const,
      };
      await program.load(kinds);
      expect(await program.read(Object.keys(kinds))).toEqual(kinds);
      await expect(program.read(["cube", "sphere"])).rejects.toThrow(
        "no input 'sphere' was loaded; there are scalar, cube, whole",
      );
      await program.dispose();
    });
  },
);

it("an executor without memory of its own reads loaded arrays at each run", async () => {
  for (const executor of [compiled, eager]) {
    const program = executor.program(({ x }) => ({ y: tf.mul(x as tf.Tensor, 2) }));
    const x = float32([3, 5], [2]);
    await program.load({ x });
    await program.run({});
    x.data[0] = 11;
    expect((await program.run({})).y?.data).toEqual(Float32Array.from([22, 10]));
    await program.dispose();
  }
});
