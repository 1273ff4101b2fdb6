import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { type FloatTensor, float32, type Params } from "../../lib/core/tensor.ts";
import { densify, type SparseRows } from "../../lib/executor/gradients.ts";
import { adamW, NO_DECAY } from "../../lib/train/optimizer.ts";
import { mergeRows } from "../../lib/train/rows.ts";

type Numbers = Record<string, number[]>;
const fixture = JSON.parse(readFileSync("test/fixtures/train/adamw.json", "utf8")) as {
  start: Numbers;
  gradients: Numbers[];
  lr: number[];
  cases: Record<string, { betas: [number, number]; eps: number; decay: number; params: Numbers[] }>;
  uncorrected: { eps: number; decay: number; params: Numbers[] };
};

function tensors(numbers: Numbers): Params {
  return Object.fromEntries(Object.entries(numbers).map(([name, x]) => [name, float32(x, [x.length])]));
}

/** The largest difference, relative to numbers above 1. */
function distance(params: Params, expected: Numbers): number {
  const all = Object.entries(expected).flatMap(([name, x]) =>
    x.map((e, i) => Math.abs(e - (params[name] as FloatTensor).data[i]!) / Math.max(1, Math.abs(e))),
  );
  return Math.max(...all);
}

describe("AdamW", () => {
  it.each(Object.keys(fixture.cases))("goes where torch.optim.AdamW goes in 7 steps (%s)", (name) => {
    const { params: expected, ...options } = fixture.cases[name]!;
    const params = tensors(fixture.start);
    const optimizer = adamW(options);
    fixture.gradients.forEach((g, step) => {
      optimizer.update(params, tensors(g), fixture.lr[step]!);
      expect(distance(params, expected[step]!)).toBeLessThan(3e-7); // torch rounds between operations, this does not
    });
    expect(distance(params, fixture.start)).toBeGreaterThan(0.01);
  });

  it("goes where google-research/bert goes without bias correction", () => {
    const { params: expected, ...options } = fixture.uncorrected;
    const params = tensors(fixture.start);
    const optimizer = adamW({ ...options, biasCorrection: false });
    fixture.gradients.forEach((g, step) => {
      optimizer.update(params, tensors(g), fixture.lr[step]!);
      expect(distance(params, expected[step]!)).toBeLessThan(3e-7);
    });
  });

  it("has no decay on biases and normalisations", () => {
    const names = ["encoder.layer.0.attention.output.LayerNorm.weight", "LayerNorm.beta", "pooler.dense.bias", "bias"];
    for (const name of names) expect(name).toMatch(NO_DECAY);
    for (const name of ["pooler.dense.weight", "embeddings.word_embeddings.weight", "unbiased"]) {
      expect(name).not.toMatch(NO_DECAY);
    }
    const params = { "a.bias": float32([2], [1]), "a.weight": float32([2], [1]) };
    const zero = float32([0], [1]);
    adamW({ decay: 0.5 }).update(params, { "a.bias": zero, "a.weight": zero }, 0.5);
    expect(params["a.bias"].data[0]).toBe(2);
    expect(params["a.weight"].data[0]).toBe(1.5);
    adamW({ decay: 0.5, noDecay: (name) => name === "a.weight" }).update(params, { "a.weight": zero }, 0.5);
    expect(params["a.weight"].data[0]).toBe(1.5);
  });

  it("leaves a parameter without a gradient alone, and counts its updates apart", () => {
    const params = { a: float32([1], [1]), b: float32([1], [1]) };
    const one = float32([1], [1]);
    const optimizer = adamW();
    optimizer.update(params, { a: one }, 0.1);
    expect(params.b.data[0]).toBe(1);
    optimizer.update(params, { a: one, b: one }, 0.1);
    expect(optimizer.state().steps).toEqual({ a: 2, b: 1 });
    const fresh = { b: float32([1], [1]) };
    adamW().update(fresh, { b: one }, 0.1);
    expect(params.b.data[0]).toBe(fresh.b.data[0]);
  });

  it("takes gradients times a scale", () => {
    const [params, scaled] = [tensors(fixture.start), tensors(fixture.start)];
    const [a, b] = [adamW(), adamW()];
    for (const g of fixture.gradients) {
      a.update(params, tensors(Object.fromEntries(Object.entries(g).map(([n, x]) => [n, x.map((v) => v / 4)]))), 0.01);
      b.update(scaled, tensors(g), 0.01, 0.25);
    }
    expect(scaled).toEqual(params);
  });

  it("updates sparse gradients with repeated rows exactly as dense ones, over a restore too", () => {
    const [rows, width] = [11, 3];
    const step = fc.array(fc.integer({ min: 0, max: rows - 1 }), { maxLength: 7 });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 7 }), fc.integer(), fc.boolean(), (steps, seed, decays) => {
        const rng = random(seed);
        const draw = (n: number): Float32Array => Float32Array.from({ length: n * width }, () => rng.normal());
        const start = draw(rows);
        const dense = { "table.weight": float32(start.slice(), [rows, width]) };
        const sparse = { "table.weight": float32(start.slice(), [rows, width]) };
        const noDecay = (): boolean => !decays;
        const a = adamW({ noDecay });
        let b = adamW({ noDecay });
        steps.forEach((ids, i) => {
          const given: SparseRows = { rows: float32(draw(ids.length), [ids.length, width]), ids: Int32Array.from(ids) };
          const full = ids.length
            ? densify(given, [rows, width])
            : float32(new Float32Array(rows * width), [rows, width]);
          a.update(dense, { "table.weight": full }, 0.1, 0.7);
          b.update(sparse, { "table.weight": mergeRows(given) }, 0.1, 0.7);
          expect(bits(sparse["table.weight"])).toEqual(bits(dense["table.weight"]));
          if (i === 2) {
            const next = adamW({ noDecay });
            next.restore(b.state(), sparse);
            b = next;
          }
        });
        expect(b.state()).toEqual(a.state());
      }),
      { numRuns: 300 },
    );
  });

  it("takes dense and sparse gradients of one parameter in turn", () => {
    const rng = random(5);
    const params = { t: float32([1, 2, 3, 4, 5, 6], [3, 2]) };
    const other = { t: float32([1, 2, 3, 4, 5, 6], [3, 2]) };
    const [a, b] = [adamW(), adamW()];
    for (const sparse of [true, false, true, true, false]) {
      const rows: SparseRows = { rows: float32([rng.normal(), rng.normal()], [1, 2]), ids: Int32Array.of(1) };
      const dense = densify(rows, [3, 2]);
      if (!sparse) dense.data[0] = rng.normal();
      a.update(params, { t: sparse ? rows : dense }, 0.1);
      b.update(other, { t: dense }, 0.1);
    }
    expect(params).toEqual(other);
  });

  it("refuses a gradient for no parameter, a row out of range, and eps 0", () => {
    const params = { t: float32([1, 2], [2, 1]) };
    expect(() => adamW().update({}, params, 1)).toThrow("a gradient for 't', which is no parameter");
    const rows: SparseRows = { rows: float32([1], [1, 1]), ids: Int32Array.of(2) };
    expect(() => adamW().update(params, { t: rows }, 1)).toThrow("a gradient for row 2 of 2");
    expect(() => adamW({ eps: 0 })).toThrow("eps is 0, wanted more than 0");
  });

  it("refuses a state that does not fit the parameters", () => {
    const of = (n: number): Params => ({ t: float32(new Float32Array(n), [n]) });
    const state = { steps: { t: 1 }, m: of(2), v: of(2) };
    expect(() => adamW().restore(state, of(3))).toThrow("m of 't' is float32[2], the parameter float32[3]");
    expect(() => adamW().restore({ ...state, v: {} }, of(2))).toThrow("lacks v of 't'");
    expect(() => adamW().restore(state, {})).toThrow("has 't', which is not among the parameters");
  });
});

/** Bits, for which 0 and -0 differ. */
function bits({ data }: FloatTensor): Uint32Array {
  return new Uint32Array(data.buffer, data.byteOffset, data.length);
}
