/** Graphs rewritten for other programs compute what they did, with fewer or plainer operators. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { int32, type Tensors } from "../../lib/core/tensor.ts";
import type { Graph } from "../../lib/executor/graph.ts";
import { lower } from "../../lib/executor/lower.ts";
import { plainProducts, withoutGathers } from "../../lib/executor/rewrites.ts";
import { trace } from "../../lib/executor/trace.ts";
import * as s from "./support.ts";

const counted = (shape: number[]) => {
  const n = shape.reduce((a, b) => a * b);
  return int32(
    Int32Array.from({ length: n }, (_, i) => i),
    shape,
  );
};
const ops = (graph: Graph): string[] => graph.nodes.map((n) => n.op);

describe("gathers by an index that counts", () => {
  const x = s.normal("x", [15, 7]);
  const inputs: Tensors = { x, ids: counted([3, 5]), other: s.integers("other", [15], 0, 15) };

  it("are left out, and so is the index, where they take all rows in order", async () => {
    const graph = trace(({ x, ids, other }) => {
      const flat = tf.reshape(ids!, [-1]) as tf.Tensor1D;
      const a = tf.gather(tf.gather(x!, flat), other as tf.Tensor1D);
      return { y: tf.add(tf.gather(a, tf.reshape(ids!, [15]) as tf.Tensor1D), 1), x: tf.gather(x!, flat) };
    }, s.specsOf(inputs));
    const short = withoutGathers(graph, "ids");
    expect([ops(graph).filter((op) => op === "GatherV2").length, ops(short)]).toEqual([4, ["GatherV2", "Add"]]);
    expect(short.inputs.map((v) => v.name)).toEqual(["x", "other"]);
    s.expectAllClose(await s.runGraph(short, inputs), await s.runGraph(graph, inputs));
  });

  it.each<[string, (x: tf.Tensor, ids: tf.Tensor) => tf.Tensor]>([
    ["GatherV2", (x, ids) => tf.gather(tf.concat([x, x]), tf.reshape(ids, [-1]) as tf.Tensor1D)], // some of the rows
    ["GatherV2", (x, ids) => tf.gather(tf.reshape(x, [7, 15]), tf.reshape(ids, [-1]) as tf.Tensor1D, 1)], // columns
    ["Add", (_, ids) => tf.add(ids, tf.scalar(1, "int32"))],
    ["output y", (_, ids) => tf.reshape(ids, [-1])],
  ])("are refused where %s reads the index otherwise", (op, fn) => {
    const graph = trace(({ x, ids }) => ({ y: fn(x!, ids!) }), s.specsOf(inputs));
    expect(() => withoutGathers(graph, "ids")).toThrow(
      `withoutGathers: ${op} reads 'ids' otherwise than to take all rows`,
    );
  });

  it("of a name that no input has are an error", () => {
    expect(() => withoutGathers({ inputs: [], nodes: [], outputs: {} }, "ids")).toThrow("no input 'ids'");
  });
});

describe("products of stacks", () => {
  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])("with operands transposed (%s, %s) become plain ones of the standard", async (a, b) => {
    const inputs = {
      a: s.normal("a", a ? [2, 3, 7, 5] : [2, 3, 5, 7]),
      b: s.normal("b", b ? [2, 3, 11, 7] : [2, 3, 7, 11]),
      c: s.normal("c", [11, 13]),
    };
    const graph = trace(
      (x) => ({
        y: tf.matMul(x.a!, x.b!, a, b),
        z: tf.matMul(x.a!, x.a!, !a, a),
        w: tf.matMul(x.c!, x.c!, false, true),
      }),
      s.specsOf(inputs),
    );
    const plain = plainProducts(graph);
    expect(s.operators(lower(plain))).not.toContain("FusedMatMul");
    expect(s.operators(lower(plain))).toContain("Gemm"); // two axes, which the standard has transposed
    s.expectAllClose(await s.runGraph(plain, inputs), await s.runGraph(graph, inputs));
  });
});
