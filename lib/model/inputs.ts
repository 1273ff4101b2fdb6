/** How a batch travels into a program: its tensors by name, its sizes as symbols. */
import type * as tf from "@tensorflow/tfjs";
import type { HostTensor, Tensors } from "../core/tensor.ts";
import type { BatchTensors, Named } from "../encoder/bert.ts";
import type { BertConfig } from "../encoder/config.ts";
import { headPlaces } from "../encoder/heads.ts";
import type { MaskedTensors } from "../encoder/mlm.ts";
import type { CompileOptions } from "../executor/types.ts";
import type { PackedBatch } from "../tokenizer/types.ts";

/** How the names of a batch's tensors and of dropout masks begin. */
export const BATCH = "batch.";
export const DROPOUT = "dropout.";

/** The batch's tensors under the names `batch.ids`, ..., its bins as the encoder's attention heads read them. */
export function batchInputs(batch: PackedBatch, { heads }: Pick<BertConfig, "heads">): Tensors {
  const { binIndex, unbinIndex, ...rest } = batch;
  const named = { ...rest, ...headPlaces({ binIndex, unbinIndex }, heads) };
  return Object.fromEntries(Object.entries(named).map(([name, t]) => [BATCH + name, t]));
}

/** Dropout masks under the names `dropout.NAME`. */
export function dropoutInputs(masks: Tensors): Tensors {
  return Object.fromEntries(Object.entries(masks).map(([name, t]) => [DROPOUT + name, t]));
}

/** The batch among a program's inputs. */
export function batchOf(inputs: Named): BatchTensors {
  return scoped(inputs, BATCH) as unknown as BatchTensors;
}

/** The dropout masks among a program's inputs. */
export function dropoutOf(inputs: Named): Named {
  return scoped(inputs, DROPOUT);
}

/** Symbolic sizes of a batch: P, T, G and S always, B where `sentences` is not fixed by the episode. */
export function batchSymbols(sentences: "B" | number): NonNullable<CompileOptions["symbols"]> {
  const names: Readonly<Record<keyof BatchTensors, readonly (string | number)[]>> = {
    ids: ["P"],
    typeIds: ["P"],
    positions: ["P"],
    sentences: ["P"],
    mask: [sentences, "T"],
    padIndex: [sentences, "T"],
    unpadIndex: ["P"],
    clsIndex: [sentences],
    binSentences: ["G", "S"],
    toHeads: ["G", 0, "S"],
    fromHeads: ["P", 0],
  };
  return Object.fromEntries(Object.entries(names).map(([name, axes]) => [BATCH + name, axes]));
}

/** Which of a step's inputs are dropout masks. */
export function dropoutNames(inputs: Tensors): string[] {
  return Object.keys(inputs).filter((name) => name.startsWith(DROPOUT));
}

/** Symbolic sizes of the dropout masks among a step's inputs: [P, D] and [G, H, S, S], or with B rows for [CLS] only. */
export function dropoutSymbols(inputs: Tensors, sentences: "B" | number): NonNullable<CompileOptions["symbols"]> {
  const tokens = inputs[`${BATCH}ids`]?.shape[0];
  const axes = (shape: readonly number[]): (string | number)[] =>
    shape.length === 2
      ? [shape[0] === tokens ? "P" : sentences, 0]
      : shape[2] === 1
        ? [sentences, 0, 0, "T"]
        : ["G", 0, "S", "S"];
  return Object.fromEntries(dropoutNames(inputs).map((name) => [name, axes((inputs[name] as HostTensor).shape)]));
}

/** Which tokens are asked for, among the inputs of a pre-training step. */
export function maskedOf(inputs: Named): MaskedTensors {
  return scoped(inputs, "masked.") as unknown as MaskedTensors;
}

function scoped(inputs: Named, prefix: string): Readonly<Record<string, tf.Tensor>> {
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, t]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), t]] : [])),
  );
}
