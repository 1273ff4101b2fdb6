/** Attention heads of sentences in bins: what tfjs computes on bins padded by hand, and no sentence sees another. */
import * as tf from "@tensorflow/tfjs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { type FloatTensor, float32, type HostTensor, type Tensors } from "../../lib/core/tensor.ts";
import { bert } from "../../lib/encoder/bert.ts";
import { attentionBias, type HeadPlaces, headPlaces, mergeHeads, splitHeads } from "../../lib/encoder/heads.ts";
import { gradientName, withGradients } from "../../lib/executor/gradients.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import { batchInputs, batchOf, batchSymbols } from "../../lib/model/inputs.ts";
import { packBatch } from "../../lib/tokenizer/batch.ts";
import type { Encoding } from "../../lib/tokenizer/types.ts";
import type { In } from "../executor/parts.ts";
import * as s from "../executor/support.ts";
import { tinyEncoder } from "../model/tiny.ts";

/** Sentences of so many tokens, of both types. */
function encodings(lengths: readonly number[], vocabSize: number): Encoding[] {
  const rng = random("heads");
  return lengths.map((n) => ({
    ids: Int32Array.from({ length: n }, () => rng.int(vocabSize)),
    typeIds: Int32Array.from({ length: n }, () => rng.int(2)),
  }));
}

// 107 tokens in bins [37], [31, 3] and [29, 7], so that rows stand in another order there.
const BATCH = packBatch(encodings([7, 37, 3, 31, 29], 11));
const [P, G, S, H, WIDTH] = [107, 3, 37, 5, 7];
const D = H * WIDTH;
const places: Tensors = { ...headPlaces(BATCH, H), binSentences: BATCH.binSentences };
const inputs: Tensors = {
  ...places,
  binIndex: BATCH.binIndex,
  unbinIndex: BATCH.unbinIndex,
  x: s.normal("x", [P, D]),
  binned: s.normal("binned", [G, H, S, WIDTH]), // padding has numbers of its own
  w: s.normal("w", [G, H, S, WIDTH]),
  v: s.normal("v", [P, D]),
};

const placesOf = (inputs: In): HeadPlaces => inputs as unknown as HeadPlaces;
const split = (inputs: In): tf.Tensor => splitHeads(inputs.x!, placesOf(inputs), H);
const merge = (inputs: In): tf.Tensor => mergeHeads(inputs.binned!, placesOf(inputs), H);
/** 1 for a token, 0 for padding: [G, 1, S, 1], as heads are multiplied with it. */
const real = ({ binSentences }: In): tf.Tensor =>
  tf.reshape(tf.cast(tf.greater(binSentences!, tf.scalar(0, "int32")), "float32"), [G, 1, S, 1]);

/** Rows into their places, padding zero, and the heads in front: all gradients are tfjs' own. */
function plainSplit(inputs: In): tf.Tensor {
  const rows = tf.gather(inputs.x!, tf.reshape(inputs.binIndex!, [-1]) as tf.Tensor1D); // [G * S, D]
  return tf.mul(tf.transpose(tf.reshape(rows, [G, S, H, WIDTH]), [0, 2, 1, 3]), real(inputs));
}

function plainMerge({ binned, unbinIndex }: In): tf.Tensor {
  const flat = tf.reshape(tf.transpose(binned!, [0, 2, 1, 3]), [G * S, D]);
  return tf.gather(flat, unbinIndex as tf.Tensor1D);
}

const data = (t: HostTensor | undefined): number[] => [...t!.data];

