/** Models as onnxruntime reads them: attributes, odd names, odd inputs and outputs. */
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { float32, int32, type Tensors } from "../../lib/core/tensor.ts";
import { lower } from "../../lib/executor/lower.ts";
import { encodeOnnx, type OnnxModel } from "../../lib/executor/onnx.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import type { In } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

async function run(model: OnnxModel, inputs: Tensors): Promise<Tensors> {
  const outputs = model.outputs.map((o) => ({ ...o, key: o.name }));
  return s.runModel({ bytes: encodeOnnx(model), inputs: model.inputs.map((i) => i.name), outputs }, inputs);
}

describe("a model of bytes", () => {
  const x = { name: "x", dtype: "float32", shape: [2, 3] } as const;
  const y = { name: "y", dtype: "float32", shape: [2, "n"] } as const;
  const inputs = { x: float32([1, -2, 3, -4, 5, -6], [2, 3]) };

  it("has attributes of every kind: a whole number, a negative one, a float, several, none, a text", async () => {
    const model = (op: string, attrs: NonNullable<OnnxModel["nodes"][number]["attrs"]>, names = ["x"]): OnnxModel => ({
      inputs: [x],
      outputs: [{ ...y, shape: ["a", "b"] }],
      nodes: [{ op, inputs: names, output: "y", attrs }],
      initializers: [],
    });
    const of = async (m: OnnxModel): Promise<number[]> =>
      [...(await run(m, inputs)).y!.data].map((v) => Math.round(v * 100) / 100);
    expect(await of(model("Concat", { axis: 1 }, ["x", "x"]))).toEqual([1, -2, 3, 1, -2, 3, -4, 5, -6, -4, 5, -6]);
    expect(await of(model("Softmax", { axis: -1 }))).toEqual([0.12, 0.01, 0.88, 0, 1, 0]);
    expect(await of(model("LeakyRelu", { alpha: { float: 0.25 } }))).toEqual([1, -0.5, 3, -1, 5, -1.5]);
    expect(await of(model("Transpose", { perm: [1, 0] }))).toEqual([1, -4, -2, 5, 3, -6]);
    expect(await of(model("Transpose", {}))).toEqual([1, -4, -2, 5, 3, -6]);
    expect(await of(model("Gelu", { approximate: "tanh" }))).toEqual([0.84, -0.05, 3, -0, 5, -0]);
  });

  it("has constants of every type, negative integers and empty ones among them", async () => {
    const bytes = (a: { buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(a.buffer);
    const outputs = await run(
      {
        inputs: [x],
        outputs: [y, { name: "i", dtype: "int32", shape: [2] }, { name: "b", dtype: "bool", shape: [2] }],
        nodes: [
          { op: "Slice", inputs: ["x", "begin", "end", "axis"], output: "part" },
          { op: "Reshape", inputs: ["last", "scalar"], output: "none" },
          { op: "Mul", inputs: ["part", "none"], output: "y" },
          { op: "Identity", inputs: ["int"], output: "i" },
          { op: "Identity", inputs: ["bool"], output: "b" },
        ],
        initializers: [
          { name: "begin", type: "int64", shape: [1], bytes: bytes(BigInt64Array.of(-2n)) },
          { name: "end", type: "int64", shape: [1], bytes: bytes(BigInt64Array.of(2n ** 40n)) },
          { name: "axis", type: "int64", shape: [1], bytes: bytes(BigInt64Array.of(-1n)) },
          { name: "scalar", type: "int64", shape: [0], bytes: new Uint8Array(0) },
          { name: "last", type: "float32", shape: [1], bytes: bytes(Float32Array.of(-0.5)) },
          { name: "int", type: "int32", shape: [2], bytes: bytes(Int32Array.of(-7, 2 ** 31 - 1)) },
          { name: "bool", type: "bool", shape: [2], bytes: Uint8Array.of(1, 0) },
        ],
      },
      inputs,
    );
    expect(outputs).toEqual({
      y: float32([1, -1.5, -2.5, 3], [2, 2]),
      i: int32([-7, 2 ** 31 - 1], [2]),
      b: s.bool([1, 0], [2]),
    });
  });

  it("is refused by onnxruntime, with the operator's name, when an operator is unknown", async () => {
    const bytes = encodeOnnx({
      inputs: [x],
      outputs: [y],
      initializers: [],
      nodes: [{ op: "Frobnicate", inputs: ["x"], output: "y" }],
    });
    await expect(ort.InferenceSession.create(bytes)).rejects.toThrow("Frobnicate");
  });
});

describe("programs of odd inputs and outputs", () => {
  const x = n("x", [3, 5]);
  const same = async (fn: GraphFunction, inputs: Tensors): Promise<Tensors> => {
    await s.runGraph(trace(fn, s.specsOf(inputs)), inputs);
    return s.expectSame(fn, inputs);
  };

  it("an output that is an input, under its own name or another", async () => {
    expect(await same(({ x }) => ({ x: x!, y: x! }), { x })).toEqual({ x, y: x });
  });

  it("an output that has the name of another input, or of an operation", async () => {
    const outputs = await same(
      ({ x, y, Neg_0, constant_1 }: In) => ({
        x: tf.neg(y!),
        y: x!,
        Neg_0: tf.add(Neg_0!, 3),
        constant_2: tf.neg(constant_1!),
      }),
      { x, y: n("y", [2]), Neg_0: n("Neg_0", [2]), constant_1: n("c", [2]) },
    );
    expect(outputs.y).toEqual(x);
  });

  it("a step: new values under the names of the old ones, run after run", async () => {
    const program = s.compiled.program(({ w }) => ({ w: tf.mul(w!, 2) }));
    let state: Tensors = { w: float32([1, 3], [2]) };
    for (let i = 0; i < 3; i++) state = await program.run(state);
    expect(state.w).toEqual(float32([8, 24], [2]));
    await program.dispose();
  });

  it("an output that is a constant: a number, a filled array, an array", async () => {
    const fn: GraphFunction = () => ({
      number: tf.scalar(3),
      filled: tf.fill([40, 50], 2, "int32"),
      array: tf.tensor1d([1, 0, 1], "bool"),
    });
    const outputs = await same(fn, {});
    expect(outputs.filled!.data.length).toBe(2000);
    await same(fn, { unused: x });
  });

  it("no operation at all but a symbolic shape", async () => {
    const program = s.compiled.program(({ x }) => ({ ones: tf.onesLike(x!), size: tf.fill([], x!.shape[0]!) }), {
      symbols: { x: ["P", 0] },
    });
    for (const size of [1, 3]) {
      const { ones, size: counted } = await program.run({ x: n("x", [size, 2]) });
      expect([ones!.shape, counted]).toEqual([[size, 2], float32([size], [])]);
    }
    await program.dispose();
  });

  it("one tensor under two names", async () => {
    const outputs = await same(
      ({ x }) => {
        const y = tf.neg(x!);
        return { a: y, b: y };
      },
      { x },
    );
    expect(outputs.a).toEqual(outputs.b);
  });

  it("scalars in and out", async () => {
    const outputs = await same(({ x, y }) => ({ sum: tf.add(x!, y!), x: x! }), {
      x: float32([2], []),
      y: float32([3], []),
    });
    expect(outputs).toEqual({ sum: float32([5], []), x: float32([2], []) });
  });

  it("truth values in and out", async () => {
    const inputs = { x: s.bool([1, 0, 1], [3]), y: s.bool([1, 1, 0], [3]) };
    const outputs = await same(({ x, y }) => ({ and: tf.logicalAnd(x!, y!), x: x!, count: tf.sum(x!) }), inputs);
    expect(outputs).toEqual({ and: s.bool([1, 0, 0], [3]), x: inputs.x, count: int32([2], []) });
  });

  it("integers in and out, the smallest and the largest", async () => {
    const inputs = { x: int32([-(2 ** 31), -1, 0, 2 ** 31 - 1], [4]) };
    const outputs = await same(
      ({ x }) => ({
        x: x!,
        half: tf.floorDiv(x!, tf.scalar(2, "int32")),
        even: tf.equal(tf.mod(x!, tf.scalar(2, "int32")), tf.scalar(0, "int32")),
      }),
      inputs,
    );
    expect(outputs.half).toEqual(int32([-(2 ** 30), -1, 0, 2 ** 30 - 1], [4]));
  });

  it("no elements", async () => {
    const inputs = { x: float32([], [0, 3]), y: n("y", [2, 3]) };
    const outputs = await same(
      ({ x, y }) => ({
        x: x!,
        all: tf.concat([x!, y!]),
        flat: tf.reshape(x!, [-1]),
        wide: tf.reshape(x!, [3, 0, 7]),
        sum: tf.sum(x!),
      }),
      inputs,
    );
    expect(outputs.sum).toEqual(float32([0], []));
  });

  it("special numbers as constants", async () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-45, 3.4e38];
    await same(
      ({ x }) => ({ mixed: tf.mul(x!, values), ...Object.fromEntries(values.map((v, i) => [`v${i}`, tf.add(x!, v)])) }),
      { x: n("x", [6]) },
    );
  });

  it("an unused input is left out of the model, and may be given or not", async () => {
    const fn: GraphFunction = ({ x }) => ({ y: tf.neg(x!) });
    expect(lower(trace(fn, s.specsOf({ x, z: x }))).inputs).toEqual(["x"]);
    const program = s.compiled.program(fn);
    await program.run({ x, z: x });
    await program.run({ x });
    await program.dispose();
  });

  it("unused operands and constants leave nothing in the model", () => {
    // Widening by ones is an Expand, which needs the shape and not the ones.
    const model = lower(trace(({ x }) => ({ y: tf.mul(x!, tf.ones([64, 64, 3, 5])) }), s.specsOf({ x })));
    expect(s.operators(model)).toEqual(["Expand", "Identity"]);
  });
});
