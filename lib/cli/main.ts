#!/usr/bin/env node
/** The command line: finds the command, runs it, and words what went wrong. */
import { InputError, messageOf } from "../core/errors.ts";
import { nearest } from "../data/known.ts";
import { benchCommand } from "./bench.ts";
import { doctorCommand } from "./doctor.ts";
import { encodeCommand } from "./encode.ts";
import { evaluateCommand } from "./evaluate.ts";
import { exportCommand } from "./export.ts";
import { gpuKitCommand } from "./gpu-kit.ts";
import { INTERRUPTED, Interrupted } from "./interrupt.ts";
import { kernelsCommand } from "./kernels.ts";
import { notebooksCommand } from "./notebooks.ts";
import { type Command, help, parse } from "./options.ts";
import { predictCommand } from "./predict.ts";
import { pretrainCommand } from "./pretrain.ts";
import { reproduceCommand } from "./reproduce.ts";
import { tensorflowCommand } from "./tensorflow.ts";
import { trainCommand } from "./train.ts";

const COMMANDS: readonly Command[] = [
  trainCommand,
  evaluateCommand,
  predictCommand,
  encodeCommand,
  exportCommand,
  pretrainCommand,
  reproduceCommand,
  notebooksCommand,
  kernelsCommand,
  tensorflowCommand,
  benchCommand,
  gpuKitCommand,
  doctorCommand,
];

/** Runs a command line and returns the exit code: 0, 2 for wrong input, 130 after Ctrl-C, 1 for a fault. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? process.stderr : process.stdout).write(`${overview()}\n`);
    return name === undefined ? 2 : 0;
  }
  const found = COMMANDS.find((c) => c.name === name);
  try {
    if (!found) throw new InputError(unknownCommand(name));
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(`${help(found)}\n`);
      return 0;
    }
    const { values, positionals } = parse(found, rest);
    await found.run(values as never, positionals);
    return 0;
  } catch (error) {
    const prefix = found ? `bert-few-shot ${found.name}` : "bert-few-shot";
    if (error instanceof InputError) {
      process.stderr.write(`${prefix}: ${error.message}\n`);
      return 2;
    }
    if (error instanceof Interrupted) {
      process.stderr.write(`${prefix}: ${error.message}\n`);
      return INTERRUPTED;
    }
    process.stderr.write(
      `${prefix}: ${process.env.DEBUG && error instanceof Error ? error.stack : messageOf(error)}\n`,
    );
    return 1;
  }
}

function unknownCommand(name: string): string {
  const names = COMMANDS.map((c) => c.name);
  const near = nearest(name, names);
  return `unknown command '${name}'${near ? `; did you mean ${near}?` : ""}; commands: ${names.join(", ")}`;
}

function overview(): string {
  const rows = COMMANDS.map((c) => `  ${c.name.padEnd(10)} ${c.summary}`);
  return [
    "bert-few-shot COMMAND [options]",
    "",
    "Few-shot text classification with BERT.",
    "",
    ...rows,
    "",
    "bert-few-shot COMMAND --help lists every option with its default.",
  ].join("\n");
}

// A reader that has left (`| head`) is no fault; without a listener Node would end with one.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`bert-few-shot: ${messageOf(error)}\n`);
    process.exitCode = 1;
  },
);