describe.each([s.compiled, s.eager])("heads of a packed batch on $name", (executor) => {
  const run = (fn: GraphFunction): Promise<Tensors> => s.runOn(executor, fn, inputs);
  const gradient = async (y: (inputs: In) => tf.Tensor, by: "w" | "v", of: "x" | "binned"): Promise<FloatTensor> => {
    const found = await run(withGradients((i) => ({ loss: tf.sum(tf.mul(y(i), i[by]!)) }), [of]));
    return found[gradientName(of)] as FloatTensor;
  };

  it("are the rows of the bins, reshaped and transposed", async () => {
    const found = await run((i) => ({ y: tf.mul(split(i), real(i)) }));
    const wanted = await run((i) => ({ y: plainSplit(i) }));
    expect(found.y?.shape).toEqual([G, H, S, WIDTH]);
    expect(found).toEqual(wanted);
  });

  it("are merged into the rows they came from", async () => {
    expect((await run((i) => ({ y: mergeHeads(split(i), placesOf(i), H) }))).y).toEqual(inputs.x);
  });

  it("are merged as they are transposed, reshaped and gathered", async () => {
    const found = await run((i) => ({ y: merge(i) }));
    expect(found.y?.shape).toEqual([P, D]);
    expect(found).toEqual(await run((i) => ({ y: plainMerge(i) })));
  });

  it("are split with the gradient of the plain way, and none comes from padding", async () => {
    s.expectClose(await gradient(split, "w", "x"), await gradient(plainSplit, "w", "x"));
  });

  it("are merged with the gradient of the plain way in each place of a token", async () => {
    const tokens = data(BATCH.binSentences).map((sentence) => sentence > 0);
    // Padding gets a row's gradient, of which splitting then keeps nothing.
    const kept = (t: FloatTensor): FloatTensor =>
      float32(
        t.data.map((v, i) => {
          const row = Math.floor(i / WIDTH); // of [G * H * S]
          return tokens[Math.floor(row / (H * S)) * S + (row % S)] ? v : 0;
        }),
        t.shape,
      );
    const wanted = await gradient(plainMerge, "v", "binned");
    expect(kept(await gradient(merge, "v", "binned"))).toEqual(wanted);
    expect(kept(wanted)).toEqual(wanted); // nothing of the plain one is left out
  });

  it("merged after they are split pass a gradient on as it is", async () => {
    expect(await gradient((i) => mergeHeads(split(i), placesOf(i), H), "v", "x")).toEqual(inputs.v);
  });
});

describe("heads of bins that are sentences", () => {
  const whole: Tensors = {
    binSentences: s.integers("whole", [G, S], 0, 2),
    x: s.normal("x", [G * S, D]),
    w: s.normal("w", [G, H, S, WIDTH]),
    v: s.normal("v", [G * S, D]),
  };

  it("are all their places, reshaped and transposed, and back with their gradients", async () => {
    const fn = withGradients(
      (i) => {
        const heads = split(i);
        const back = mergeHeads(heads, placesOf(i), H);
        return { loss: tf.add(tf.sum(tf.mul(heads, i.w!)), tf.sum(tf.mul(back, i.v!))), heads, back };
      },
      ["x"],
    );
    const found = await s.expectSame(fn, whole, { atol: 1e-4 });
    expect(found.back).toEqual(whole.x);
    const at = (g: number, h: number, place: number, d: number): number => ((g * H + h) * S + place) * WIDTH + d;
    const wanted = new Float32Array(G * S * D);
    for (let i = 0; i < wanted.length; i++) {
      const [row, column] = [Math.floor(i / D), i % D];
      const there = at(Math.floor(row / S), Math.floor(column / WIDTH), row % S, column % WIDTH);
      expect(found.heads?.data[there]).toBe(whole.x?.data[i]);
      wanted[i] = whole.w!.data[there]! + whole.v!.data[i]!;
    }
    s.expectClose(found[gradientName("x")], float32(wanted, [G * S, D]));
  });
});

describe("headPlaces", () => {
  it("leads every head of every row to its bin and back", () => {
    const batches = fc.array(fc.integer({ min: 1, max: 43 }), { minLength: 1, maxLength: 13 });
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 7 }), (lengths, heads) => {
        const batch = packBatch(encodings(lengths, 11));
        const { toHeads, fromHeads } = headPlaces(batch, heads);
        const [bins, size] = batch.binIndex.shape as [number, number];
        const rows = batch.ids.data.length;
        expect([toHeads.shape, fromHeads.shape]).toEqual([
          [bins, heads, size],
          [rows, heads],
        ]);
        // Piece h of row p is number p * heads + h.
        expect(data(fromHeads).map((place) => toHeads.data[place])).toEqual([...fromHeads.data.keys()]);
        for (const [piece, place] of fromHeads.data.entries()) {
          const bin = Math.floor(place / (heads * size));
          expect(Math.floor(place / size) % heads).toBe(piece % heads);
          expect(bin * size + (place % size)).toBe(batch.unbinIndex.data[Math.floor(piece / heads)]);
        }
      }),
      { numRuns: 37 },
    );
  });
});

