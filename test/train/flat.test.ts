import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { float32, type Params, sizeOf } from "../../lib/core/tensor.ts";
import { flats, join, pack, split, sumOfSquares, unpack } from "../../lib/train/flat.ts";
import { NO_DECAY } from "../../lib/train/optimizer.ts";
import { compiled, eager, expectClose, normal, runOn } from "../executor/support.ts";

const noDecay = (name: string): boolean => NO_DECAY.test(name);
const params: Params = {
  "embeddings.weight": normal("e", [31, 13]),
  "embeddings.LayerNorm.weight": normal("l", [13]),
  "layer.weight": normal("w", [13, 7]),
  "layer.bias": normal("b", [7]),
  "head.scale": normal("s", []),
};
const names = Object.keys(params);

describe("parameters as long vectors", () => {
  it("are in one vector with decay and one without, each padded to a multiple of 4,096", () => {
    const [decays, rest, ...others] = flats(params, names, noDecay);
    expect(others).toEqual([]);
    expect(decays).toEqual({
      decays: true,
      length: 4096,
      parts: [
        { name: "embeddings.weight", shape: [31, 13], at: 0 },
        { name: "layer.weight", shape: [13, 7], at: 403 },
        { name: "head.scale", shape: [], at: 494 },
      ],
    });
    expect(rest?.parts.map((p) => p.name)).toEqual(["embeddings.LayerNorm.weight", "layer.bias"]);
    expect(rest?.decays).toBe(false);
  });

  it("keep large parameters apart, and end a vector where it would be too long to bind", () => {
    const big = (n: number) => float32(new Float32Array(n), [n]);
    const many: Params = {
      "table.weight": big(2 ** 21),
      ...Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`${i}.weight`, big(2_000_003)])),
    };
    const found = flats(many, Object.keys(many), noDecay);
    expect(found.map((f) => f.parts.length)).toEqual([1, 8, 3]);
    for (const { length } of found) expect(length).toBeLessThanOrEqual(2 ** 24);
    expect(found.flatMap((f) => f.parts.map((p) => p.name)).sort()).toEqual(Object.keys(many).sort());
  });

  it("come back as they were, whatever their shapes", () => {
    const shape = fc.array(fc.integer({ min: 1, max: 11 }), { maxLength: 3 });
    fc.assert(
      fc.property(fc.array(shape, { minLength: 1, maxLength: 7 }), (shapes) => {
        const made: Params = Object.fromEntries(
          shapes.map((s, i) => [`${i}.${i % 2 ? "bias" : "weight"}`, normal(`${i}`, s)]),
        );
        const vectors = flats(made, Object.keys(made), noDecay);
        const back = Object.assign({}, ...vectors.map((v) => unpack(v, pack(v, made)))) as Params;
        expect(Object.keys(back).sort()).toEqual(Object.keys(made).sort());
        for (const [name, tensor] of Object.entries(made)) expect(back[name]).toEqual(tensor);
        for (const v of vectors) {
          const used = v.parts.reduce((sum, p) => sum + sizeOf(p.shape), 0);
          expect(
            pack(v, made)
              .data.subarray(used)
              .every((x) => x === 0),
          ).toBe(true);
        }
      }),
      { numRuns: 53 },
    );
  });
});

describe.each([eager, compiled])("in a graph on $name", (executor) => {
  it("are split and joined without a change, and their squares add up", async () => {
    for (const vector of flats(params, names, noDecay)) {
      const packed = pack(vector, params);
      const out = await runOn(
        executor,
        ({ x }) => {
          const parts = split(vector, x as tf.Tensor);
          const doubled = Object.fromEntries(Object.entries(parts).map(([name, t]) => [name, tf.mul(t, 2)]));
          return { ...parts, joined: join(vector, doubled), squares: sumOfSquares(vector, x as tf.Tensor) };
        },
        { x: packed },
      );
      for (const { name } of vector.parts) expect(out[name]).toEqual(params[name]);
      expect(out.joined?.data).toEqual(packed.data.map((x) => 2 * x));
      const wanted = packed.data.reduce((sum, x) => sum + x * x, 0);
      expectClose(out.squares, float32([wanted], []), { rtol: 1e-5 });
    }
  });
});
