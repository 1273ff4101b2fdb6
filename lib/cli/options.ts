/** Options of a command: one table gives parsing, checking, defaults and help. */
import { parseArgs } from "node:util";
import { InputError } from "../core/errors.ts";
import { nearest } from "../data/known.ts";

type Kind = "text" | "integer" | "number" | "flag";

export interface Option<K extends Kind = Kind> {
  readonly kind: K;
  /** One line for the help. */
  readonly help: string;
  /** What the help calls the value. Default by kind. */
  readonly value?: string;
  /** The only values allowed. */
  readonly values?: readonly string[];
  /** Used when the option is not given. */
  readonly default?: string | number;
  /** How the help words a default that depends on something. */
  readonly defaultText?: string;
  /** Smallest number allowed. */
  readonly min?: number;
  readonly required?: boolean;
}

export type Options = Readonly<Record<string, Option>>;

type ValueOf<O extends Option> = O["kind"] extends "flag"
  ? boolean
  : (O["kind"] extends "text" ? (O["values"] extends readonly (infer V)[] ? V : string) : number) | OptionalUnless<O>;
type OptionalUnless<O extends Option> = O extends { default: string | number } | { required: true } ? never : undefined;

/** Values by option name. */
export type Values<T extends Options> = { readonly [K in keyof T]: ValueOf<T[K]> };

export interface Command<T extends Options = Options> {
  readonly name: string;
  readonly summary: string;
  /** Names of the arguments without a dash, for the help; "" where there are none. */
  readonly positional: string;
  readonly options: T;
  run(values: Values<T>, positionals: readonly string[]): Promise<void>;
}

/** A command whose option types are those of its table. */
export function command<const T extends Options>(c: Command<T>): Command {
  return c as unknown as Command;
}

/** Reads the arguments; an unknown option or a wrong value is an InputError that names the valid ones. */
export function parse(c: Command, args: readonly string[]): { values: Values<Options>; positionals: string[] } {
  const names = Object.keys(c.options);
  const { tokens } = parseArgs({
    args: [...args],
    strict: false,
    allowPositionals: true,
    tokens: true,
    options: Object.fromEntries(
      names.map((n) => [n, { type: c.options[n]?.kind === "flag" ? "boolean" : "string" } as const]),
    ),
  });
  const given = new Map<string, string | boolean>();
  const positionals: string[] = [];
  for (const token of tokens ?? []) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(c.options, token.name) ? c.options[token.name] : undefined;
    if (!option) {
      const near = nearest(token.name, names);
      throw new InputError(
        `unknown option ${token.rawName}${near ? `; did you mean --${near}?` : ""}; options: ${names.map((n) => `--${n}`).join(" ")}`,
      );
    }
    if (option.kind === "flag" && token.value !== undefined)
      throw new InputError(`--${token.name} takes no value, got '${token.value}'`);
    // What looks like an option is one, or a value is missing: `--out --json` names no folder.
    if (option.kind !== "flag" && (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))))
      throw new InputError(`--${token.name} needs a value: ${wanted(option)}`);
    given.set(token.name, token.value ?? true);
  }
  if (positionals.length && !c.positional)
    throw new InputError(`unexpected argument '${positionals[0]}'; options begin with --`);
  return {
    values: Object.fromEntries(
      names.map((n) => [n, readValue(n, c.options[n] as Option, given.get(n))]),
    ) as Values<Options>,
    positionals,
  };
}

function readValue(
  name: string,
  option: Option,
  given: string | boolean | undefined,
): string | number | boolean | undefined {
  if (option.kind === "flag") return given === true;
  if (given === undefined) {
    if (option.required) throw new InputError(`--${name} is missing: ${option.help}`);
    return option.default;
  }
  const text = String(given);
  if (option.values && !option.values.includes(text))
    throw new InputError(`--${name} is '${text}', wanted ${wanted(option)}`);
  if (option.kind === "text") {
    if (!text) throw new InputError(`--${name} is empty`);
    return text;
  }
  const n = text.trim() ? Number(text) : Number.NaN;
  if (
    !Number.isFinite(n) ||
    (option.kind === "integer" && !Number.isInteger(n)) ||
    n < (option.min ?? Number.NEGATIVE_INFINITY)
  ) {
    throw new InputError(`--${name} is '${text}', wanted ${wanted(option)}`);
  }
  return n;
}

function wanted(option: Option): string {
  if (option.values) return option.values.join(", ");
  if (option.kind === "text") return option.value ?? "TEXT";
  const kind = option.kind === "integer" ? "a whole number" : "a number";
  return option.min === undefined ? kind : `${kind} of at least ${option.min}`;
}

/** The help of a command: every option with its values and default. */
export function help(c: Command): string {
  const rows = Object.entries(c.options).map(([name, o]): [string, string] => {
    const value =
      o.kind === "flag"
        ? ""
        : ` ${o.values ? o.values.join("|") : (o.value ?? { text: "TEXT", integer: "N", number: "X" }[o.kind])}`;
    const fallback = o.defaultText ?? (o.default === undefined ? undefined : String(o.default));
    const note = o.required ? " (required)" : ` (default ${o.kind === "flag" ? "off" : (fallback ?? "none")})`;
    return [`  --${name}${value}`, `${o.help}${note}`];
  });
  const width = Math.min(34, Math.max(...rows.map(([left]) => left.length)));
  const lines = rows.map(([left, right]) =>
    left.length > width ? `${left}\n${" ".repeat(width + 2)}${right}` : `${left.padEnd(width + 2)}${right}`,
  );
  return [`bert-few-shot ${c.name}${c.positional && ` ${c.positional}`} [options]`, "", c.summary, "", ...lines].join(
    "\n",
  );
}
