/** Writes an ONNX model as bytes; field numbers are those of onnx.proto (https://github.com/onnx/onnx). */
import { PbfWriter } from "pbf";
import type { DType } from "../core/tensor.ts";
import type { Dim } from "./graph.ts";

/** TensorProto.DataType. */
export const ELEMENT = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof ELEMENT;
/** The element type of halves, which no tensor of the host has. */
export const FLOAT16 = 10;

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Further outputs, "" for one that is not asked for. */
  readonly also?: readonly string[];
  /** Whole numbers become ints, `{ float }` a float, texts strings. */
  readonly attrs?: Readonly<Record<string, number | readonly number[] | string | { readonly float: number }>>;
  /** Default "", the standard's own operators. */
  readonly domain?: string;
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface OnnxPort {
  readonly name: string;
  readonly dtype: DType | "int64";
  readonly shape: readonly Dim[];
}

export interface OnnxModel {
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
}

const IR_VERSION = 10;
/** Version of the standard operator set that the lowering writes. */
export const OPSET = 20;

export function encodeOnnx(model: OnnxModel): Uint8Array {
  const w = new PbfWriter();
  w.writeVarintField(1, IR_VERSION);
  w.writeStringField(2, "bert-few-shot");
  w.writeMessage(7, writeGraph, model);
  w.writeMessage(8, writeOpset, { domain: "", version: OPSET });
  w.writeMessage(8, writeOpset, { domain: "com.microsoft", version: 1 });
  return w.finish();
}

function writeOpset(opset: { domain: string; version: number }, w: PbfWriter): void {
  w.writeStringField(1, opset.domain);
  w.writeVarintField(2, opset.version);
}

function writeGraph(model: OnnxModel, w: PbfWriter): void {
  for (const node of model.nodes) w.writeMessage(1, writeNode, node);
  w.writeStringField(2, "program");
  for (const tensor of model.initializers) w.writeMessage(5, writeTensor, tensor);
  for (const port of model.inputs) w.writeMessage(11, writePort, port);
  for (const port of model.outputs) w.writeMessage(12, writePort, port);
}

function writeNode(node: OnnxNode, w: PbfWriter): void {
  for (const input of node.inputs) w.writeStringField(1, input);
  for (const output of [node.output, ...(node.also ?? [])]) w.writeStringField(2, output);
  w.writeStringField(3, node.output); // a node's name is its output's, which profiles then show
  w.writeStringField(4, node.op);
  for (const attr of Object.entries(node.attrs ?? {})) w.writeMessage(5, writeAttribute, attr);
  w.writeStringField(7, node.domain ?? "");
}

type Attribute = NonNullable<OnnxNode["attrs"]>[string];

function writeAttribute([name, value]: [string, Attribute], w: PbfWriter): void {
  w.writeStringField(1, name);
  if (typeof value === "number") {
    w.writeVarintField(3, value);
    w.writeVarintField(20, 2);
  } else if (typeof value === "string") {
    w.writeStringField(4, value);
    w.writeVarintField(20, 3);
  } else if ("float" in value) {
    w.writeFloatField(2, value.float);
    w.writeVarintField(20, 1);
  } else {
    for (const v of value) w.writeVarintField(8, v);
    w.writeVarintField(20, 7);
  }
}

function writeTensor(tensor: OnnxInitializer, w: PbfWriter): void {
  for (const d of tensor.shape) w.writeVarintField(1, d);
  w.writeVarintField(2, ELEMENT[tensor.type]);
  w.writeStringField(8, tensor.name);
  w.writeBytesField(9, tensor.bytes);
}

function writePort(port: OnnxPort, w: PbfWriter): void {
  w.writeStringField(1, port.name);
  w.writeMessage(2, (p: OnnxPort, v: PbfWriter) => v.writeMessage(1, writeTensorType, p), port);
}

function writeTensorType(port: OnnxPort, w: PbfWriter): void {
  w.writeVarintField(1, ELEMENT[port.dtype]);
  w.writeMessage(
    2,
    (shape: readonly Dim[], v: PbfWriter) => {
      for (const d of shape) v.writeMessage(1, writeDim, d);
    },
    port.shape,
  );
}

function writeDim(dim: Dim, w: PbfWriter): void {
  if (typeof dim === "number") w.writeVarintField(1, dim);
  else w.writeStringField(2, dim);
}
