import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { type FloatTensor, float32, int32, type Params } from "../../lib/core/tensor.ts";
import { loadEncoder } from "../../lib/encoder/encoder.ts";
import { initialParams, mlmLoss, mlmShapes } from "../../lib/encoder/mlm.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";
import { densify, gradientName, gradientOf, isSparse, withGradients } from "../../lib/executor/gradients.ts";
import { batchOf, batchSymbols, maskedOf } from "../../lib/model/inputs.ts";
import { EMBEDDING_TABLES } from "../../lib/model/objective.ts";
import { MASKED_SYMBOLS } from "../../lib/pretrain/masking.ts";
import { newEncoder } from "../../lib/pretrain/pretrain.ts";
import { batchFrom, readExpected } from "./expected.ts";

const FIXTURES = "test/fixtures/encoder";

describe.each([compiledExecutor(), eagerExecutor()])("the masked-language-model head on $name", (executor) => {
  it("has the loss and gradients of Hugging Face's BertForMaskedLM, the tied word embeddings among them", async () => {
    // Expected values: test/reference/mlm.py
    const encoder = await loadEncoder(join(FIXTURES, "tiny-zh"));
    const expected = await readExpected(join(FIXTURES, "mlm.safetensors"));
    const inputs = batchFrom(await readExpected(join(FIXTURES, "tiny-zh-gelu.safetensors")), encoder.config);
    const names = Object.keys(mlmShapes(encoder.config));
    const params: Params = {
      ...encoder.params,
      ...Object.fromEntries(names.map((n) => [n, expected.float(`head.${n}`)])),
    };
    const rows = expected.ints("rows");
    const p = inputs["batch.ids"]!.data.length;
    const places = new Int32Array(p);
    const chosen = new Float32Array(p);
    rows.forEach((row, i) => {
      places[row] = i;
      chosen[row] = 1;
    });
    const program = executor.program(
      withGradients((t) => mlmLoss(t, batchOf(t), maskedOf(t), encoder.config), Object.keys(params), {
        unused: "skip",
      }),
      { symbols: { ...batchSymbols("B"), ...MASKED_SYMBOLS }, sparse: EMBEDDING_TABLES.map(gradientName) },
    );
    const out = await program.run({
      ...params,
      ...inputs,
      "masked.rows": int32(rows, [rows.length]),
      "masked.places": int32(places, [p]),
      "masked.chosen": float32(chosen, [p]),
      "masked.targets": int32(expected.ints("targets"), [rows.length]),
    });
    await program.dispose();
    expect(out.loss?.data[0]).toBeCloseTo(expected.float("loss").data[0] as number, 4);
    const wanted = [...expected.tensors.keys()].filter((n) => n.startsWith("grad."));
    expect(wanted.length).toBeGreaterThan(15);
    for (const key of wanted) {
      const name = key.slice("grad.".length);
      const g = gradientOf(out, name);
      const found: FloatTensor = isSparse(g) ? densify(g, params[name]!.shape) : g;
      const full = expected.float(key);
      const norm = Math.sqrt(full.data.reduce((a, v) => a + v * v, 0));
      const worst = full.data.reduce((a, v, i) => Math.max(a, Math.abs(v - (found.data[i] as number))), 0);
      expect(worst, name).toBeLessThan(Math.max(1e-3 * norm, 1e-6));
    }
  });
});

describe("fresh parameters", () => {
  it("follow the seed, are small, and have no pooler", async () => {
    const { config, tokenizer } = await loadEncoder(join(FIXTURES, "tiny-zh"));
    const fresh = (seed: number): Params => ({
      ...newEncoder(config, tokenizer, seed).params,
      ...initialParams(Object.entries(mlmShapes(config)), random(seed)),
    });
    const [a, b, c] = [fresh(3), fresh(3), fresh(4)];
    expect(a).toEqual(b);
    const name = "encoder.layer.1.output.dense.weight";
    expect(a[name]).not.toEqual(c[name]);
    const data = a[name]!.data;
    expect(Math.sqrt(data.reduce((s, v) => s + v * v, 0) / data.length)).toBeCloseTo(0.02, 3);
    expect(Object.keys(a).filter((n) => n.startsWith("pooler."))).toEqual([]);
    expect([...a["encoder.layer.0.output.LayerNorm.weight"]!.data].every((v) => v === 1)).toBe(true);
    expect([...a["cls.predictions.bias"]!.data].every((v) => v === 0)).toBe(true);
  });
});
