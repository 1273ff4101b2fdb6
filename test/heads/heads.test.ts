import { readFileSync } from "node:fs";
import type * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { type FloatTensor, float32, type Tensors } from "../../lib/core/tensor.ts";
import { wholeVectorAccuracy } from "../../lib/evaluate/accuracy.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import { gradientName, withGradients } from "../../lib/executor/gradients.ts";
import type { Distance } from "../../lib/heads/distances.ts";
import { createHead, headSettings, seedSettings } from "../../lib/heads/head.ts";
import type { Loss } from "../../lib/heads/losses.ts";
import type { Head, HeadName } from "../../lib/heads/types.ts";

// Expected numbers: test/reference/heads.py, PyTorch in float64.
interface Expected {
  readonly head: HeadName;
  readonly variant: string;
  readonly distance: Distance;
  readonly loss: Loss;
  readonly scores: number[];
  readonly value: number;
  readonly gradSupport: number[];
  readonly gradQuery: number[];
}
interface ExpectedSeed {
  readonly head: HeadName;
  readonly norms: [number[], number[], number[], number[]];
  readonly value: number;
  readonly accuracy: number;
  readonly gradSupport: number[];
  readonly gradQuery: number[];
}
const fixture = JSON.parse(readFileSync("test/fixtures/heads/heads.json", "utf8")) as {
  shape: { E: number; N: number; K: number; M: number; D: number };
  support: number[];
  query: number[];
  labels: number[][];
  scale: number;
  margin: number;
  cases: Expected[];
  seed: ExpectedSeed[];
};
const { E, N, K, M, D } = fixture.shape;
const labels = new Float32Array(E * M * N);
fixture.labels.flat().forEach((c, i) => {
  if (c >= 0) labels[i * N + c] = 1;
});
const inputs = {
  support: float32(fixture.support, [E, N, K, D]),
  query: float32(fixture.query, [E, M, D]),
  labels: float32(labels, [E, M, N]),
};

function lossOf(head: Head) {
  return withGradients(
    (t) => {
      const scores = head.scores(t, t.support as tf.Tensor, t.query as tf.Tensor);
      return { loss: head.loss(scores, t.labels as tf.Tensor), scores };
    },
    ["support", "query"],
  );
}

function headOf(c: Expected): Head {
  const { distance, loss, variant } = c;
  const shots = c.head === "matching" ? { shots: variant as "mean" | "max" | "attention" } : {};
  const decision = variant === "mean of class" ? "mean" : "support";
  return createHead(
    headSettings(c.head, { distance, loss, decision, scale: fixture.scale, margin: fixture.margin, ...shots }),
  );
}

function expectClose(found: FloatTensor | undefined, wanted: readonly number[]): void {
  const largest = Math.max(...wanted.map(Math.abs));
  wanted.forEach((w, i) => {
    expect(Math.abs((found?.data[i] as number) - w), `entry ${i}: ${found?.data[i]} for ${w}`).toBeLessThan(
      2e-5 * Math.max(1, largest),
    );
  });
  expect(found?.data.length).toBe(wanted.length);
}

function expectResults(out: Tensors, c: Pick<Expected, "value" | "gradSupport" | "gradQuery">): void {
  expectClose(out.loss as FloatTensor, [c.value]);
  expectClose(out[gradientName("support")] as FloatTensor, c.gradSupport);
  expectClose(out[gradientName("query")] as FloatTensor, c.gradQuery);
}

describe.each([compiledExecutor(), eagerExecutor()])("heads on $name", (executor) => {
  it.each(fixture.cases)(
    "$head ($variant, $distance, $loss) equals PyTorch in scores, loss and gradients",
    async (c) => {
      const program = executor.program(lossOf(headOf(c)));
      const out = await program.run(inputs);
      await program.dispose();
      expectClose(out.scores as FloatTensor, c.scores);
      expectResults(out, c);
    },
  );

  it.each(fixture.seed)("the seed's $head network equals its formulas in loss, gradients and accuracy", async (c) => {
    const published = seedSettings(c.head);
    const head = createHead(
      c.head === "prototypical" ? { ...published, margin: fixture.margin, threshold: -fixture.margin } : published,
    );
    const [gainS, biasS, gainQ, biasQ] = c.norms.map((v) => float32(v, [D])) as [
      FloatTensor,
      FloatTensor,
      FloatTensor,
      FloatTensor,
    ];
    const norms = {
      "head.supportNorm.weight": gainS,
      "head.supportNorm.bias": biasS,
      "head.queryNorm.weight": gainQ,
      "head.queryNorm.bias": biasQ,
    };
    expect(Object.keys(head.params(D)).sort()).toEqual(Object.keys(norms).sort());
    const program = executor.program(lossOf(head));
    const out = await program.run({ ...inputs, ...norms });
    await program.dispose();
    expectResults(out, c);
    const scores = (out.scores as FloatTensor).data;
    const accuracies = fixture.labels.map((l, e) =>
      wholeVectorAccuracy(
        { scores: float32(scores.slice(e * M * N, (e + 1) * M * N), [M, N]), labels: l },
        head.settings.threshold as number,
      ),
    );
    expect((accuracies[0]! + accuracies[1]!) / 2).toBeCloseTo(c.accuracy, 10);
  });
});

describe("pairs of a siamese network", () => {
  it("scores a pair as the matrix of scores does, the cosine without its scale", async () => {
    for (const distance of ["euclidean", "sqEuclidean", "cosine", "dot", "manhattan"] as const) {
      const head = createHead(headSettings("siamese", { distance, scale: 1, decision: "support" }));
      const program = eagerExecutor().program((t) => ({
        pairs: head.pairScores(t, t.a as tf.Tensor, t.b as tf.Tensor),
        matrix: head.scores(t, (t.a as tf.Tensor).reshape([1, 7, 1, 5]), (t.b as tf.Tensor).reshape([1, 7, 5])),
      }));
      const random = (k: number): FloatTensor =>
        float32(
          Array.from({ length: 35 }, (_, i) => Math.sin(k * (i + 1))),
          [7, 5],
        );
      const out = await program.run({ a: random(1), b: random(2) });
      for (let i = 0; i < 7; i++) expect(out.pairs?.data[i]).toBeCloseTo(out.matrix?.data[i * 7 + i] as number, 4);
    }
  });

  it("learns by squared error on similarities and by the contrastive loss on distances", () => {
    expect(headSettings("siamese").loss).toBe("squaredError");
    expect(headSettings("siamese", { distance: "euclidean" }).loss).toBe("contrastive");
    expect(headSettings("siamese", { distance: "euclidean", loss: "squaredError" }).loss).toBe("squaredError");
    expect(headSettings("prototypical", { distance: "cosine" }).loss).toBe("crossEntropy");
  });
});

describe("cross-entropy", () => {
  it("is not moved by queries of no class", async () => {
    const head = createHead(headSettings("prototypical"));
    const program = eagerExecutor().program(lossOf(head));
    const before = await program.run(inputs);
    const other = fixture.labels.flat().indexOf(-1);
    const query = float32(Float32Array.from(inputs.query.data), [E, M, D]);
    query.data.fill(3, other * D, (other + 1) * D);
    const after = await program.run({ ...inputs, query });
    expect(after.loss?.data[0]).toBeCloseTo(before.loss?.data[0] as number, 6);
  });
});
