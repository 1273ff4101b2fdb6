/** How many programs are kept for other shapes, and what happens to those that go. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { Tensors } from "../../lib/core/tensor.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import * as s from "./support.ts";

const n = s.normal;

describe("programs kept for other shapes", () => {
  const double: GraphFunction = ({ x }) => ({ y: tf.mul(x!, 2) });
  const input = (size: number): Tensors => ({ x: n("x", [size]) });

  it("are at most `keep`; the one unused longest goes, and comes back when it is needed", async () => {
    const program = s.compiled.program(double, { keep: 2 });
    const run = async (size: number): Promise<{ compiled: number; kept: number }> => {
      const { y } = await program.run(input(size));
      expect(y!.data[0]).toBe(2 * (input(size).x!.data[0] as number));
      return program.stats();
    };
    expect(await run(2)).toEqual({ compiled: 1, kept: 1 });
    expect(await run(3)).toEqual({ compiled: 2, kept: 2 });
    expect(await run(2)).toEqual({ compiled: 2, kept: 2 }); // used again, so that 3 is the oldest
    expect(await run(5)).toEqual({ compiled: 3, kept: 2 }); // 3 released
    expect(await run(2)).toEqual({ compiled: 3, kept: 2 });
    expect(await run(3)).toEqual({ compiled: 4, kept: 2 }); // 5 released
    expect(await run(3)).toEqual({ compiled: 4, kept: 2 });
    await program.dispose();
    expect(program.stats()).toEqual({ compiled: 4, kept: 0 });
  });

  it.each([0, 1])("runs at the same time do not lose their session when only %d is kept", async (keep) => {
    const program = s.compiled.program(double, { keep });
    const runs = [2, 3, 5, 3, 2, 7].map(async (size) =>
      expect((await program.run(input(size))).y!.shape).toEqual([size]),
    );
    await Promise.all(runs);
    expect(program.stats().kept).toBe(keep);
    await program.dispose();
  });

  it("runs at the same time share one compilation", async () => {
    const program = s.compiled.program(double);
    await Promise.all([1, 2, 3].map(() => program.run(input(5))));
    expect(program.stats()).toEqual({ compiled: 1, kept: 1 });
    await program.dispose();
  });

  it("a program that is disposed finishes its run and takes no other", async () => {
    for (const executor of [s.compiled, s.eager]) {
      const program = executor.program(double);
      const run = program.run(input(5));
      const disposed = program.dispose();
      expect((await run).y!.shape).toEqual([5]);
      await disposed;
      await program.dispose(); // twice is once
      await expect(program.run(input(5))).rejects.toThrow("disposed");
    }
  });

  it("a function that fails is tried again, and the others are not touched", async () => {
    let broken = true;
    const program = s.compiled.program(({ x }) => {
      if (broken) throw new Error("not yet");
      return { y: tf.neg(x!) };
    });
    await expect(program.run(input(3))).rejects.toThrow("not yet");
    expect(program.stats()).toEqual({ compiled: 1, kept: 0 });
    broken = false;
    expect((await program.run(input(3))).y!.shape).toEqual([3]);
    expect(program.stats()).toEqual({ compiled: 2, kept: 1 });
    await program.dispose();
  });
});
