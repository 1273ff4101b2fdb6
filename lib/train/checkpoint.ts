/**
 * All that a run needs to go on after a kill, in one file: one renaming makes a new checkpoint, so that there is no
 * moment at which its parts do not belong together.
 */
import { access } from "node:fs/promises";
import { InputError } from "../core/errors.ts";
import { parseJson, writeAtomic } from "../core/files.ts";
import { describeTensor, type FloatTensor, type HostTensor, type Params } from "../core/tensor.ts";
import { encodeSafetensors, readSafetensors } from "../encoder/safetensors.ts";
import type { AdamWState } from "./optimizer.ts";
import { type Json, plain } from "./settings.ts";
import type { Best, Metrics } from "./types.ts";

export interface Checkpoint {
  /** Finished steps. */
  readonly step: number;
  /** Time spent so far. */
  readonly seconds: number;
  readonly best: Best | undefined;
  /** Evaluations since the best one. */
  readonly waited: number;
  /** What a resuming run must have in common with this one. */
  readonly settings: Json;
  /** The parameters after `step` steps. */
  readonly params: Params;
  /** The parameters of the best evaluation; in the file only where they are others than `params`. */
  readonly bestParams: Params | undefined;
  readonly optimizer: AdamWState;
}

const FORMAT = "bert-few-shot checkpoint 1";

/** Where the parts stand in the file: `param/NAME`, ... */
const GROUPS = { params: "param/", bestParams: "best/", m: "adam.m/", v: "adam.v/" } as const;

/** Writes a checkpoint. Whenever the process is killed, the file is the old one or the whole new one. */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const { params, bestParams, optimizer, ...state } = checkpoint;
  const { m, v, steps } = optimizer;
  const tensors = new Map<string, HostTensor>();
  const put = (prefix: string, group: Params): void => {
    for (const [name, tensor] of Object.entries(group)) tensors.set(prefix + name, tensor);
  };
  put(GROUPS.params, params);
  put(GROUPS.m, m);
  put(GROUPS.v, v);
  if (bestParams && state.best?.step !== state.step) put(GROUPS.bestParams, bestParams);
  const metadata = { format: FORMAT, state: JSON.stringify(plain({ ...state, updates: steps })) };
  await writeAtomic(path, encodeSafetensors(tensors, { metadata }));
}

/** Reads a checkpoint; undefined where there is no file. Throws InputError where the file is something else or cut off. */
export async function loadCheckpoint(path: string): Promise<Checkpoint | undefined> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) return undefined;
  const { tensors, metadata } = await readSafetensors(path);
  if (metadata.format !== FORMAT || metadata.state === undefined) {
    throw new InputError(`${path}: not a checkpoint of a training run (its header lacks the format '${FORMAT}')`);
  }
  const state = parseJson(metadata.state, path, "the state of the run") as State;
  const group = (prefix: string): Params => {
    const found: Record<string, FloatTensor> = {};
    for (const [name, tensor] of tensors) {
      if (name.startsWith(prefix) && tensor.dtype === "float32") found[name.slice(prefix.length)] = tensor;
    }
    return found;
  };
  const { updates, best, ...rest } = state;
  const params = group(GROUPS.params);
  return {
    ...rest,
    best: best && { step: best.step, metrics: numbers(best.metrics) },
    params,
    bestParams: best && (best.step === rest.step ? params : group(GROUPS.bestParams)),
    optimizer: { steps: updates, m: group(GROUPS.m), v: group(GROUPS.v) },
  };
}

/** Throws InputError unless `found` has a tensor of the right shape for each parameter. */
export function checkParams(found: Params, params: Params, path: string): void {
  for (const [name, param] of Object.entries(params)) {
    const tensor = found[name];
    if (!tensor) throw new InputError(`${path}: no parameter '${name}' in the checkpoint`);
    if (describeTensor(tensor) !== describeTensor(param)) {
      throw new InputError(
        `${path}: parameter '${name}' is ${describeTensor(tensor)} in the checkpoint, ${describeTensor(param)} in the model`,
      );
    }
  }
}

/** What stands in the header. */
interface State extends Pick<Checkpoint, "step" | "seconds" | "waited" | "settings"> {
  readonly best?: { readonly step: number; readonly metrics: Readonly<Record<string, Json>> };
  readonly updates: Readonly<Record<string, number>>;
}

/** `plain` made texts of NaN and infinities. */
function numbers(metrics: Readonly<Record<string, Json>>): Metrics {
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [name, Number(value)]),
  ) as unknown as Metrics;
}
