/** How fast bare onnxruntime multiplies matrices of a training step's sizes: what the step could reach at most. */
import { random } from "../core/random.ts";
import type { BertConfig } from "../encoder/config.ts";
import { encodeOnnx } from "../executor/onnx.ts";
import { spread } from "./summary.ts";
import type { MatmulTask, Product } from "./tasks.ts";

/** Floating-point operations of the products, 2 M K N each. */
export function flopsOf(products: readonly Product[]): number {
  return products.reduce((sum, { m, k, n, count }) => sum + 2 * m * k * n * count, 0);
}

/**
 * The dense products of one step on P packed tokens, forward and backward: of each weight [A, B] the output [P, A] x [A, B],
 * the gradient of the input [P, B] x [B, A], and the gradient of the weight [A, P] x [P, B]. Attention's own products,
 * of which there are many small ones, are left out: below 64 tokens they are a few percent.
 */
export function stepProducts({ hiddenSize: d, intermediateSize: f, layers }: BertConfig, p: number): Product[] {
  const weight = (a: number, b: number, count: number): Product[] => [
    { m: p, k: a, n: b, count },
    { m: p, k: b, n: a, count },
    { m: a, k: p, n: b, count },
  ];
  return [...weight(d, d, 4 * layers), ...weight(d, f, layers), ...weight(f, d, layers)];
}

/** GFLOP/s over all products, each timed in a session of its own and weighted by how much of the step it is. */
export async function matmulRate({ products, threads, runs }: MatmulTask): Promise<number> {
  let seconds = 0;
  for (const product of products) seconds += product.count * (await secondsOf(product, threads, runs));
  return flopsOf(products) / seconds / 1e9;
}

async function secondsOf({ m, k, n }: Product, threads: number, runs: number): Promise<number> {
  const ort = await import("onnxruntime-node");
  const port = (name: string, ...shape: number[]) => ({ name, dtype: "float32" as const, shape });
  const bytes = encodeOnnx({
    inputs: [port("a", m, k), port("b", k, n)], // both are inputs: weights change at each step and cannot be packed ahead
    outputs: [port("c", m, n)],
    nodes: [{ op: "MatMul", inputs: ["a", "b"], output: "c" }],
    initializers: [],
  });
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: threads });
  const rng = random("matmul");
  const numbers = (size: number): Float32Array => Float32Array.from({ length: size }, () => rng.next() - 0.5);
  const feeds = {
    a: new ort.Tensor("float32", numbers(m * k), [m, k]),
    b: new ort.Tensor("float32", numbers(k * n), [k, n]),
  };
  const fetches = { c: new ort.Tensor("float32", new Float32Array(m * n), [m, n]) }; // no new memory at each run
  const times: number[] = [];
  for (let i = 0; i < runs + 2; i++) {
    const start = performance.now();
    await session.run(feeds, fetches);
    if (i >= 2) times.push(performance.now() - start);
  }
  await session.release();
  return spread(times).median / 1000;
}
