/** One program for all sizes of an axis, and what cannot be one; how many programs are kept. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { describeTensor, int32, type Tensors } from "../../lib/core/tensor.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import { printGraph } from "../../lib/executor/graph.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { chooseMarkers, evaluate, factors, mergeSizes } from "../../lib/executor/symbols.ts";
import { trace } from "../../lib/executor/trace.ts";
import type { CompileOptions, GraphFunction } from "../../lib/executor/types.ts";
import { type In, layerNorm } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

/** Runs one program on several sets of inputs; each must be as eager, and one session must do for all. */
async function oneForAll(
  fn: GraphFunction,
  symbols: NonNullable<CompileOptions["symbols"]>,
  runs: Tensors[],
  tolerance: s.Tolerance = {},
): Promise<void> {
  const program = s.compiled.program(fn, { symbols });
  for (const inputs of runs) {
    try {
      s.expectAllClose(await program.run(inputs), await s.runOn(s.eager, fn, inputs), tolerance);
    } catch (error) {
      const shapes = Object.entries(inputs).map(([name, t]) => `${name} ${describeTensor(t)}`);
      throw new Error(`with ${shapes.join(", ")}: ${(error as Error).message}`, { cause: error });
    }
  }
  expect(program.stats()).toEqual({ compiled: 1, kept: 1 });
  await program.dispose();
}

