/** Model files that stand alone, as onnxruntime reads them. */
import * as tf from "@tensorflow/tfjs";
import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import type { FloatTensor } from "../../lib/core/tensor.ts";
import { fromF16, toF16 } from "../../lib/encoder/half.ts";
import { byteLength, int32Name, linkOnnx } from "../../lib/executor/link.ts";
import { lower } from "../../lib/executor/lower.ts";
import { trace } from "../../lib/executor/trace.ts";
import * as s from "./support.ts";

const table = s.normal("table", [11, 3]);
const scale = s.normal("scale", [3]);
const SHAPE = ["rows", 2] as const;

/** Rows of a table by index, scaled: ids [rows, 2] -> [rows, 2, 3]. */
function program() {
  return lower(
    trace((x) => ({ y: tf.mul(tf.gather(x.table!, x[int32Name("ids")] as tf.Tensor2D), x.scale!) }), {
      [int32Name("ids")]: { shape: SHAPE, dtype: "int32" },
      table: { shape: [11, 3], dtype: "float32" },
      scale: { shape: [3], dtype: "float32" },
    }),
  );
}

async function run(parts: Uint8Array[], ids: readonly number[]) {
  const session = await ort.InferenceSession.create(Buffer.concat(parts), { intraOpNumThreads: 1 });
  const shape = [ids.length / 2, 2];
  const fetched = await session.run({ ids: new ort.Tensor("int64", BigInt64Array.from(ids.map(BigInt)), shape) });
  const y = fetched.y as ort.Tensor;
  return { session, shape: y.dims, data: [...(y.data as Float32Array)] };
}

describe("a linked model", () => {
  const expected = (values: { table: Float32Array; scale: Float32Array }, ids: readonly number[]): number[] =>
    ids.flatMap((id) => [0, 1, 2].map((i) => Math.fround(values.table[3 * id + i]! * values.scale[i]!)));
  const ids = [10, 0, 3, 3, 7, 1];

  it("has its parameters inside and takes int64 of any size under the names asked for", async () => {
    const store = (t: FloatTensor) => t.data;
    const parts = linkOnnx(program(), [{ name: "ids", shape: SHAPE }], { table, scale, unused: scale }, { store });
    const { session, shape, data } = await run(parts, ids);
    expect(session.inputMetadata).toMatchObject([{ name: "ids", isTensor: true, type: "int64", shape: ["rows", 2] }]);
    expect(session.outputNames).toEqual(["y"]);
    expect([shape, data]).toEqual([[3, 2, 3], expected({ table: table.data, scale: scale.data }, ids)]);
    expect(parts).toContainEqual(new Uint8Array(table.data.buffer));
    expect(byteLength(parts)).toBe(Buffer.concat(parts).length);
  });

  it("stores halves where asked, and computes with the float32 numbers that they are", async () => {
    const store = (t: FloatTensor) => (t === table ? toF16(t.data) : t.data);
    const parts = linkOnnx(program(), [{ name: "ids", shape: SHAPE }], { table, scale }, { store });
    const { data } = await run(parts, ids);
    expect(data).toEqual(expected({ table: fromF16(toF16(table.data)), scale: scale.data }, ids));
    expect(data).not.toEqual(expected({ table: table.data, scale: scale.data }, ids));
  });

  it("is an error where nothing gives an input of the program", () => {
    const store = (t: FloatTensor) => t.data;
    const link = (params: Record<string, FloatTensor>, name = "ids") =>
      linkOnnx(program(), [{ name, shape: SHAPE }], params, { store });
    expect(() => link({ table })).toThrow("link: nothing to take the program's input 'scale' from");
    expect(() => link({ table, scale }, "other")).toThrow("input 'ids.int32'");
  });
});
