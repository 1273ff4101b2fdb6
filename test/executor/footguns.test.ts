/**
 * Every surprise of compiling a tfjs function. First the silent ones, which give a wrong value and no error: each test
 * shows that value and says why. Then the ones that raise an error.
 */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { float32, int32, type Tensors } from "../../lib/core/tensor.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import type { GraphFunction, Program } from "../../lib/executor/types.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

const ones = (size: number): Tensors => ({ x: float32(new Float32Array(size).fill(1), [size]) });
const first = async (program: Program, inputs: Tensors): Promise<number> => (await program.run(inputs)).y!.data[0]!;

describe("SILENT: wrong values without an error", () => {
  it("a JavaScript number is frozen at its value when the shape was compiled", async () => {
    let rate = 1;
    const program = s.compiled.program(({ x }) => ({ y: tf.mul(x!, rate) }));
    expect(await first(program, ones(3))).toBe(1);
    rate = 2;
    expect(await first(program, ones(3))).toBe(1); // should be 2: pass it as a tensor
    expect(await first(program, ones(5))).toBe(2); // and right for another shape, which is compiled now
    await program.dispose();
  });

  it("a random number is drawn once", async () => {
    const makers: Record<string, (x: tf.Tensor) => tf.Tensor> = {
      "Math.random": (x) => tf.mul(x, Math.random()),
      "tf.randomNormal": (x) => tf.mul(x, tf.randomNormal([1])),
      "tf.dropout": (x) => tf.mul(x, tf.sum(tf.dropout(tf.ones([997]), 0.5))),
    };
    for (const make of Object.values(makers)) {
      const program = s.compiled.program(({ x }) => ({ y: make(x!) }));
      const drawn = await first(program, ones(3));
      for (let i = 0; i < 3; i++) expect(await first(program, ones(3))).toBe(drawn); // should differ: draw it outside
      await program.dispose();
    }
  });

  it("a tensor from outside is frozen; what becomes of it later is not seen", async () => {
    const weight = tf.variable(tf.scalar(3));
    const program = s.compiled.program(({ x }) => ({ y: tf.mul(x!, weight) }));
    expect(await first(program, ones(3))).toBe(3);
    weight.assign(tf.scalar(4));
    expect(await first(program, ones(3))).toBe(3); // should be 4: make it an input
    weight.dispose();
    expect(await first(program, ones(3))).toBe(3); // and eager would fail
    await program.dispose();
  });

  it("a branch on a symbolic size that small and large markers take alike is frozen that way", async () => {
    const program = s.compiled.program(({ x }) => ({ y: x!.shape[0] === 1 ? tf.neg(x!) : tf.abs(x!) }), {
      symbols: { x: ["P"] },
    });
    expect(await first(program, ones(1))).toBe(1); // should be -1: sizes are traced as primes above 60
    await program.dispose();
  });

  it("so is a number computed from a size that comes out the same for both markers", async () => {
    const program = s.compiled.program(({ x }) => ({ y: tf.fill([1], Math.min(x!.shape[0]!, 50)) }), {
      symbols: { x: ["P"] },
    });
    expect(await first(program, ones(3))).toBe(50); // should be 3
    await program.dispose();
  });

  it("what a function does beside tensors happens while tracing only: once, or twice with symbols", async () => {
    let calls = 0;
    const fn: GraphFunction = ({ x }) => {
      calls++;
      return { y: tf.neg(x!) };
    };
    const fixed = s.compiled.program(fn);
    for (let i = 0; i < 3; i++) await fixed.run(ones(3));
    expect(calls).toBe(1); // should be 3
    const symbolic = s.compiled.program(fn, { symbols: { x: ["P"] } });
    for (let i = 0; i < 3; i++) await symbolic.run(ones(i + 1));
    expect(calls).toBe(3); // should be 6
    await fixed.dispose();
    await symbolic.dispose();
  });

  it("a maximum over an axis passes over NaN, where tfjs gives NaN", async () => {
    const inputs = { x: float32([1, Number.NaN, 3], [3]) };
    const fn = s.one(({ x }) => tf.max(x));
    expect((await s.runOn(s.eager, fn, inputs)).y!.data[0]).toBeNaN();
    expect((await s.runOn(s.compiled, fn, inputs)).y!.data[0]).toBe(3); // should be NaN
  });

  it("an index below 0 counts from the end, where tfjs throws", async () => {
    const inputs = { table: float32([1, 2, 3], [3, 1]), ids: int32([-1], [1]) };
    const fn = s.one(({ table, ids }) => tf.gather(table, ids));
    await expect(s.runOn(s.eager, fn, inputs)).rejects.toThrow("the index value -1 is not in [0, 2]");
    expect((await s.runOn(s.compiled, fn, inputs)).y).toEqual(float32([3], [1, 1])); // should throw
  });

  it("the sign of NaN is NaN, where tfjs has 0", async () => {
    const inputs = { x: float32([Number.NaN], [1]) };
    const fn = s.one(({ x }) => tf.sign(x));
    expect((await s.runOn(s.eager, fn, inputs)).y!.data[0]).toBe(0);
    expect((await s.runOn(s.compiled, fn, inputs)).y!.data[0]).toBeNaN();
  });
});