describe("one session for all sizes", () => {
  // Sentences, tokens in all, tokens of the longest: 1 among each, and sizes at which markers were traced.
  const sizes = [
    [1, 1, 1],
    [1, 5, 5],
    [3, 3, 1],
    [2, 7, 5],
    [5, 11, 3],
    [7, 61, 23],
    [13, 67, 71],
  ] as const;
  const batch = ([B, P, T]: readonly [number, number, number]): Tensors => ({
    x: n("x", [P, 7]),
    w: n("w", [7, 7]),
    g: n("g", [7]),
    b: n("b", [7]),
    mask: s.uniform("mask", [B, T], 0, 1),
    padIndex: s.integers("pad", [B, T], 0, P),
    unpadIndex: s.integers("unpad", [P], 0, B * T),
  });
  const symbols = { x: ["P", 0], mask: ["B", "T"], padIndex: ["B", "T"], unpadIndex: ["P"] };

  it("P packed tokens, padded to B x T, mixed and packed again, with gradients", async () => {
    const fn = withGradients(
      ({ x, w, g, b, mask, padIndex, unpadIndex }) => {
        const hidden = layerNorm(tf.matMul(x!, w!), g!, b!);
        const padded = tf.mul(tf.gather(hidden, padIndex!), tf.expandDims(mask!, -1)); // [B, T, D]
        const weights = tf.softmax(tf.matMul(padded, padded, false, true)); // [B, T, T]
        const mixed = tf.reshape(tf.matMul(weights, padded), [-1, 7]); // [B * T, D]
        const packed = tf.gather(mixed, unpadIndex!); // [P, D]
        const sentences = tf.div(tf.sum(padded, 1), tf.sum(mask!, 1, true)); // [B, D]
        return { loss: tf.add(tf.mean(tf.square(packed)), tf.mean(tf.abs(sentences))), packed, sentences };
      },
      ["x", "w", "g", "b"],
    );
    await oneForAll(fn, symbols, sizes.map(batch), { rtol: 1e-4, atol: 1e-5 });
  });

  it("two symbols in one reshape, and their product as a size, a number and a count", async () => {
    const fn = ({ mask }: In): Record<string, tf.Tensor> => {
      const [B, T] = mask!.shape as [number, number];
      const flat = tf.reshape(mask!, [B * T]);
      return {
        turned: tf.reshape(flat, [T, B]),
        doubled: tf.reshape(tf.concat([flat, tf.ones([B * T])]), [2 * B, T]),
        mean: tf.mean(mask!),
        count: tf.div(tf.sum(tf.onesLike(flat)), B * T),
        tiled: tf.tile(tf.expandDims(mask!), [2, 1, 3]),
        ones: tf.fill([T, B], 0.5),
      };
    };
    await oneForAll(
      fn,
      { mask: ["B", "T"] },
      sizes.map((size) => ({ mask: batch(size).mask! })),
    );
  });

  it("a symbol on two axes of one input, and beside fixed sizes that are marker primes", async () => {
    const fn = ({ x, y }: In): Record<string, tf.Tensor> => ({
      z: tf.matMul(tf.matMul(x!, x!, true, false), y!),
      wide: tf.tile(y!, [1, 2]),
    });
    const make = (size: number): Tensors => ({ x: n("x", [size, size], 0.3), y: n("y", [size, 61], 0.3) });
    await oneForAll(fn, { x: ["P", "P"], y: ["P", 0] }, [1, 3, 61, 67].map(make));
  });

  it("one-hot vectors and sums by index of symbolic size", async () => {
    const fn = ({ x, labels }: In): Record<string, tf.Tensor> => ({
      onehot: tf.oneHot(labels!, x!.shape[0] as number, 1, 0, "float32"),
      sums: tf.unsortedSegmentSum(x!, tf.range(0, 7, 1, "int32"), x!.shape[1] as number),
    });
    const make = (size: number): Tensors => ({ x: n("x", [7, size]), labels: s.integers("labels", [5], 0, 7) });
    await oneForAll(fn, { x: [0, "N"] }, [2, 3, 11].map(make));
  });

  it("slices that start at 0 or take a whole axis, pads and stacks of symbolic tensors", async () => {
    const fn = ({ x }: In): Record<string, tf.Tensor> => ({
      columns: tf.slice(x!, [0, 2], [-1, 3]),
      first: tf.slice(x!, [0, 0], [1, 7]),
      padded: tf.pad(x!, [
        [0, 0],
        [1, 2],
      ]),
      stacked: tf.stack([x!, tf.reverse(x!, 0)], 1),
      twice: tf.slice(tf.concat([x!, x!]), [0, 1], [x!.shape[0] as number, 2]),
      running: tf.cumsum(x!, 0),
    });
    await oneForAll(
      fn,
      { x: ["P", 0] },
      [1, 2, 13].map((size) => ({ x: n("x", [size, 7]) })),
    );
  });

  it("sizes of 0: products, sums, reshapes and gathers of nothing", async () => {
    const fn = ({ x, w }: In): Record<string, tf.Tensor> => {
      const sums = tf.sum(x!, 1);
      return {
        product: tf.softmax(tf.matMul(tf.relu(x!), w!, false, true)),
        gram: tf.matMul(x!, x!, true, false),
        columns: tf.add(tf.sum(x!, 0), tf.unsortedSegmentSum(x!, tf.cast(sums, "int32") as tf.Tensor1D, 3)),
        turned: tf.reshape(tf.transpose(tf.concat([x!, x!])), [7, -1, 2]),
        rows: tf.gather(w!, tf.cast(tf.mul(sums, 0), "int32")),
      };
    };
    const make = (size: number): Tensors => ({ x: n("x", [size, 7]), w: n("w", [7, 7]) });
    await oneForAll(fn, { x: ["P", 0] }, [0, 2, 0].map(make));
    await s.expectSame(fn, make(0));
  });

  it("a fixed axis among the symbols, or another dtype, is compiled anew when it changes", async () => {
    const program = s.compiled.program(({ x }) => ({ y: tf.abs(x!) }), { symbols: { x: ["P", 0] } });
    await program.run({ x: n("x", [3, 5]) });
    await program.run({ x: n("x", [7, 5]) });
    expect(program.stats().compiled).toBe(1);
    await program.run({ x: n("x", [3, 7]) });
    await program.run({ x: int32([1, -2], [1, 2]) });
    expect(program.stats().compiled).toBe(3);
    await program.dispose();
  });

  it("the order in which inputs are written does not matter", async () => {
    const program = s.compiled.program(({ a, b }) => ({ y: tf.sub(a!, b!) }));
    const [a, b] = [n("a", [5]), n("b", [5])];
    expect(await program.run({ b, a })).toEqual(await program.run({ a, b }));
    expect(program.stats().compiled).toBe(1);
    await program.dispose();
  });

  it("the graph names its sizes", () => {
    const fn = ({ x }: In): Record<string, tf.Tensor> => ({
      y: tf.mean(tf.reshape(x!, [-1, 5])),
      z: tf.ones([2 * (x!.shape[1] as number), 3 * (x!.shape[0] as number) * (x!.shape[1] as number)]),
    });
    const graph = trace(fn, { x: { shape: ["B", "T", 5], dtype: "float32" } });
    expect(printGraph(simplify(graph))).toMatchInlineSnapshot(`
      "inputs x:float32[B,T,5]
      v0:float32[B*T,5] = Reshape x
      v1:float32[] = Mean v0 axis=null keepDims=false
      outputs y=v1 z=1:float32[2*T,3*B*T]"
    `);
  });
});

