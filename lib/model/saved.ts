/** fewshot.json, the file that a trained folder has beside its BERT: what it says of the model, checked field by field. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { readJson } from "../core/files.ts";
import { type Fields, isFields } from "../core/json.ts";
import { POOLINGS } from "../encoder/pooling.ts";
import { DISTANCES } from "../heads/distances.ts";
import { headSettings } from "../heads/head.ts";
import { LOSSES } from "../heads/losses.ts";
import { HEADS } from "../heads/types.ts";
import type { ModelSettings } from "./model.ts";

/** The file that tells a trained folder from a plain BERT. */
export const MODEL_FILE = "fewshot.json";
export const MODEL_FORMAT = "bert-few-shot/model@1";

/** What a folder says of its model, before its weights are read; undefined for a plain BERT. */
export async function readModelSettings(folder: string): Promise<ModelSettings | undefined> {
  return (await readSaved(folder))?.settings;
}

/**
 * The threshold below which training found scores to be "other" on dev classes; undefined for a plain BERT, and where
 * the model is not the one it was found for: another pooling or head has scores of another size.
 */
export async function readThreshold(folder: string, settings: ModelSettings): Promise<number | undefined> {
  const saved = await readSaved(folder);
  const threshold = saved?.json.otherThreshold;
  return typeof threshold === "number" && text(saved?.settings) === text(settings) ? threshold : undefined;
}

/** Equal for equal settings, whatever the order of their fields. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, v: unknown) =>
    isFields(v) ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1))) : v,
  );
}

async function readSaved(folder: string): Promise<{ settings: ModelSettings; json: Fields } | undefined> {
  const file = join(folder, MODEL_FILE);
  if (!existsSync(file)) return undefined;
  const json = await readJson(file, "the model's settings");
  if (!isFields(json)) throw new InputError(`${file}: wanted a JSON object with the model's settings`);
  return { settings: checkedSettings(json, file), json };
}

function checkedSettings(json: Fields, file: string): ModelSettings {
  const wrong = (what: string, found: unknown, wanted: string): never => {
    throw new InputError(
      `${file}: ${what} is ${found === undefined ? "missing" : JSON.stringify(found)}, wanted ${wanted}`,
    );
  };
  if (json.format !== MODEL_FORMAT) wrong("format", json.format, JSON.stringify(MODEL_FORMAT));
  const head = isFields(json.head) ? json.head : wrong("head", json.head, "an object with the head's settings");
  /** A field of an object, or of the head. */
  const field = (object: Fields, name: string): [what: string, value: unknown] => [
    object === head ? `head.${name}` : name,
    object[name],
  ];
  const oneOf = <T extends string>(object: Fields, name: string, values: readonly T[]): T => {
    const [what, value] = field(object, name);
    return values.includes(value as T) ? (value as T) : wrong(what, value, values.join(", "));
  };
  const whole = (name: string): number =>
    Number.isInteger(json[name]) ? (json[name] as number) : wrong(name, json[name], "a whole number");
  const name = oneOf(head, "head", HEADS);
  const defaults = headSettings(name);
  /** A field that folders of an earlier kit may lack. */
  const optional = <T>(key: keyof typeof defaults, is: (value: unknown) => boolean, wanted: string): T => {
    const [what, value] = field(head, key);
    if (value === undefined) return defaults[key] as T;
    return is(value) ? (value as T) : wrong(what, value, wanted);
  };
  const number = (key: "scale" | "margin"): number => optional(key, Number.isFinite, "a number");
  const choice = <T extends string>(key: keyof typeof defaults, values: readonly T[]): T =>
    optional(key, (v) => values.includes(v as T), values.join(", "));
  return {
    pooling: oneOf(json, "pooling", POOLINGS),
    layer: whole("layer"),
    maxLength: whole("maxLength"),
    textForm: oneOf(json, "textForm", ["plain", "seed"]),
    head: {
      head: name,
      distance: oneOf(head, "distance", DISTANCES),
      scale: number("scale"),
      loss: oneOf(head, "loss", LOSSES),
      margin: number("margin"),
      shots: choice("shots", ["mean", "max", "attention"]),
      decision: choice("decision", ["support", "mean"]),
      norms: optional("norms", (v) => typeof v === "boolean", "true or false"),
      threshold: optional("threshold", (v) => v === null || Number.isFinite(v), "a number or null"),
    },
  };
}
