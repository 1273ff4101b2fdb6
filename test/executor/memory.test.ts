/** A BERT-like training step on many different numbers of tokens: the memory of its sessions stays bounded. */
import * as tf from "@tensorflow/tfjs";
import { expect, it } from "vitest";
import { random, sample } from "../../lib/core/random.ts";
import type { Tensors } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import type { Program } from "../../lib/executor/types.ts";
import { gelu, type In, layerNorm } from "./parts.ts";
import * as s from "./support.ts";

const [LAYERS, WIDTH, HEADS, VOCABULARY] = [2, 96, 4, 997];

function parameters(): Tensors {
  const shapes: Record<string, number[]> = { table: [VOCABULARY, WIDTH] };
  for (let i = 0; i < LAYERS; i++) {
    for (const name of ["q", "k", "v", "o"]) shapes[`${name}${i}`] = [WIDTH, WIDTH];
    Object.assign(shapes, { [`up${i}`]: [4 * WIDTH, WIDTH], [`down${i}`]: [WIDTH, 4 * WIDTH] });
    Object.assign(shapes, { [`g${i}`]: [WIDTH], [`b${i}`]: [WIDTH] });
  }
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, s.normal(name, shape, 0.05)]));
}

/** Attention of all tokens to those of their own sentence, a feed-forward part, a norm: x [P, D] -> [P, D]. */
function layer(x: tf.Tensor, i: number, p: In, own: tf.Tensor): tf.Tensor {
  const heads = (name: string): tf.Tensor =>
    tf.transpose(tf.reshape(tf.matMul(x, p[`${name}${i}`]!, false, true), [-1, HEADS, WIDTH / HEADS]), [1, 0, 2]);
  const scores = tf.add(tf.matMul(heads("q"), heads("k"), false, true), tf.mul(tf.sub(own, 1), 1e9)); // [H, P, P]
  const mixed = tf.reshape(tf.transpose(tf.matMul(tf.softmax(scores), heads("v")), [1, 0, 2]), [-1, WIDTH]);
  const attended = tf.add(x, tf.matMul(mixed, p[`o${i}`]!, false, true));
  const wide = gelu(tf.matMul(attended, p[`up${i}`]!, false, true));
  return layerNorm(tf.add(attended, tf.matMul(wide, p[`down${i}`]!, false, true)), p[`g${i}`]!, p[`b${i}`]!);
}

const step = withGradients((p) => {
  let x = tf.gather(p.table!, p.ids!);
  const own = tf.cast(tf.equal(tf.expandDims(p.sentences!, 0), tf.expandDims(p.sentences!, 1)), "float32"); // [P, P]
  for (let i = 0; i < LAYERS; i++) x = layer(x, i, p, own);
  return { loss: tf.mean(tf.square(x)) };
}, Object.keys(parameters()));

/** Different numbers of tokens, 100 to 499. */
const sizes = sample(
  Array.from({ length: 400 }, (_, i) => 100 + i),
  60,
  random("sizes"),
);

/** Runs the step for every size and returns by how many MiB the process grew. */
async function grown(program: Program, tokens: readonly number[]): Promise<number> {
  const params = parameters();
  const before = process.memoryUsage().rss;
  for (const size of tokens) {
    const sentences = s.integers("sentences", [size], 0, 17);
    const outputs = await program.run({ ...params, ids: s.integers("ids", [size], 0, VOCABULARY), sentences });
    expect(outputs["grad:table#rows"]!.shape).toEqual([size, WIDTH]);
    expect(outputs.loss!.data[0]).toBeGreaterThan(0);
  }
  return (process.memoryUsage().rss - before) / 2 ** 20;
}

// Measured (Linux x64, 2 cores): +2 MiB for the second 30 sizes after +32 for the first (gradients that JavaScript has
// not freed yet), and no more than +5 after 240 further runs. A session for each of 30 sizes takes +420.
it("one session does for all sizes, and takes no memory for each", async () => {
  const program = compiledExecutor().program(step, {
    symbols: { ids: ["P"], sentences: ["P"] },
    sparse: ["grad:table"],
    keep: 2,
  });
  await grown(program, [499, ...sizes.slice(0, 30)]); // the largest first
  expect(await grown(program, sizes.slice(30))).toBeLessThan(50);
  expect(program.stats()).toEqual({ compiled: 1, kept: 1 });
  await program.dispose();
});

// Measured: +85 MiB at most.
it("without symbols, sessions that go give their memory back", async () => {
  const program = compiledExecutor().program(step, { sparse: ["grad:table"], keep: 4 });
  await grown(program, sizes.slice(0, 4));
  expect(await grown(program, sizes.slice(4, 30))).toBeLessThan(200);
  expect(program.stats()).toEqual({ compiled: 30, kept: 4 });
  await program.dispose();
});