describe("ERRORS: what a function must not do", () => {
  const fails = async (fn: GraphFunction, message: string | RegExp, inputs: Tensors = ones(3)): Promise<void> => {
    await expect(s.runOn(s.compiled, fn, inputs)).rejects.toThrow(message);
  };

  it.each<[string, (x: tf.Tensor) => unknown]>([
    ["dataSync", (x) => x.dataSync()],
    ["arraySync", (x) => tf.neg(x).arraySync()],
    ["bufferSync", (x) => tf.neg(x).bufferSync()],
    ["print", (x) => x.print()],
    ["a JavaScript condition", (x) => (tf.sum(x).dataSync()[0]! > 0 ? 1 : 2)],
    ["tf.whereAsync's way, reading a mask", (x) => tf.greater(x, 0).arraySync()],
  ])("read a value: %s", async (_, read) => {
    await fails(({ x }) => {
      read(x!);
      return { y: x! };
    }, /a tensor's value was read while tracing .*nothing is computed yet/);
  });

  it("read a value of a constant is fine", async () => {
    const fn = s.one(({ x }) =>
      tf.mul(x, tf.tensor1d([1, 2, 3]).dataSync()[2]! + tf.fill([2], 4, "int32").dataSync()[1]!),
    );
    expect(await first(s.compiled.program(fn), ones(3))).toBe(7);
  });

  it.each<[string, (x: tf.Tensor) => tf.Tensor, string]>([
    [
      "Conv2D",
      (x) => tf.conv2d(tf.reshape(x, [1, 1, 1, 3]) as tf.Tensor4D, tf.ones([1, 1, 3, 2]) as tf.Tensor4D, 1, "same"),
      "Reshape",
    ],
    ["Complex", (x) => tf.real(tf.fft(tf.complex(tf.neg(x), x))), "Neg"],
    ["TopK", (x) => tf.topk(tf.neg(x), 2).values, "Neg"],
    ["Einsum", (x) => tf.einsum("i,i->", tf.neg(x), x), "Neg"],
    ["AddN", (x) => tf.addN([tf.neg(x), x]), "Neg"],
  ])(
    "use a kernel without a row: %s is named, what came before it, and all that there are",
    async (kernel, op, before) => {
      await fails(
        s.one(({ x }) => op(x)),
        new RegExp(
          `the tfjs kernel ${kernel} cannot be compiled \\(after ${before} -> float32\\[.*supported: Abs, Add, .*ZerosLike`,
        ),
      );
    },
  );

  it.each<[string, unknown, string]>([
    ["a number", { y: 3 }, "output 'y' is a number, wanted a tensor"],
    ["a text", { y: "x" }, "output 'y' is a string, wanted a tensor"],
    ["null", { y: null }, "output 'y' is null, wanted a tensor"],
    ["numbers", { y: [1, 2] }, "output 'y' is an array, wanted a tensor"],
    ["outputs of outputs", { y: {} }, "output 'y' is an object, wanted a tensor"],
    ["nothing", undefined, "the function returned undefined, wanted tensors by name"],
    ["no outputs", {}, "the function returned an object, wanted tensors by name"],
  ])("return %s, eager or compiled", async (_, returned, message) => {
    await fails((() => returned) as GraphFunction, message);
    await expect(s.runOn(s.eager, (() => returned) as GraphFunction, ones(3))).rejects.toThrow(message);
  });

  it("return a tensor without a name", async () => {
    const fn = (({ x }: In) => tf.neg(x!)) as unknown as GraphFunction;
    await fails(fn, "the function returned a tensor without a name");
    await expect(s.runOn(s.eager, fn, ones(3))).rejects.toThrow("a tensor without a name");
  });

  it("be async", async () => {
    const fn = (async ({ x }: In) => {
      await null;
      return { y: tf.neg(x!) };
    }) as unknown as GraphFunction;
    await fails(fn, "the function returned a promise (functions must not be async)");
  });

  it("compile another while it is traced", async () => {
    const inner = s.compiled.program(({ x }) => ({ y: tf.neg(x!) }));
    let nested: Promise<string> | undefined;
    const outer = s.compiled.program(({ x }) => {
      nested ??= inner.run(ones(3)).then(
        () => "ran",
        (error: Error) => error.message,
      );
      return { y: tf.abs(x!) };
    });
    expect(await first(outer, ones(3))).toBe(1);
    expect(await nested).toBe("compile: called while another function is being traced; compile it outside");
    expect(await first(inner, ones(3))).toBe(-1);
    for (const program of [inner, outer]) await program.dispose();
  });

  it("use a tensor that another trace made", async () => {
    let made: tf.Tensor | undefined;
    const program = s.compiled.program(({ x }) => {
      made ??= tf.scalar(2); // gone after the first trace
      return { y: tf.mul(x!, made) };
    });
    expect(await first(program, ones(3))).toBe(2);
    await expect(program.run(ones(5))).rejects.toThrow("made in an earlier trace (pass it as an input)");
    await program.dispose();
  });

  it("use in a custom gradient what the forward part made, without saving it: tfjs frees it, eager or compiled", async () => {
    const fn = withGradients(
      ({ x }) => {
        const chosen = tf.cast(tf.greater(x!, 0), "float32");
        const op = tf.customGrad((v) => ({
          value: tf.neg(v as tf.Tensor),
          gradFunc: (dy: tf.Tensor) => tf.mul(dy, chosen),
        }));
        return { loss: tf.sum(op(x!)) };
      },
      ["x"],
    );
    await fails(fn, "in the forward part of a custom gradient and not given to its save()");
    await expect(s.runOn(s.eager, fn, ones(3))).rejects.toThrow();
  });

  it("draw random numbers under symbols: two traces see two draws", async () => {
    const fn: GraphFunction = ({ x }) => ({ y: tf.mul(x!, tf.randomNormal([1])) });
    const program = s.compiled.program(fn, { symbols: { x: ["P"] } });
    await expect(program.run(ones(3))).rejects.toThrow(/a number in operation 1 of 1, Multiply/);
  });

  it("divide integers by zero: an error of onnxruntime, where tfjs gives 0", async () => {
    const inputs = { a: int32([7], [1]), b: int32([0], [1]) };
    for (const op of [tf.floorDiv, tf.mod]) {
      const fn = s.one(({ a, b }) => op(a, b));
      await expect(s.runOn(s.compiled, fn, inputs)).rejects.toThrow("by zero");
      expect((await s.runOn(s.eager, fn, inputs)).y).toEqual(int32([0], [1]));
    }
  });

  it("gather an index beyond the end", async () => {
    const inputs = { table: float32([1, 2, 3], [3, 1]), ids: int32([3], [1]) };
    const fn = s.one(({ table, ids }) => tf.gather(table, ids));
    await expect(s.runOn(s.compiled, fn, inputs)).rejects.toThrow("out of data bounds");
  });

  it("take the gradient of a product over an axis, whose kernel Cumprod has no row", async () => {
    const fn = withGradients(({ x }) => ({ loss: tf.prod(x!) }), ["x"]);
    await fails(fn, "the tfjs kernel Cumprod cannot be compiled");
  });
});

describe("onnxruntime's complaints do not end the process", () => {
  it("a program runs on after a run that failed", async () => {
    const program = s.compiled.program(({ table, ids }) => ({ y: tf.gather(table!, ids!) }));
    const table = float32([1, 2, 3], [3, 1]);
    await expect(program.run({ table, ids: int32([3], [1]) })).rejects.toThrow();
    expect(await first(program, { table, ids: int32([1], [1]) })).toBe(2);
    await program.dispose();
  });
});
