/** What traces and eager runs leave behind in tfjs, whose engine is global: nothing, whether they fail or not. */
import * as tf from "@tensorflow/tfjs";
import { beforeAll, describe, expect, it } from "vitest";
import { float32, type Tensors } from "../../lib/core/tensor.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import { type In, layerNorm } from "./parts.ts";
import * as s from "./support.ts";

const inputs: Tensors = { x: s.normal("x", [5, 7]), g: s.normal("g", [7]), b: s.normal("b", [7]) };
const loss = ({ x, g, b }: In) => {
  const y = layerNorm(x!, g!, b!);
  return { loss: tf.sum(tf.square(y)), y, x: x! };
};

const works: Record<string, GraphFunction> = {
  "a function": (i) => loss(i),
  gradients: withGradients(loss, ["x", "g"]),
  "gradients of one's own": withGradients(
    ({ x }) => {
      const half = tf.customGrad((v) => ({
        value: tf.square(v as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => tf.div(dy, 2),
      }));
      return { loss: tf.sum(half(x!)) };
    },
    ["x"],
  ),
  "constants and inner tidies": ({ x }) => ({ y: tf.tidy(() => tf.add(x!, tf.tensor1d([1, 2, 3, 4, 5, 6, 7]))) }),
  "the gradient of a part": ({ x }) => ({ y: tf.grad((v) => tf.sum(tf.exp(v)))(x!) }),
};

const broken: Record<string, GraphFunction> = {
  "an error of its own": ({ x }) => {
    tf.neg(x!);
    throw new Error("own");
  },
  "an error inside tidies": ({ x }) =>
    tf.tidy(() =>
      tf.tidy(() => {
        tf.neg(x!);
        throw new Error("inner");
      }),
    ),
  "an error while the tape records": withGradients(
    ({ x }) => {
      tf.square(x!);
      throw new Error("forward");
    },
    ["x"],
  ),
  "an error in the backward pass": withGradients(
    ({ x, g }) => ({ loss: tf.sum(tf.squaredDifference(x!, g!)), y: tf.neg(x!) }),
    ["g"],
  ),
  "a parameter without a gradient": withGradients(({ x }) => ({ loss: tf.sum(x!), y: tf.neg(x!) }), ["g"]),
  "an operation without a gradient": withGradients(
    ({ x }) => ({ loss: tf.sum(tf.cast(tf.greater(tf.square(x!), 1), "float32")) }),
    ["x"],
  ),
  "a wrong output": (({ x }: In) => ({ y: tf.neg(x!), z: 3 })) as unknown as GraphFunction,
  "an async function": (async ({ x }: In) => ({ y: tf.neg(x!) })) as unknown as GraphFunction,
  "operands that do not fit": ({ x }) => ({ y: tf.add(tf.neg(x!), tf.zeros([3])) }),
};
// What only the tracer refuses.
const uncompilable: Record<string, GraphFunction> = {
  "a read": ({ x }) => ({ y: tf.scalar(tf.sum(x!).dataSync()[0]!) }),
  "an unknown kernel": withGradients(({ x }) => ({ loss: tf.sum(tf.asinh(tf.square(x!))) }), ["x"]),
};

const state = () => {
  const { numTensors, numDataBuffers, numBytes } = tf.memory();
  return { backend: tf.getBackend(), numTensors, numDataBuffers, numBytes, numDataIds: tf.backend().numDataIds() };
};

beforeAll(async () => {
  await tf.setBackend("cpu");
  trace(works["a function"]!, s.specsOf(inputs)); // registers the tracer
});

describe("20 times over leave no tensor and no data behind, and tfjs' backend in place", () => {
  it.each(Object.entries(works))("traces of %s", (_, fn) => {
    const before = state();
    for (let i = 0; i < 20; i++) trace(fn, s.specsOf(inputs));
    expect(state()).toEqual(before);
  });

  it.each(Object.entries({ ...broken, ...uncompilable }))("traces that fail by %s", (_, fn) => {
    const before = state();
    for (let i = 0; i < 20; i++) expect(() => trace(fn, s.specsOf(inputs))).toThrow();
    expect(state()).toEqual(before);
    expect(trace(works["a function"]!, s.specsOf(inputs)).nodes.length).toBeGreaterThan(5); // the next one works
    expect(state()).toEqual(before);
  });

  it.each(Object.entries(works))("eager runs of %s", async (_, fn) => {
    const program = s.eager.program(fn);
    const before = state();
    for (let i = 0; i < 20; i++) await program.run(inputs);
    expect(state()).toEqual(before);
  });

  it.each(Object.entries(broken))("eager runs that fail by %s", async (_, fn) => {
    const program = s.eager.program(fn);
    const before = state();
    for (let i = 0; i < 20; i++) await expect(program.run(inputs)).rejects.toThrow();
    expect(state()).toEqual(before);
  });
});

describe("tensors from outside", () => {
  it("stay readable, usable and where they were after traces and runs that captured them", async () => {
    const plain = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14], [2, 7]);
    const shaped = tf.reshape(plain, [7, 2]); // shares the data of the other
    const variable = tf.variable(tf.ones([7]));
    const truth = tf.cast(tf.tensor1d([1, 0, 1, 0, 1, 0, 1], "bool"), "float32"); // a float whose data are bytes
    const before = state();
    const fn = withGradients(
      ({ x }) => {
        const y = tf.mul(tf.matMul(tf.matMul(x!, shaped), plain), tf.mul(variable, truth));
        return { loss: tf.sum(y), y, plain, variable };
      },
      ["x"],
    );
    const outputs = await s.expectSame(fn, inputs, { atol: 1e-4 });
    expect(outputs.variable).toEqual(float32(new Float32Array(7).fill(1), [7]));
    expect(state()).toEqual(before);
    expect(plain.dataSync()[13]).toBe(14);
    expect(tf.tidy(() => tf.sum(tf.mul(shaped, 2)).dataSync()[0])).toBe(210);
    tf.dispose([plain, shaped, variable, truth]);
  });

  it("may be computed by tfjs between runs as before", async () => {
    const program = s.compiled.program(works["a function"]!);
    await program.run(inputs);
    expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3);
    await program.dispose();
  });
});

