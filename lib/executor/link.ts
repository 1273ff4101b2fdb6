/** From a lowered program to a model file that stands alone: parameters inside it, and int64 where int32 came in. */
import { PbfReader, PbfWriter } from "pbf";
import type { FloatTensor, Params } from "../core/tensor.ts";
import type { Dim } from "./graph.ts";
import type { Lowered } from "./lower.ts";
import { ELEMENT, FLOAT16 } from "./onnx.ts";

/** An int64 input of the file. In the program it is the int32 input `int32Name(name)`. */
export interface LongInput {
  readonly name: string;
  readonly shape: readonly Dim[];
}

export interface LinkOptions {
  /** How a float32 tensor is stored: as numbers of 4 bytes, or as halves that a Cast widens. */
  readonly store: (tensor: FloatTensor) => Float32Array | Uint16Array;
}

/** Under this name a program takes what the file takes as int64. */
export function int32Name(name: string): string {
  return `${name}.int32`;
}

const BYTES = 2; // protobuf's wire type of texts, bytes and messages

/**
 * The parts of an ONNX file, for `writeAtomic`; weights are views of what `store` gives, so that nothing large is
 * copied. `params` become initializers of their own names. Throws for an input of the program that is neither a
 * parameter nor one of `inputs`.
 */
export function linkOnnx(
  lowered: Lowered,
  inputs: readonly LongInput[],
  params: Params,
  { store }: LinkOptions,
): Uint8Array[] {
  const linked = lowered.inputs.filter((name) => params[name]);
  const known = new Set([...linked, ...inputs.map((i) => int32Name(i.name))]);
  const unknown = lowered.inputs.find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`link: nothing to take the program's input '${unknown}' from`);

  const head = new PbfWriter(); // of the graph: the order of nodes counts, that of other fields does not
  for (const { name } of inputs) writeCast(head, name, int32Name(name), ELEMENT.int32);
  const weights = linked.map((name): Uint8Array[] => {
    const tensor = params[name] as FloatTensor;
    const stored = store(tensor);
    const half = stored instanceof Uint16Array;
    if (half) writeCast(head, `${name}.half`, name, ELEMENT.float32);
    const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
    const type = half ? FLOAT16 : ELEMENT.float32;
    return [...initializerHead(half ? `${name}.half` : name, type, tensor.shape, bytes.length), bytes];
  });
  const model = new PbfReader(lowered.bytes);
  const file = new PbfWriter();
  model.readFields((field, _, r) => {
    if (field === 1) file.writeVarintField(1, r.readVarint());
    else if (field === 7) copyGraph(r.readBytes(), head);
    else file.writeBytesField(field, r.readBytes());
  }, undefined);
  for (const { name, shape } of inputs) head.writeMessage(11, writeLongPort, { name, shape });

  const graph = [head.finish(), ...weights.flat()];
  file.writeTag(7, BYTES);
  file.writeVarint(byteLength(graph));
  return [file.finish(), ...graph];
}

/** Bytes of all parts together. */
export function byteLength(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** All fields of a GraphProto but its inputs: nodes, name, initializers, outputs, which are all texts or messages. */
function copyGraph(graph: Uint8Array, w: PbfWriter): void {
  const input = 11;
  new PbfReader(graph).readFields((field, _, r) => {
    const content = r.readBytes();
    if (field !== input) w.writeBytesField(field, content);
  }, undefined);
}

/** A NodeProto that gives `from` the type `to` and the name `name`. */
function writeCast(w: PbfWriter, from: string, name: string, to: number): void {
  const attribute = (_: unknown, a: PbfWriter): void => {
    a.writeStringField(1, "to");
    a.writeVarintField(3, to);
    a.writeVarintField(20, 2); // the attribute is a whole number
  };
  const node = (_: unknown, n: PbfWriter): void => {
    n.writeStringField(1, from);
    n.writeStringField(2, name);
    n.writeStringField(3, name);
    n.writeStringField(4, "Cast");
    n.writeMessage(5, attribute, undefined);
  };
  w.writeMessage(1, node, undefined);
}

/** A TensorProto up to the `bytes` bytes of its numbers, which follow it in the file. */
function initializerHead(name: string, type: number, shape: readonly number[], bytes: number): Uint8Array[] {
  const tensor = new PbfWriter();
  for (const d of shape) tensor.writeVarintField(1, d);
  tensor.writeVarintField(2, type);
  tensor.writeStringField(8, name);
  tensor.writeTag(9, BYTES);
  tensor.writeVarint(bytes);
  const fields = tensor.finish();
  const w = new PbfWriter();
  w.writeTag(5, BYTES);
  w.writeVarint(fields.length + bytes);
  return [w.finish(), fields];
}

/** A ValueInfoProto of int64. */
function writeLongPort({ name, shape }: LongInput, w: PbfWriter): void {
  const dim = (d: Dim, x: PbfWriter): void => {
    if (typeof d === "number") x.writeVarintField(1, d);
    else x.writeStringField(2, d);
  };
  const dims = (_: unknown, x: PbfWriter): void => {
    for (const d of shape) x.writeMessage(1, dim, d);
  };
  const type = (_: unknown, x: PbfWriter): void => {
    x.writeVarintField(1, ELEMENT.int64);
    x.writeMessage(2, dims, undefined);
  };
  w.writeStringField(1, name);
  w.writeMessage(2, (_: unknown, x: PbfWriter) => x.writeMessage(1, type, undefined), undefined);
}
