/** Training options with their defaults, and the settings that a run and its resumption must have in common. */
import { InputError } from "../core/errors.ts";
import { describeTensor } from "../core/tensor.ts";
import { adamWSettings } from "./optimizer.ts";
import type { Objective, TrainOptions } from "./types.ts";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type Decisive =
  | ("steps" | "lr" | "warmup" | "schedule" | "clip" | "seed")
  | ("evaluateEvery" | "evaluateFrom" | "selectBy" | "patience");

/** Options with the defaults in place. */
export type Plan = Required<Pick<TrainOptions, Decisive | "checkpointEvery" | "settings">> & {
  readonly optimizer: ReturnType<typeof adamWSettings>;
};

/** Checks the options and puts the defaults in place. */
export function planOf(options: TrainOptions): Plan {
  const { steps, lr, warmup = 0.1, schedule = "linear", clip = 1, evaluateEvery = steps } = options;
  const { checkpointEvery = evaluateEvery, selectBy = "loss", seed = 1, settings = {} } = options;
  const { patience = Number.POSITIVE_INFINITY, evaluateFrom = 0 } = options;
  for (const [name, value] of Object.entries({ steps, evaluateEvery, checkpointEvery })) {
    if (!(Number.isInteger(value) && value > 0)) {
      throw new InputError(`training: ${name} is ${value}, wanted a whole number from 1`);
    }
  }
  if (!(lr >= 0 && lr < Number.POSITIVE_INFINITY)) throw new InputError(`training: lr is ${lr}, wanted 0 or more`);
  if (!(clip > 0)) throw new InputError(`training: clip is ${clip}, wanted more than 0 (Infinity clips nothing)`);
  if (!(patience >= 1)) throw new InputError(`training: patience is ${patience}, wanted 1 or more evaluations`);
  if (!(Number.isInteger(evaluateFrom) && evaluateFrom >= 0)) {
    throw new InputError(`training: evaluateFrom is ${evaluateFrom}, wanted a whole number from 0`);
  }
  const decisive = { steps, lr, warmup, schedule, clip, evaluateEvery, evaluateFrom, selectBy, patience, seed };
  return { ...decisive, checkpointEvery, settings, optimizer: adamWSettings(options.optimizer) };
}

/** All that the result depends on, as far as the trainer knows, in JSON. */
export function settingsOf(objective: Objective, plan: Plan): Json {
  const { checkpointEvery: _, settings, optimizer, ...decisive } = plan;
  const parameters = Object.entries(objective.params).map(([name, param]) => {
    return [name, describeTensor(param) + (optimizer.noDecay(name) ? " without decay" : "")];
  });
  return plain({ ...decisive, optimizer, parameters: Object.fromEntries(parameters), settings });
}

/** How settings differ, at most `limit` places: `lr is 0.003, was 0.002`. */
export function differences(now: Json, before: Json, limit = 5): string[] {
  const found: string[] = [];
  const compare = (a: Json | undefined, b: Json | undefined, path: string): void => {
    if (isRecord(a) && isRecord(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        compare(a[key], b[key], path ? `${path}.${key}` : key);
      }
    } else if (JSON.stringify(a) !== JSON.stringify(b)) found.push(`${path} is ${short(a)}, was ${short(b)}`);
  };
  compare(now, before, "");
  return found.length > limit ? [...found.slice(0, limit), `and ${found.length - limit} more`] : found;
}

/** What JSON keeps of a value; NaN and infinities, which it has not, become texts. */
export function plain(value: unknown): Json {
  return JSON.parse(
    JSON.stringify(value, (_, v: unknown) => (typeof v === "number" && !Number.isFinite(v) ? String(v) : v)),
  ) as Json;
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function short(value: Json | undefined): string {
  if (value === undefined) return "absent";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
