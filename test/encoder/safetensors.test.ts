/** Safetensors files: equal to Python's both ways, and checked. test/reference/safetensors_files.py made the fixtures. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { writeAtomic } from "../../lib/core/files.ts";
import { type FloatTensor, float32, type HostTensor, int32 } from "../../lib/core/tensor.ts";
import { fromBF16, fromF16, toF16 } from "../../lib/encoder/half.ts";
import { encodeSafetensors, readSafetensors } from "../../lib/encoder/safetensors.ts";

const fixtures = "test/fixtures/encoder/safetensors";
const values = JSON.parse(readFileSync(join(fixtures, "values.json"), "utf8")) as {
  files: Record<string, Record<string, { shape: number[]; dtype: string; bits?: number[]; data?: number[] }>>;
  rounding: { f32: number[]; f16: number[] };
  digests: { f16: string; bf16: string };
};
const root = mkdtempSync(join(tmpdir(), "safetensors-"));
afterAll(() => rmSync(root, { recursive: true }));

/** The bits of floats, every NaN as one. */
const floatBits = (data: Float32Array): Uint32Array =>
  new Uint32Array(data.slice().buffer).map((bits, i) => (Number.isNaN(data[i]) ? 0x7fc00000 : bits));
const plain = ({ dtype, shape, data }: HostTensor): object =>
  dtype === "float32"
    ? { dtype, shape, bits: [...floatBits(data)] }
    : { dtype, shape, data: Array.from(data, (x) => (dtype === "bool" ? x === 1 : x)) };

describe("readSafetensors", () => {
  it.each(["f32", "f16", "bf16", "mixed"])("reads what Python wrote, bit for bit: %s", async (name) => {
    const { tensors, skipped } = await readSafetensors(join(fixtures, `${name}.safetensors`));
    const found = Object.fromEntries([...tensors].map(([key, tensor]) => [key, plain(tensor)]));
    expect(found).toEqual(values.files[name]);
    expect(skipped.size).toBe(0);
  });

  it("gives the header's texts", async () => {
    expect((await readSafetensors(join(fixtures, "mixed.safetensors"))).metadata).toEqual({ format: "pt" });
    expect((await readSafetensors(join(fixtures, "f32.safetensors"))).metadata).toEqual({});
  });

  it("leaves types out that the kit does not compute with, and names them", async () => {
    const { tensors, skipped } = await readSafetensors(join(fixtures, "skipped.safetensors"));
    expect([...tensors.keys()]).toEqual(["kept"]);
    expect(Object.fromEntries(skipped)).toEqual({
      "embeddings.position_ids": { dtype: "I64", shape: [1, 11] },
      double: { dtype: "F64", shape: [1] },
      bytes: { dtype: "U8", shape: [3] },
    });
  });

  it("reads numbers that do not stand at a multiple of their size", async () => {
    const flag = { dtype: "BOOL", shape: [1], data_offsets: [0, 1] };
    const number = { dtype: "F32", shape: [1], data_offsets: [1, 5] };
    const data = Buffer.concat([Buffer.from([1]), Buffer.from(Float32Array.of(0.75).buffer)]);
    const { tensors } = await readSafetensors(file({ flag, number }, data));
    expect(tensors.get("number")?.data).toEqual(Float32Array.of(0.75));
  });
});

describe("encodeSafetensors", () => {
  it.each([
    ["f32", undefined, "F32"],
    ["mixed", { format: "pt" }, "F32"],
    ["f16", undefined, "F16"],
  ] as const)("writes byte for byte what Python writes: %s", async (name, metadata, dtype) => {
    const path = join(fixtures, `${name}.safetensors`);
    const tensors = new Map([...(await readSafetensors(path)).tensors].reverse());
    const parts = encodeSafetensors(tensors, { dtype, ...(metadata && { metadata }) });
    expect(Buffer.concat(parts)).toEqual(readFileSync(path));
  });

  it("gives back what it is given", async () => {
    const tensor = fc
      .array(fc.float({ noDefaultInfinity: false }), { maxLength: 13 })
      .map((data): FloatTensor => float32(data, [1, data.length]));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: "grapheme", minLength: 1 }), tensor), async (record) => {
        const { tensors } = await roundTrip(record);
        expect([...tensors.keys()].sort()).toEqual(Object.keys(record).sort());
        for (const [name, { shape, data }] of Object.entries(record))
          expect(plain(tensors.get(name) as HostTensor)).toEqual({
            dtype: "float32",
            shape,
            bits: [...floatBits(data)],
          });
      }),
      { numRuns: 31 },
    );
  });

  it("copies no float32 numbers", () => {
    const data = Float32Array.of(1, 2, 3, 4, 5);
    const [, part] = encodeSafetensors({ x: float32(data.subarray(1, 4), [3]) });
    expect(part?.buffer).toBe(data.buffer);
    expect(part?.length).toBe(12);
  });

  it("refuses the name that the format keeps for itself", () => {
    expect(() => encodeSafetensors({ __metadata__: int32([1], [1]) })).toThrow(InputError);
  });
});

