/** Gradients of embedding tables as rows and their indices. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import type { FloatTensor, Tensors } from "../../lib/core/tensor.ts";
import { float32 } from "../../lib/core/tensor.ts";
import {
  densify,
  gradientName,
  gradientOf,
  isSparse,
  type LossFunction,
  type SparseRows,
  withGradients,
} from "../../lib/executor/gradients.ts";
import { splitSparse } from "../../lib/executor/lower.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { trace } from "../../lib/executor/trace.ts";
import * as s from "./support.ts";

const n = s.normal;

describe("sparse gradients of tables", () => {
  const table = n("table", [11, 7]);
  /** Runs for several sizes; the table's gradient must be rows that add up to the eager one. */
  const check = async (fn: LossFunction, symbols: Record<string, string[]>, make: (size: number) => Tensors) => {
    const program = withGradients(fn, ["table"]);
    const compiled = s.compiled.program(program, { symbols, sparse: ["grad:table"] });
    let last: SparseRows | undefined;
    for (const size of [5, 1, 13, 29]) {
      const inputs = { table, ...make(size) };
      const outputs = await compiled.run(inputs);
      const dense = (await s.runOn(s.eager, program, inputs))["grad:table"] as FloatTensor;
      expect(Object.keys(outputs).sort()).toEqual(["grad:table#ids", "grad:table#rows", "loss"]);
      const gradient = gradientOf(outputs, "table");
      if (!isSparse(gradient)) throw new Error("not sparse");
      s.expectClose(densify(gradient, [11, 7]), dense, { atol: 5e-6 });
      last = gradient;
    }
    expect(compiled.stats().compiled).toBe(1);
    await compiled.dispose();
    return last as SparseRows;
  };
  const ids = (name: string, shape: number[]) => s.integers(name, shape, 0, 11);

  it("gathered once: a row for every index, repeated ones too", async () => {
    const { rows, ids: at } = await check(
      ({ table, ids }) => ({ loss: tf.sum(tf.square(tf.gather(table!, ids!))) }),
      { ids: ["P"] },
      (size) => ({ ids: ids("ids", [size]) }),
    );
    expect([rows.shape, at.length]).toEqual([[29, 7], 29]);
  });

  it("gathered twice, by lists of different sizes: the rows of both", async () => {
    const { rows } = await check(
      ({ table, ids, others }) => ({
        loss: tf.add(tf.sum(tf.square(tf.gather(table!, ids!))), tf.sum(tf.exp(tf.gather(table!, others!)))),
      }),
      { ids: ["P"], others: ["Q"] },
      (size) => ({ ids: ids("ids", [size]), others: ids("others", [size + 2]) }),
    );
    expect(rows.shape).toEqual([60, 7]);
  });

  it("gathered three times, once by a matrix of indices and once by a fixed list", async () => {
    const { rows } = await check(
      ({ table, ids, grid }) => {
        const two = tf.add(tf.sum(tf.square(tf.gather(table!, ids!))), tf.sum(tf.exp(tf.gather(table!, grid!))));
        return { loss: tf.add(two, tf.sum(tf.sin(tf.gather(table!, [3, 1, 3])))) };
      },
      { ids: ["P"], grid: ["B", "T"] },
      (size) => ({ ids: ids("ids", [size]), grid: ids("grid", [size, 3]) }),
    );
    expect(rows.shape).toEqual([29 + 29 * 3 + 3, 7]);
  });

  it("have as many rows as their parts: a size with a name of its own, as no product of symbols is it", () => {
    const fn = withGradients(
      ({ table, places, ids, at }) => {
        const twice = (t: tf.Tensor): tf.Tensor => tf.add(tf.sum(tf.gather(t, ids!)), tf.sum(tf.gather(t, at!)));
        return { loss: tf.add(twice(table!), twice(places!)) };
      },
      ["table", "places"],
    );
    const index = { shape: ["P"], dtype: "int32" } as const;
    const specs = { ...s.specsOf({ table, places: n("places", [5, 3]) }), ids: index, at: { ...index, shape: ["Q"] } };
    const { outputs } = splitSparse(simplify(trace(fn, specs)), ["grad:table", "grad:places"]);
    expect(outputs["grad:table#rows"]?.shape).toEqual(["rows_grad:table", 7]);
    expect(outputs["grad:places#ids"]?.shape).toEqual(["rows_grad:places"]);
  });

  it("are given for several tables at once, each by its own indices", async () => {
    const fn = withGradients(
      ({ table, places, ids, at }) => ({
        loss: tf.sum(tf.square(tf.add(tf.gather(table!, ids!), tf.gather(places!, at!)))),
      }),
      ["table", "places"],
    );
    const inputs = { table, places: n("places", [5, 7]), ids: ids("ids", [13]), at: s.integers("at", [13], 0, 5) };
    const outputs = await s.runOn(s.compiled, fn, inputs, { sparse: ["grad:table", "grad:places"] });
    const dense = await s.runOn(s.eager, fn, inputs);
    for (const name of ["table", "places"] as const) {
      const gradient = gradientOf(outputs, name) as SparseRows;
      s.expectClose(densify(gradient, inputs[name].shape), dense[gradientName(name)]!, { atol: 5e-6 });
    }
    expect((gradientOf(outputs, "places") as SparseRows).ids).toEqual(inputs.at.data);
  });

  const tied: Record<string, LossFunction> = {
    "gathered once": ({ table, ids }) => {
      const hidden = tf.gather(table!, ids!);
      return { loss: tf.neg(tf.mean(tf.logSoftmax(tf.matMul(hidden, table!, false, true)))) };
    },
    "gathered twice, and with a decay of its own": ({ table, ids }) => {
      const hidden = tf.tanh(tf.add(tf.gather(table!, ids!), tf.gather(table!, tf.reverse(ids!))));
      const scores = tf.matMul(hidden, table!, false, true);
      return { loss: tf.add(tf.neg(tf.mean(tf.logSoftmax(scores))), tf.sum(tf.square(table!))) };
    },
  };
  it.each(Object.entries(tied))(
    "come beside the dense rest for a table that is also the output layer, %s",
    async (_, loss) => {
      const fn = withGradients(loss, ["table"]);
      const program = s.compiled.program(fn, { symbols: { ids: ["P"] }, sparse: ["grad:table"] });
      for (const size of [13, 1, 5]) {
        const inputs = { table, ids: ids("ids", [size]) };
        const outputs = await program.run(inputs);
        expect(Object.keys(outputs).sort()).toEqual(["grad:table", "grad:table#ids", "grad:table#rows", "loss"]);
        const gradient = gradientOf(outputs, "table") as FloatTensor;
        s.expectClose(gradient, (await s.runOn(s.eager, fn, inputs))["grad:table"]!, { atol: 5e-6 });
        expect(outputs["grad:table"]!.data).not.toEqual(gradient.data); // the rest alone is not the gradient
      }
      expect(program.stats().compiled).toBe(1);
      await program.dispose();
    },
  );

  const dense: Record<string, LossFunction> = {
    "a table scaled before it is gathered": ({ table, ids }) => ({
      loss: tf.sum(tf.square(tf.gather(tf.mul(table!, 2), ids!))),
    }),
    "a table gathered along another axis": ({ table }) => ({
      loss: tf.sum(tf.square(tf.gather(table!, [6, 0, 6], 1))),
    }),
    "a table used as it is": ({ table }) => ({ loss: tf.sum(tf.square(table!)) }),
  };
  it.each(Object.entries(dense))("stay dense, and right, for %s", async (_, loss) => {
    const fn = withGradients(loss, ["table"]);
    const inputs = { table, ids: ids("ids", [13]) };
    const outputs = await s.runOn(s.compiled, fn, inputs, { sparse: ["grad:table"] });
    expect(isSparse(gradientOf(outputs, "table"))).toBe(false);
    s.expectAllClose(outputs, await s.runOn(s.eager, fn, inputs), { atol: 5e-6 });
  });

  it("add up rows in order: repeated ids add, ids without rows stay 0", () => {
    const rows = float32([1, 2, 10, 20, 100, 200], [3, 2]);
    expect(densify({ rows, ids: Int32Array.of(2, 0, 2) }, [4, 2])).toEqual(
      float32([10, 20, 0, 0, 101, 202, 0, 0], [4, 2]),
    );
    expect(densify({ rows: float32([], [0, 2]), ids: Int32Array.of() }, [1, 2])).toEqual(float32([0, 0], [1, 2]));
  });
});
