/** Compiled gradients against differences of the same functions written in plain double precision. */
import type * as tf from "@tensorflow/tfjs";
import { describe, it } from "vitest";
import type { FloatTensor, Tensors } from "../../lib/core/tensor.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { gradientName, withGradients } from "../../lib/executor/gradients.ts";
import { cosine, gelu, type In, layerNorm, oneHot, prototypes, weigh } from "./parts.ts";
import * as s from "./support.ts";

const n = s.normal;

describe("compiled gradients equal differences of the function in double precision", () => {
  /** Central differences of a function of one array of doubles. */
  const differences = (f: (x: number[]) => number, x: readonly number[]): number[] =>
    x.map((_, i) => {
      const at = (h: number): number => f(x.map((v, j) => (j === i ? v + h : v)));
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    });
  const gradient = async (fn: (i: In) => tf.Tensor, inputs: Tensors, parameter: string): Promise<FloatTensor> => {
    const outputs = await s.runOn(
      s.compiled,
      withGradients((i) => ({ loss: fn(i) }), [parameter]),
      inputs,
    );
    return outputs[gradientName(parameter)] as FloatTensor;
  };
  const rows = (data: readonly number[], width: number): number[][] =>
    Array.from({ length: data.length / width }, (_, i) => data.slice(i * width, (i + 1) * width));
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const weighed = (y: readonly number[]): number => y.reduce((sum, v, i) => sum + v * Math.sin(i + 1), 0);

  it("layer norm", async () => {
    const [x, g, b] = [n("x", [3, 7]), n("g", [7]), n("b", [7])];
    const f = (data: number[]): number =>
      weighed(
        rows(data, 7).flatMap((r) => {
          const mean = r.reduce((p, q) => p + q) / 7;
          const variance = r.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 7;
          return r.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * g.data[i]! + b.data[i]!);
        }),
      );
    const actual = await gradient(({ x, g, b }) => weigh(layerNorm(x!, g!, b!)), { x, g, b }, "x");
    s.expectClose(actual, float32(differences(f, [...x.data]), [3, 7]), { rtol: 1e-5, atol: 2e-6 });
  });

  it("gelu", async () => {
    const x = n("x", [13], 2);
    // erf by its series, which converges for all these.
    const erf = (v: number): number => {
      let [sum, term] = [v, v];
      for (let k = 1; k < 200; k++) {
        term *= -(v * v) / k;
        sum += term / (2 * k + 1);
      }
      return (2 / Math.sqrt(Math.PI)) * sum;
    };
    const f = (data: number[]): number => weighed(data.map((v) => (v / 2) * (1 + erf(v * Math.SQRT1_2))));
    const actual = await gradient(({ x }) => weigh(gelu(x!)), { x }, "x");
    s.expectClose(actual, float32(differences(f, [...x.data]), [13]), { rtol: 1e-5, atol: 1e-6 });
  });

  it("prototypes, squared distances, cross-entropy: with respect to the support", async () => {
    const inputs = { query: n("query", [5, 7], 0.5), support: n("support", [3, 2, 7], 0.5), labels: oneHot };
    const queries = rows([...inputs.query.data], 7);
    const f = (data: number[]): number => {
      const shots = rows(data, 7);
      const means = [0, 1, 2].map((c) => shots[2 * c]!.map((v, i) => (v + shots[2 * c + 1]![i]!) / 2));
      const losses = queries.map((q, i) => {
        const scores = means.map((m) => -q.reduce((sum, v, j) => sum + (v - m[j]!) ** 2, 0));
        const most = Math.max(...scores);
        const total = most + Math.log(scores.reduce((sum, v) => sum + Math.exp(v - most), 0));
        return scores.reduce((sum, v, c) => sum + (total - v) * (oneHot.data[i * 3 + c] as number), 0);
      });
      return losses.reduce((p, q) => p + q) / 5;
    };
    const fn = ({ query, support, labels }: In): tf.Tensor => prototypes(query!, support!, labels!);
    const actual = await gradient(fn, inputs, "support");
    s.expectClose(actual, float32(differences(f, [...inputs.support.data]), [3, 2, 7]), { rtol: 1e-5, atol: 1e-6 });
  });

  it("cosine", async () => {
    const [a, b] = [n("a", [3, 7]), n("b", [5, 7])];
    const others = rows([...b.data], 7);
    const f = (data: number[]): number =>
      weighed(rows(data, 7).flatMap((p) => others.map((q) => dot(p, q) / Math.sqrt(dot(p, p) * dot(q, q)))));
    const actual = await gradient(({ a, b }) => weigh(cosine(a!, b!)), { a, b }, "a");
    s.expectClose(actual, float32(differences(f, [...a.data]), [3, 7]), { rtol: 1e-5, atol: 1e-6 });
  });
});
