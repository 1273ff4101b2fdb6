/** Tensors in safetensors files (https://github.com/huggingface/safetensors): read with checks, and written. */
import { type FileHandle, open } from "node:fs/promises";
import { InputError, messageOf } from "../core/errors.ts";
import { type HostTensor, sizeOf } from "../core/tensor.ts";
import { fromBF16, fromF16, toF16 } from "./half.ts";
import { bits, type Entry, type Header, parseHeader } from "./safetensors-header.ts";

export interface SafetensorsFile {
  /** F32, F16 and BF16 as float32, I32 as int32, BOOL as bool. They share one buffer where the file allows that. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** What tensors of other types there are, such as I64: their names, types and shapes. */
  readonly skipped: ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>;
  /** Texts that the writer put into the header. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads a whole file. Throws InputError when it is not one, saying which tensor is at fault. */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path, "r").catch((error: unknown) => {
    throw new InputError(`${path}: cannot read the tensors: ${messageOf(error)}`);
  });
  try {
    const { size } = await file.stat();
    const start = new DataView(await read(file, 0, Math.min(8, size), path));
    if (size < 8)
      throw new InputError(`${path}: not a safetensors file: ${size} bytes; the length of its header takes 8`);
    const length = start.getBigUint64(0, true);
    if (length > BigInt(size - 8)) {
      throw new InputError(
        `${path}: not a safetensors file, or cut off: a header of ${length} bytes in a file of ${size}`,
      );
    }
    const dataSize = size - 8 - Number(length);
    const header = parseHeader(await read(file, 8, Number(length), path), dataSize, path);
    return decode(header, await read(file, size - dataSize, dataSize, path));
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, position: number, length: number, path: string): Promise<ArrayBuffer> {
  const buffer = new ArrayBuffer(length);
  const atOnce = 1 << 30; // a single read cannot take 2 GiB
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(new Uint8Array(buffer, done), {
      position: position + done,
      length: Math.min(atOnce, length - done),
    });
    if (bytesRead === 0) throw new InputError(`${path}: the file became shorter while it was being read`);
    done += bytesRead;
  }
  return buffer;
}

function decode(header: Header, data: ArrayBuffer): SafetensorsFile {
  const tensors = new Map<string, HostTensor>();
  const skipped = new Map<string, { dtype: string; shape: readonly number[] }>();
  for (const [name, entry] of header.entries) {
    const tensor = hostTensor(entry, data);
    if (tensor) tensors.set(name, tensor);
    else skipped.set(name, { dtype: entry.dtype, shape: entry.shape });
  }
  return { tensors, skipped, metadata: header.metadata };
}

function hostTensor({ dtype, shape, begin, end }: Entry, data: ArrayBuffer): HostTensor | undefined {
  const aligned = (begin * 8) % (bits[dtype] as number) === 0;
  const buffer = aligned ? data : data.slice(begin, end); // a typed array must begin at a multiple of its element size
  const at = aligned ? begin : 0;
  const n = sizeOf(shape);
  switch (dtype) {
    case "F32":
      return { dtype: "float32", shape, data: new Float32Array(buffer, at, n) };
    case "F16":
      return { dtype: "float32", shape, data: fromF16(new Uint16Array(buffer, at, n)) };
    case "BF16":
      return { dtype: "float32", shape, data: fromBF16(new Uint16Array(buffer, at, n)) };
    case "I32":
      return { dtype: "int32", shape, data: new Int32Array(buffer, at, n) };
    case "BOOL":
      return { dtype: "bool", shape, data: new Uint8Array(buffer, at, n) };
    default:
      return undefined;
  }
}

export interface EncodeSafetensorsOptions {
  /** How float32 tensors are stored. F16 halves the file and rounds. Default "F32". */
  readonly dtype?: "F32" | "F16";
  /** Texts for the header, such as `{format: "pt"}`, which Hugging Face asks for. Default none. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The parts of a safetensors file, for `writeAtomic`: byte for byte what Python's library writes. F32 parts are views of
 * the tensors, so that nothing large is copied.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, HostTensor> | Readonly<Record<string, HostTensor>>,
  options: EncodeSafetensorsOptions = {},
): Uint8Array[] {
  const { dtype = "F32", metadata } = options;
  const given: Iterable<[string, HostTensor]> = tensors instanceof Map ? tensors : Object.entries(tensors);
  const stored = [...given].map(([name, tensor]) => {
    const type = { float32: dtype, int32: "I32", bool: "BOOL" }[tensor.dtype];
    const size = (sizeOf(tensor.shape) * (bits[type] as number)) / 8;
    return { name, key: Buffer.from(name), type, size, tensor };
  });
  // The widest types first, so that all are aligned; then names by their UTF-8 bytes.
  const rank = ["F32", "I32", "F16", "BOOL"];
  stored.sort((a, b) => rank.indexOf(a.type) - rank.indexOf(b.type) || Buffer.compare(a.key, b.key));
  const entries: [string, unknown][] = metadata === undefined ? [] : [["__metadata__", metadata]];
  let offset = 0;
  for (const { name, type, size, tensor } of stored) {
    if (name === "__metadata__")
      throw new InputError("a tensor cannot be called __metadata__: safetensors keeps that name");
    entries.push([name, { dtype: type, shape: tensor.shape, data_offsets: [offset, offset + size] }]);
    offset += size;
  }
  const json = `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  const bytes = new TextEncoder().encode(json);
  const header = new Uint8Array(8 + Math.ceil(bytes.length / 8) * 8).fill(0x20);
  header.set(bytes, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  return [header, ...stored.map(({ type, tensor }) => toBytes(type, tensor))];
}

function toBytes(type: string, { data }: HostTensor): Uint8Array {
  const stored = type === "F16" ? toF16(data as Float32Array) : data;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}
