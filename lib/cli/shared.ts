/** Options that several commands have, and what they make of them. */
import type { LoadOptions } from "../data/load.ts";
import { POOLINGS } from "../encoder/pooling.ts";
import { PRECISIONS, type Precision } from "../executor/compiled.ts";
import { DEVICE, DEVICES, type Device, defaultDevice, openDevice } from "../executor/device.ts";
import type { Executor } from "../executor/types.ts";
import { DISTANCES } from "../heads/distances.ts";
import { headSettings } from "../heads/head.ts";
import { LOSSES } from "../heads/losses.ts";
import { HEADS, type HeadSettings } from "../heads/types.ts";
import { changedHead, type ModelOverrides } from "../model/model.ts";
import type { ProtocolDefaults } from "../studies/protocol.ts";
import type { Option, Options } from "./options.ts";

export const encoderOption = {
  kind: "text",
  value: "DIR",
  required: true,
  help: "BERT folder (config.json, model.safetensors, tokenizer), or a folder that train wrote",
} as const satisfies Option;

/** Which model: its defaults are those of the folder where training wrote it. */
export const modelOptions = {
  encoder: encoderOption,
  head: { kind: "text", values: HEADS, help: "network", defaultText: "the folder's, else prototypical" },
  pooling: {
    kind: "text",
    values: POOLINGS,
    help: "how tokens become one vector",
    defaultText: "the folder's, else mean",
  },
  layer: { kind: "integer", help: "layer that is pooled, -1 the last", defaultText: "the folder's, else -1" },
  distance: {
    kind: "text",
    values: DISTANCES,
    help: "how vectors are compared",
    defaultText: "the folder's, else sqEuclidean; cosine for matching and siamese",
  },
  scale: { kind: "number", help: "factor of the cosine", defaultText: "the folder's, else 5" },
  shots: {
    kind: "text",
    values: ["mean", "max", "attention"],
    help: "matching: how a class's supports become one score",
    defaultText: "the folder's, else mean",
  },
  decision: {
    kind: "text",
    values: ["support", "mean"],
    help: "siamese: nearest support or class mean",
    defaultText: "the folder's, else mean",
  },
  "max-length": {
    kind: "integer",
    min: 3,
    help: "tokens of a text, longer ones are cut",
    defaultText: "the folder's, else 32",
  },
} as const satisfies Options;

export const lossOptions = {
  loss: {
    kind: "text",
    values: LOSSES,
    help: "what training minimises",
    defaultText: "by head: crossEntropy; siamese squaredError or contrastive",
  },
  margin: { kind: "number", min: 0, help: "margin of the contrastive loss", defaultText: "10" },
} as const satisfies Options;

export const dataOptions = {
  data: {
    kind: "text",
    value: "NAME|PATH",
    required: true,
    help: "a public set by name (clinc150, banking77, ...), a file or a folder",
  },
  split: {
    kind: "text",
    value: "NAME",
    help: "published split by class of that data, or `drawn`",
    defaultText: "01, else the first, else drawn",
  },
  "split-seed": { kind: "integer", default: 1, help: "seed of a drawn split; another one has other test classes" },
} as const satisfies Options;

export const shapeOptions = {
  "n-way": { kind: "integer", min: 2, default: 5, help: "classes in an episode" },
  "n-shot": { kind: "integer", min: 1, default: 5, help: "supports a class" },
  "n-query": { kind: "integer", min: 1, default: 5, help: "queries a class" },
  "n-other": { kind: "integer", min: 0, default: 0, help: "queries an episode of none of its classes" },
  "other-from": {
    kind: "text",
    values: ["classes", "set", "both"],
    default: "classes",
    help: "where those come from: classes outside the episode, the set's out-of-scope texts, or both",
  },
} as const satisfies Options;

export const protocolOption = {
  kind: "text",
  values: ["seed", "fewshottext", "protaugment"],
  help: "a published way to train and evaluate, as defaults of the other options",
  defaultText: "none",
} as const satisfies Option;

/** The option without its default, which then comes from the protocol. */
export function byProtocol<O extends Option>(option: O): Omit<O, "default"> & { defaultText: string } {
  const { default: fallback, ...rest } = option;
  return { ...rest, defaultText: String(fallback) };
}

export const machineOptions = {
  device: {
    kind: "text",
    values: DEVICES,
    help: "where it runs; auto: the fastest that works, eager: tfjs in JavaScript (slow)",
    defaultText: `$${DEVICE}, else cpu`,
  },
  precision: {
    kind: "text",
    values: PRECISIONS,
    default: "float32",
    help: "mixed: dense products in float16, on a GPU that has it",
  },
  threads: { kind: "integer", min: 1, help: "threads on the CPU", defaultText: "the cores there are" },
  json: { kind: "flag", help: "print one JSON object and nothing else on stdout" },
} as const satisfies Options;

type ModelValues = Readonly<Record<string, unknown>>;

/** Overrides of a folder's model; options that were not given change nothing. */
export function overridesOf(v: ModelValues): ModelOverrides {
  const head = defined({
    distance: v.distance,
    scale: v.scale,
    shots: v.shots,
    decision: v.decision,
    loss: v.loss,
    margin: v.margin,
  });
  return {
    ...defined({ head: v.head, pooling: v.pooling, layer: v.layer, maxLength: v["max-length"] }),
    headSettings: head as Partial<Omit<HeadSettings, "head">>,
  } as ModelOverrides;
}

/** The executor that the options name; what `auto` has chosen, and why, is said on stderr. */
export async function executorOf(v: {
  device: string | undefined;
  precision: string;
  threads: number | undefined;
}): Promise<Executor> {
  const asked = (v.device as Device | undefined) ?? defaultDevice();
  const { executor, device, why } = await openDevice(asked, {
    ...defined({ threads: v.threads }),
    precision: v.precision as Precision,
  });
  if (asked === "auto") process.stderr.write(`device ${device}: ${why}\n`);
  return executor;
}

/** A protocol's model with what was given on the command line in its place, the head's settings one by one. */
export function presetOverrides({ model }: ProtocolDefaults, given: ModelOverrides): ModelOverrides {
  const all = { ...model, ...given };
  if (!model.headSettings) return all;
  const preset = headSettings(model.head ?? "prototypical", model.headSettings);
  const { head: _, ...settings } = changedHead(preset, given.headSettings ?? {});
  return { ...all, headSettings: settings };
}

/** The object without its undefined fields. */
export function defined<T extends Readonly<Record<string, unknown>>>(
  object: T,
): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(object).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>;
  };
}

/** Options of `loadIntents`. */
export function splitOf(v: { split: string | undefined; "split-seed": number }): LoadOptions {
  return defined({ split: v.split, seed: v["split-seed"] });
}

/** `87.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

export function warn(messages: readonly string[]): void {
  for (const message of messages) process.stderr.write(`note: ${message}\n`);
}
