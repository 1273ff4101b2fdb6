import type * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { type FloatTensor, float32, int32, type Tensors } from "../../lib/core/tensor.ts";
import { bert } from "../../lib/encoder/bert.ts";
import { paddedBatch, paddedBert } from "../../lib/encoder/padded.ts";
import { batchInputs, batchOf } from "../../lib/model/inputs.ts";
import { packBatch, padBatch } from "../../lib/tokenizer/batch.ts";
import type { Encoding } from "../../lib/tokenizer/types.ts";
import { runOn } from "../executor/support.ts";
import { compiled, tinyEncoder } from "../model/tiny.ts";

const B = 5;
const T = 13;

/** Sentences of 13, 1, 7, 2 and 11 tokens of both types. */
function encodings(vocabSize: number): Encoding[] {
  const rng = random("padded");
  return [T, 1, 7, 2, 11].map((n) => ({
    ids: Int32Array.from({ length: n }, () => rng.int(vocabSize)),
    typeIds: Int32Array.from({ length: n }, () => rng.int(2)),
  }));
}

/** The same sentences with 0 or any other token after their ends. */
function paddedInputs(sentences: readonly Encoding[], junk?: number): Tensors {
  const { ids, typeIds, mask } = padBatch(sentences, junk ?? 0);
  const types = typeIds.data.map((type, i) => (junk !== undefined && !mask.data[i] ? 1 : type));
  const places = int32(
    Int32Array.from({ length: B * T }, (_, i) => i),
    [B, T],
  );
  return { ids, typeIds: int32(types, [B, T]), mask, places };
}

type Padded = Parameters<typeof paddedBatch>[0];

describe("BERT on a padded batch", () => {
  it("gives every token the hidden state of the packed one, whatever stands in padding", async () => {
    const { params, config } = await tinyEncoder();
    const sentences = encodings(config.vocabSize);
    const packed = await runOn(compiled, (x) => ({ last: bert(x, batchOf(x), config)[config.layers] as tf.Tensor }), {
      ...params,
      ...batchInputs(packBatch(sentences), config),
    });
    const last = (packed.last as FloatTensor).data;
    const D = config.hiddenSize;
    for (const junk of [undefined, 17]) {
      const { states } = await runOn(compiled, (x) => ({ states: paddedBert(x, x as unknown as Padded, config) }), {
        ...params,
        ...paddedInputs(sentences, junk),
      });
      expect(states?.shape).toEqual([B, T, D]);
      let row = 0;
      sentences.forEach(({ ids }, b) => {
        for (let t = 0; t < ids.length; t++, row++) {
          const found = (states as FloatTensor).data.subarray((b * T + t) * D, (b * T + t + 1) * D);
          const wanted = last.subarray(row * D, (row + 1) * D);
          found.forEach((v, i) => {
            expect(Math.abs(v - wanted[i]!), `sentence ${b}, token ${t}`).toBeLessThan(1e-5);
          });
        }
      });
      expect(row).toBe(34);
    }
  });

  it("is the packed batch of B sentences of T tokens each where nothing is padding", async () => {
    const whole = encodings(23).map((_, b) => ({ ids: new Int32Array(T).fill(b), typeIds: new Int32Array(T).fill(1) }));
    const made = await runOn(compiled, (x) => ({ ...paddedBatch(x as unknown as Padded) }), paddedInputs(whole));
    const { mask, binIndex: _, binSentences: __, unbinIndex: ___, ...rest } = packBatch(whole);
    const { binSentences, ...same } = made; // bins are sentences here: a place is a token of its own, or padding
    expect(same).toEqual({ ...rest, mask: float32([...mask.data], [B, T]) });
    expect([binSentences?.shape, ...(binSentences?.data ?? [])]).toEqual([[B, T], ...mask.data]);
  });
});