describe("what cannot be one program", () => {
  const fails = (fn: (i: In) => tf.Tensor, message: string | RegExp) => async () => {
    const program = s.compiled.program((i) => ({ y: fn(i) }), { symbols: { x: ["P", 0], y: ["Q", 0] } });
    await expect(program.run({ x: n("x", [5, 7]), y: n("y", [3, 7]) })).rejects.toThrow(message);
    expect(program.stats().kept).toBe(0);
  };

  it(
    "a sum of symbols",
    fails(({ x, y }) => tf.concat([x!, y!]), /no product of a number and symbolic sizes/),
  );
  it(
    "a symbol plus a number",
    fails(
      ({ x }) =>
        tf.pad(x!, [
          [1, 0],
          [0, 0],
        ]),
      /no product/,
    ),
  );
  it(
    "a symbol minus a number",
    fails(({ x }) => tf.slice(x!, [1, 0]), /Slice.* no product/s),
  );
  it(
    "a number computed from a size",
    fails(({ x }) => tf.mul(x!, 1 / x!.shape[0]!), /a number in .*Multiply.* has 0\.016/),
  );
  it(
    "a negated size",
    fails(({ x }) => tf.mul(x!, -x!.shape[0]!), /has -61 for P=61, Q=67/),
  );
  it(
    "numbers counted up to a size",
    fails(({ x }) => tf.add(x!, tf.expandDims(tf.range(0, x!.shape[0]!), 1)), /constants in/),
  );
  it(
    "a branch on a size",
    fails(({ x }) => (x!.shape[0]! > 64 ? tf.add(x!, 1) : x!), /different work.*branch on a size/),
  );
  it(
    "a loop over a size",
    fails(({ x }) => tf.addN(tf.unstack(x!)), /AddN|different work/),
  );
  it(
    "other operations by size",
    fails(({ x }) => (x!.shape[0]! > 64 ? tf.sin(x!) : tf.cos(x!)), /different work.*\((Sin and Cos|Cos and Sin)\)/),
  );
  it(
    "sizes that are taken to be equal",
    fails(({ x, y }) => tf.add(x!, y!), /could not be broadcast/),
  );

  it("more symbols than there are markers", async () => {
    const names = Array.from({ length: 12 }, (_, i) => `S${i}`);
    const program = s.compiled.program(({ x }) => ({ y: tf.abs(x!) }), { symbols: { x: names } });
    await expect(
      program.run({
        x: n(
          "x",
          names.map(() => 1),
        ),
      }),
    ).rejects.toThrow("12 symbolic sizes are too many");
  });
});

describe("inputs that do not fit their symbols", () => {
  const program = s.compiled.program(({ x, y }) => ({ z: tf.add(x!, y!) }), { symbols: { x: ["P"], y: ["P"] } });

  it("two sizes for one symbol", async () => {
    const run = program.run({ x: n("x", [5]), y: n("y", [7]) });
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow("size P is 5 in input 'x' and 7 in input 'y'");
  });

  it("another number of axes", async () => {
    const run = program.run({ x: n("x", [5]), y: n("y", [5, 1]) });
    await expect(run).rejects.toThrow(InputError);
    await expect(run).rejects.toThrow("input 'y' is float32[5,1], but its symbols are [P]");
  });

  it.each(["2", "B*T", ""])("a symbol that is no name: '%s'", (symbol) => {
    const make = () => s.compiled.program(({ x }) => ({ y: x! }), { symbols: { x: [symbol] } });
    expect(make).toThrow(InputError);
    expect(make).toThrow(`symbols of input 'x': '${symbol}' is no name`);
  });
});

describe("sizes as products", () => {
  it("two markers give back the product that both stand for", () => {
    const [a, b] = chooseMarkers(["B", "T"], [61 * 2, 7]);
    const size = (f: (B: number, T: number) => number) =>
      mergeSizes(f(a.get("B")!, a.get("T")!), f(b.get("B")!, b.get("T")!), a, b);
    expect([...a.values(), ...b.values()]).toEqual([67, 71, 73, 79]); // 61 divides a fixed size
    expect(size(() => 12)).toBe(12);
    expect(size((B, T) => 6 * T * B * T)).toBe("6*B*T*T");
    expect(size((B) => B)).toBe("B");
    expect([size((B, T) => B + T), size((B) => B / 2), size((B) => -B), size((B) => B + 67)]).toEqual(
      Array(4).fill(undefined),
    );
  });

  it("a product has a value and factors", () => {
    const sizes = new Map([
      ["B", 3],
      ["T", 5],
    ]);
    expect([evaluate("6*B*T*T", sizes), evaluate("B", sizes), evaluate(7, sizes)]).toEqual([450, 3, 7]);
    expect(factors("6*B*T*T")).toEqual({ coefficient: 6, symbols: ["B", "T", "T"] });
    expect([factors("T"), factors(7)]).toEqual([
      { coefficient: 1, symbols: ["T"] },
      { coefficient: 7, symbols: [] },
    ]);
  });
});
