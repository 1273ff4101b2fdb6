/** `bert-few-shot bench`: times of the kit beside those of its peers, and how they grow. */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runBench } from "../bench/bench.ts";
import { CURVES } from "../bench/growth.ts";
import { kitSide } from "../bench/kit-side.ts";
import { PARTS } from "../bench/parts.ts";
import { installPeers, openPython, type Python, venvPython } from "../bench/python.ts";
import { FULL, QUICK } from "../bench/rounds.ts";
import { MODELS } from "../bench/subjects.ts";
import type { Task } from "../bench/tasks.ts";
import { InputError, list } from "../core/errors.ts";
import { readJson } from "../core/files.ts";
import { command } from "./options.ts";
import { defined, printJson } from "./shared.ts";

export const benchCommand = command({
  name: "bench",
  summary:
    "Times training steps, encoding, evaluation and start-up beside PyTorch and sentence-transformers. growth: by sentences, length, model and texts.",
  positional: "[growth]",
  options: {
    only: {
      kind: "text",
      value: "A,B",
      help: `some of ${[...PARTS].join(", ")}; growth: ${CURVES.join(", ")}`,
      defaultText: "all",
    },
    models: {
      kind: "text",
      value: "A,B",
      help: `some of ${MODELS.join(", ")}`,
      defaultText: "minilm,base; growth: minilm",
    },
    data: {
      kind: "text",
      value: "A,B",
      help: "sets by name or path",
      defaultText: "clinc150,banking77; growth: clinc150",
    },
    rounds: { kind: "integer", min: 1, help: "times that every side is run", defaultText: `${FULL.rounds}; growth: 1` },
    steps: { kind: "integer", min: 2, help: "training steps of a process", defaultText: String(FULL.steps) },
    quick: { kind: "flag", help: "every part, too small to say how fast it is" },
    threads: { kind: "integer", min: 1, help: "threads of every side", defaultText: "the cores there are" },
    peers: { kind: "flag", help: "install the peers in Python into WORK/venv first" },
    python: {
      kind: "text",
      value: "PATH",
      help: "a Python that has them",
      defaultText: "that of WORK/venv, if it is there",
    },
    out: {
      kind: "text",
      value: "DIR",
      help: "folder for rows, table and figures",
      defaultText: "results/bench; growth: results/bench/growth",
    },
    work: {
      kind: "text",
      value: "DIR",
      default: join(".cache", "bench"),
      help: "folder for random weights, task files and the peers",
    },
    json: { kind: "flag", help: "print one JSON object and nothing else on stdout" },
    task: { kind: "text", value: "FILE", help: "do the work of one process, for the bench itself" },
  },
  async run(v, positionals) {
    if (v.task) return printJson(await kitSide((await readJson(v.task, "the task of a bench")) as Task));
    const [what, extra] = positionals;
    if ((what !== undefined && what !== "growth") || extra !== undefined)
      throw new InputError(`no bench '${extra ?? what}'; wanted growth, or nothing`);
    const growth = what === "growth";
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    if (v.peers) await installPeers(join(v.work, "venv"), say);
    const python = await pythonOf(v.python, v.work);
    const sizes = {
      ...(v.quick ? QUICK : FULL),
      ...(growth && { rounds: 1 }),
      ...defined({ rounds: v.rounds, steps: v.steps }),
    };
    const result = await runBench({
      ...(growth ? { curves: chosen("only", v.only, CURVES) } : { parts: chosen("only", v.only, PARTS) }),
      models: chosen("models", v.models ?? (growth ? "minilm" : "minilm,base"), MODELS),
      data: (v.data ?? (growth ? "clinc150" : "clinc150,banking77")).split(","),
      sizes: { ...sizes, warm: Math.min(sizes.warm, sizes.steps - 1) },
      quick: v.quick,
      threads: v.threads ?? availableParallelism(),
      ...(python && { python }),
      out: v.out ?? (growth ? join("results", "bench", "growth") : join("results", "bench")),
      work: v.work,
      say,
    });
    if (v.json) printJson(result);
    else process.stdout.write(`${result.table}\n${result.notes.map((n) => `note: ${n}\n`).join("")}`);
  },
});

async function pythonOf(given: string | undefined, work: string): Promise<Python | undefined> {
  const own = venvPython(join(work, "venv"));
  const path = given ?? (existsSync(own) ? own : undefined);
  return path === undefined ? undefined : openPython(path);
}

/** Names from a list in one argument, in the order of the table. */
function chosen<T extends string>(option: string, given: string | undefined, known: readonly T[]): T[] {
  if (given === undefined) return [...known];
  const names = given.split(",");
  const odd = names.find((name) => !(known as readonly string[]).includes(name));
  if (odd !== undefined) throw new InputError(`--${option} has '${odd}', wanted some of ${list([...known])}`);
  return known.filter((name) => names.includes(name));
}