describe("eager outputs", () => {
  it("are copies: neither later changes of the inputs nor other outputs show in them", async () => {
    const x = float32([1, 2, 3], [3]);
    const { same, shaped } = await s.runOn(s.eager, ({ x }) => ({ same: x!, shaped: tf.reshape(x!, [3, 1]) }), { x });
    x.data[0] = 99;
    (same!.data as Float32Array)[1] = 77;
    expect([[...same!.data], [...shaped!.data]]).toEqual([
      [1, 77, 3],
      [1, 2, 3],
    ]);
  });

  it("come from the backend asked for, also when programs of two backends run at the same time", async () => {
    tf.registerBackend("cputwin", () => tf.findBackendFactory("cpu")!() as tf.KernelBackend, 0);
    tf.copyRegisteredKernels("cpu", "cputwin");
    const { eagerExecutor } = await import("../../lib/executor/eager.ts");
    const seen: string[] = [];
    const program = (name: string) =>
      eagerExecutor(name).program(({ x }) => {
        seen.push(tf.getBackend());
        return { y: tf.neg(x!) };
      });
    await Promise.all(["cpu", "cputwin", "cpu"].map((name) => program(name).run(inputs)));
    expect(seen).toEqual(["cpu", "cputwin", "cpu"]);
    await tf.setBackend("cpu");
    tf.removeBackend("cputwin");
  });

  it("an unknown backend is named", async () => {
    const { eagerExecutor } = await import("../../lib/executor/eager.ts");
    await expect(s.runOn(eagerExecutor("abacus"), works["a function"]!, inputs)).rejects.toThrow("'abacus'");
  });
});