describe("attentionBias", () => {
  it("is 0 within a sentence, and -1e9 between sentences and between tokens and padding", async () => {
    const { bias } = await s.expectSame((i) => ({ bias: attentionBias(placesOf(i)) }), places);
    expect(bias?.shape).toEqual([G, 1, S, S]);
    const sentences = BATCH.binSentences.data;
    const pairs = new Set<string>();
    for (const [i, value] of bias!.data.entries()) {
      const bin = Math.floor(i / (S * S));
      const [from, to] = [sentences[bin * S + (Math.floor(i / S) % S)], sentences[bin * S + (i % S)]];
      expect(value).toBe(from === to ? 0 : -1e9);
      pairs.add(`${from} ${to}`);
    }
    // 0 is padding: the first bin has none.
    expect([...pairs].sort()).toEqual(
      "0 0,0 1,0 3,0 4,0 5,1 0,1 1,1 5,2 2,3 0,3 3,3 4,4 0,4 3,4 4,5 0,5 1,5 5".split(","),
    );
  });
});

describe("attention", () => {
  const BEFORE = [13, 1, 7, 2, 11];
  const rowsOf = (b: number): number => BEFORE.slice(0, b).reduce((sum, n) => sum + n, 0);

  it("gives each of 5 sentences in one batch the hidden states that it has alone", async () => {
    const { params, config } = await tinyEncoder();
    const sentences = encodings(BEFORE, config.vocabSize);
    const states = (lastClsOnly: boolean) => (x: In) =>
      Object.fromEntries(bert(x, batchOf(x), config, { lastClsOnly }).map((h, i) => [`${i}`, h]));
    const packed = packBatch(sentences);
    expect(packed.binSentences.shape).toEqual([2, 32]); // four of them are neighbours
    for (const lastClsOnly of [false, true]) {
      const program = s.compiled.program(states(lastClsOnly), { symbols: batchSymbols("B") });
      const run = (batch: typeof packed): Promise<Tensors> => program.run({ ...params, ...batchInputs(batch, config) });
      const together = await run(packed);
      for (const [b, sentence] of sentences.entries()) {
        const alone = await run(packBatch([sentence]));
        expect(Object.keys(alone)).toHaveLength(config.layers + 1);
        for (const [name, state] of Object.entries(alone)) {
          const first = lastClsOnly && name === `${config.layers}` ? b : rowsOf(b);
          const found = (together[name] as FloatTensor).data
            .subarray(first * config.hiddenSize)
            .slice(0, state.data.length);
          s.expectClose(float32(found, state.shape), state, { atol: 1e-5 });
        }
      }
      await program.dispose();
    }
  });

  it("gives parameters the gradient of a sentence alone, whatever stands beside it", async () => {
    const { params, config } = await tinyEncoder();
    const sentences = encodings(BEFORE, config.vocabSize);
    const length = BEFORE[0]!;
    const parameters = Object.keys(params).filter((name) => !name.startsWith("pooler"));
    const fn = withGradients((x) => {
      const last = bert(x, batchOf(x), config)[config.layers]!;
      return { loss: tf.sum(tf.mul(tf.slice(last, [0, 0], [length, config.hiddenSize]), x.weights!)) };
    }, parameters);
    const run = (batch: readonly Encoding[]): Promise<Tensors> =>
      s.runOn(s.compiled, fn, {
        ...params,
        ...batchInputs(packBatch(batch), config),
        weights: s.normal("weights", [length, config.hiddenSize]),
      });
    const [together, alone] = [await run(sentences), await run(sentences.slice(0, 1))];
    const { loss: _, ...gradients } = alone;
    const largest = Object.values(gradients)
      .flatMap(data)
      .reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    s.expectAllClose(together, alone, { rtol: 1e-4, atol: 1e-5 * largest });
  });
});