describe("half precision", () => {
  const sha = (data: Float32Array): string =>
    createHash("sha256")
      .update(new Uint8Array(floatBits(data).buffer))
      .digest("hex");
  const every = Uint16Array.from({ length: 65536 }, (_, i) => i);

  it("is read as numpy and torch read it, all 65,536 numbers", () => {
    expect(sha(fromF16(every))).toBe(values.digests.f16);
    expect(sha(fromBF16(every))).toBe(values.digests.bf16);
  });

  it("is rounded to as numpy rounds", () => {
    const { f32, f16 } = values.rounding;
    const halves = toF16(new Float32Array(Uint32Array.from(f32).buffer));
    expect([...halves]).toEqual(f16);
  });

  it("comes back from float32 unchanged", () => {
    expect(toF16(fromF16(every))).toEqual(every);
  });
});

describe("a file that is not right", () => {
  const a = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  it.each([
    ["too short", Buffer.from("abc"), /not a safetensors file: 3 bytes/],
    [
      "a zip",
      Buffer.from("PK\u0003\u0004 and so on and on"),
      /not a safetensors file, or cut off: a header of \d+ bytes/,
    ],
    ["cut in its header", encode({ a }, 8).subarray(0, 20), /cut off/],
    ["not JSON", raw("{]", 0), /:1: the header of the tensors is not JSON/],
    ["a list", raw("[]", 0), /header of the tensors is no JSON object/],
    ["cut in its numbers", encode({ a }, 7), /tensor 'a' has bytes 0 \.\. 8, but the file has 7 bytes of numbers/],
    ["too long", encode({ a }, 9), /the tensors end at byte 8, but the file has 9 bytes of numbers/],
    ["of an unknown type", encode({ a: { ...a, dtype: "Q4" } }, 8), /tensor 'a' has type "Q4"; wanted one of F64/],
    [
      "of a negative shape",
      encode({ a: { ...a, shape: [-2] } }, 8),
      /tensor 'a' has shape \[-2\]; wanted whole numbers/,
    ],
    ["of a wrong shape", encode({ a: { ...a, shape: [3] } }, 8), /tensor 'a' has 8 bytes; F32\[3\] takes 12/],
    [
      "without offsets",
      encode({ a: { dtype: "F32", shape: [2] } }, 8),
      /tensor 'a' has data_offsets undefined; wanted/,
    ],
    ["nothing", encode({ a: null }, 0), /tensor 'a' has type undefined/],
    [
      "overlapping",
      encode({ a, b: { ...a, data_offsets: [4, 12] } }, 12),
      /tensor 'b' at byte 4 overlaps the one before/,
    ],
    [
      "with a hole",
      encode({ a, b: { ...a, data_offsets: [9, 17] } }, 17),
      /tensor 'b' at byte 9 leaves 1 byte before it/,
    ],
    ["with a name twice", raw(`{"a":${JSON.stringify(a)},"a":${JSON.stringify(a)}}`, 8), /tensor 'a' stands twice/],
    [
      "with numbers as texts",
      encode({ __metadata__: { epoch: 3 }, a }, 8),
      /__metadata__ in the header is not an object/,
    ],
  ])("is refused with its name: %s", async (_, bytes, message) => {
    const path = join(root, "wrong.safetensors");
    writeFileSync(path, bytes);
    const error: unknown = await readSafetensors(path).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toContain(path);
  });

  it("is refused when it is not there", async () => {
    await expect(readSafetensors(join(root, "none"))).rejects.toThrow(/none: cannot read the tensors: ENOENT/);
  });
});

/** A file of a header and as many bytes of numbers. */
function raw(header: string, size: number): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(size)]);
}

function encode(header: Record<string, unknown>, size: number): Buffer {
  return raw(JSON.stringify(header), size);
}

function file(header: Record<string, unknown>, data: Uint8Array): string {
  const path = join(root, "right.safetensors");
  writeFileSync(path, Buffer.concat([encode(header, 0), data]));
  return path;
}

async function roundTrip(...args: Parameters<typeof encodeSafetensors>): ReturnType<typeof readSafetensors> {
  const path = join(root, "round.safetensors");
  await writeAtomic(path, encodeSafetensors(...args));
  return readSafetensors(path);
}
