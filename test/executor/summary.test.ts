import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { withGradients } from "../../lib/executor/gradients.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { countNodes, graphWork, KINDS, kindOf, matmulOperations, sizesOf } from "../../lib/executor/summary.ts";
import { type Spec, trace } from "../../lib/executor/trace.ts";
import type { In } from "./parts.ts";

const spec = (...shape: (number | string)[]): Spec => ({ shape, dtype: "float32" });

describe("the work of a graph", () => {
  it("counts 2 m k n for a matrix product, transposed or not, and for each of a stack", () => {
    const fn = ({ x, w, a, b }: In) => ({
      y: tf.matMul(x!, w!, false, true), // [P, 5] x [3, 5]^T
      z: tf.matMul(x!, x!, true, false), // [P, 5]^T x [P, 5]
      s: tf.matMul(a!, b!, false, true), // [B, 2, 7, 11] x [B, 2, 13, 11]^T
    });
    const graph = trace(fn, { x: spec("P", 5), w: spec(3, 5), a: spec("B", 2, 7, 11), b: spec("B", 2, 13, 11) });
    const [P, B] = [17, 3];
    expect(matmulOperations(graph, { P, B })).toBe(2 * P * 5 * 3 + 2 * 5 * P * 5 + B * 2 * 2 * 7 * 11 * 13);
  });

  it("triples with the gradients of a dense layer, less the one of its input where that is not asked for", () => {
    const fn = ({ x, w }: In) => ({ loss: tf.sum(tf.square(tf.matMul(x!, w!))) });
    const specs = { x: spec("P", 5), w: spec(5, 3) };
    const once = 2 * 17 * 5 * 3;
    const work = (parameters: string[]) =>
      matmulOperations(simplify(trace(withGradients(fn, parameters), specs)), { P: 17 });
    expect(matmulOperations(trace(fn, specs), { P: 17 })).toBe(once);
    expect(work(["w", "x"])).toBe(3 * once);
    expect(work(["w"])).toBe(2 * once);
  });

  it("counts a number for each read or written elsewhere, and none where numbers move", () => {
    const fn = ({ x, b }: In) => ({
      y: tf.relu(tf.add(x!, b!)), // 35 and 35
      s: tf.sum(x!, 1), // reads 35
      t: tf.transpose(x!),
    });
    const work = graphWork(trace(fn, { x: spec("P", 7), b: spec(7) }), { P: 5 });
    expect(work.map(({ op, kind, nodes, operations }) => [op, kind, nodes, operations])).toEqual([
      ["Add", "number by number", 1, 35],
      ["Relu", "number by number", 1, 35],
      ["Sum", "sums along axes", 1, 35],
      ["Transpose", "moves", 1, 0],
    ]);
  });

  it("counts every node once, by kernel and by kind", () => {
    const fn = ({ x }: In) => ({ y: tf.softmax(tf.matMul(tf.square(x!), tf.square(tf.transpose(x!)))) });
    const graph = trace(fn, { x: spec(5, 7) });
    const counts = countNodes(graph);
    expect(counts.get("Square")).toBe(2);
    expect([...counts.values()].reduce((a, b) => a + b, 0)).toBe(graph.nodes.length);
    for (const { op, nodes, kind } of graphWork(graph)) {
      expect(counts.get(op)).toBe(nodes);
      expect(kind).toBe(kindOf(op));
      expect(KINDS).toContain(kind);
    }
  });

  it("says which symbolic size is missing, and reads sizes off inputs", () => {
    const graph = trace(({ x }: In) => ({ y: tf.relu(x!) }), { x: spec("P", 7) });
    expect(() => graphWork(graph, { Q: 3 })).toThrow("Relu has the symbolic size P; sizes are given for Q");
    const inputs = { x: float32(new Float32Array(35), [5, 7]), z: float32([1], [1]) };
    expect(sizesOf({ x: ["P", 0] }, inputs)).toEqual({ P: 5 });
  });
});
