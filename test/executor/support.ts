/** What the executor's tests share: seeded tensors, a comparison with a useful message, runs on both executors. */
import type * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { PbfReader } from "pbf";
import { expect } from "vitest";
import { random } from "../../lib/core/random.ts";
import type { DType, FloatTensor, HostTensor, Tensors } from "../../lib/core/tensor.ts";
import { describeTensor, float32, int32, sizeOf } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import type { Graph } from "../../lib/executor/graph.ts";
import { type Lowered, lower } from "../../lib/executor/lower.ts";
import type { Spec } from "../../lib/executor/trace.ts";
import type { CompileOptions, GraphFunction } from "../../lib/executor/types.ts";

/** Normal numbers, fixed by their name. */
export function normal(name: string, shape: readonly number[], scale = 1): FloatTensor {
  const rng = random(name);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => rng.normal() * scale),
    shape,
  );
}

/** Numbers in [low, high), fixed by their name. */
export function uniform(name: string, shape: readonly number[], low: number, high: number): FloatTensor {
  const rng = random(name);
  return float32(
    Float32Array.from({ length: sizeOf(shape) }, () => low + (high - low) * rng.next()),
    shape,
  );
}

/** Integers in [low, high), fixed by their name. */
export function integers(name: string, shape: readonly number[], low: number, high: number) {
  const rng = random(name);
  return int32(
    Int32Array.from({ length: sizeOf(shape) }, () => low + rng.int(high - low)),
    shape,
  );
}

export function bool(data: readonly number[], shape: readonly number[]): HostTensor {
  return { dtype: "bool", shape, data: Uint8Array.from(data) };
}

export function bools(name: string, shape: readonly number[]): HostTensor {
  return bool([...integers(name, shape, 0, 2).data], shape);
}

/** |actual - expected| <= atol + rtol * |expected|. */
export interface Tolerance {
  /** Default 1e-5. */
  rtol?: number;
  /** Default 1e-6. */
  atol?: number;
}

/** Fails with the first element that differs; NaN equals NaN, and 0 equals -0. */
export function expectClose(actual: HostTensor | undefined, expected: HostTensor, tolerance: Tolerance = {}): void {
  const { rtol = 1e-5, atol = 1e-6 } = tolerance;
  expect(actual && describeTensor(actual)).toBe(describeTensor(expected));
  const [a, b] = [(actual as HostTensor).data, expected.data];
  expect(a.constructor.name).toBe(b.constructor.name);
  expect(a.length).toBe(b.length);
  const differ = [...a].findIndex((x, i) => {
    const y = b[i] as number;
    return !(Object.is(x, y) || x === y || Math.abs(x - y) <= atol + rtol * Math.abs(y));
  });
  if (differ >= 0) expect.fail(`element ${differ} is ${a[differ]}, wanted ${b[differ]} (rtol ${rtol}, atol ${atol})`);
}

export function expectAllClose(actual: Tensors, expected: Tensors, tolerance: Tolerance = {}): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, t] of Object.entries(expected)) {
    try {
      expectClose(actual[name], t, tolerance);
    } catch (error) {
      throw new Error(`output '${name}': ${(error as Error).message}`, { cause: error });
    }
  }
}

// One thread: the tensors are tiny.
export const compiled = compiledExecutor({ threads: 1 });
export const eager = eagerExecutor("cpu");

/** One run on an executor. */
export async function runOn(executor: typeof eager, fn: GraphFunction, inputs: Tensors, options?: CompileOptions) {
  const program = executor.program(fn, options);
  try {
    return await program.run(inputs);
  } finally {
    await program.dispose();
  }
}

/** Compiled and eager outputs must agree; returns the eager ones. */
export async function expectSame(fn: GraphFunction, inputs: Tensors, tolerance: Tolerance = {}): Promise<Tensors> {
  const expected = await runOn(eager, fn, inputs);
  expectAllClose(await runOn(compiled, fn, inputs), expected, tolerance);
  return expected;
}

/** The fixed shapes of inputs, as a trace wants them. */
export function specsOf(inputs: Tensors): Record<string, Spec> {
  return Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
}

/** Lowers a graph as it is and runs it. */
export async function runGraph(graph: Graph, inputs: Tensors): Promise<Tensors> {
  return runModel(lower(graph), inputs);
}

export async function runModel(model: Pick<Lowered, "bytes" | "inputs" | "outputs">, inputs: Tensors) {
  const session = await ort.InferenceSession.create(model.bytes, { intraOpNumThreads: 1 });
  const feeds = model.inputs.map((name): [string, ort.Tensor] => {
    const t = inputs[name] as HostTensor;
    return [name, new ort.Tensor(t.dtype, t.data, t.shape) as ort.Tensor];
  });
  const fetched = await session.run(Object.fromEntries(feeds));
  const outputs = model.outputs.map(({ name, key }): [string, HostTensor] => {
    const t = fetched[name] as ort.Tensor;
    return [key, { dtype: t.type as DType, shape: t.dims, data: t.data } as HostTensor];
  });
  await session.release();
  return Object.fromEntries(outputs);
}

/** The ONNX operators of a model, in order (ModelProto.graph.node.op_type). */
export function operators({ bytes }: Pick<Lowered, "bytes">): string[] {
  const found: string[] = [];
  const node = (tag: number, _: unknown, r: PbfReader): void => {
    if (tag === 4) found.push(r.readString());
  };
  const graph = (tag: number, _: unknown, r: PbfReader): void => {
    if (tag === 1) r.readMessage(node, null);
  };
  const model = (tag: number, _: unknown, r: PbfReader): void => {
    if (tag === 7) r.readMessage(graph, null);
  };
  new PbfReader(bytes).readFields(model, null);
  return found;
}

type Name = "a" | "b" | "c" | "x" | "y" | "z" | "w" | "ids" | "table" | "mask" | "labels" | "scale";

/** A function of tensors by the names above, as the executors take it. */
export function named(fn: (inputs: Readonly<Record<Name, tf.Tensor>>) => Record<string, tf.Tensor>): GraphFunction {
  return fn as GraphFunction;
}

/** The same with one output, `y`. */
export function one(fn: (inputs: Readonly<Record<Name, tf.Tensor>>) => tf.Tensor): GraphFunction {
  return (inputs) => ({ y: fn(inputs as Readonly<Record<Name, tf.Tensor>>) });
}
