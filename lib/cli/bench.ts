/** `bert-few-shot bench`: times of the kit beside those of its peers, and how they grow. */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runBench } from "../bench/bench.ts";
import { DEVICE_PARTS, runDeviceBench } from "../bench/device.ts";
import { pointsSide } from "../bench/device-side.ts";
import { CURVES } from "../bench/growth.ts";
import { kitSide } from "../bench/kit-side.ts";
import { PARTS } from "../bench/parts.ts";
import { installPeers, openPython, type Python, venvPython } from "../bench/python.ts";
import type { BenchResult } from "../bench/results.ts";
import { FULL, QUICK, type Sizes } from "../bench/rounds.ts";
import { MODELS } from "../bench/subjects.ts";
import { BENCH_DEVICES, type BenchDevice, type PointsTask, type Task } from "../bench/tasks.ts";
import { InputError, list } from "../core/errors.ts";
import { readJson } from "../core/files.ts";
import { command } from "./options.ts";
import { defined, printJson } from "./shared.ts";

export const benchCommand = command({
  name: "bench",
  summary:
    "Times training steps, encoding, evaluation and start-up beside PyTorch and sentence-transformers. growth: by sentences, length, model and texts. --device: on a GPU, beside PyTorch with CUDA.",
  positional: "[growth]",
  options: {
    only: {
      kind: "text",
      value: "A,B",
      help: `some of ${[...PARTS].join(", ")}; growth: ${CURVES.join(", ")}; --device: ${DEVICE_PARTS.join(", ")}`,
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
      defaultText: "clinc150,banking77; growth, --device: clinc150",
    },
    rounds: { kind: "integer", min: 1, help: "times that every side is run", defaultText: `${FULL.rounds}; growth: 1` },
    steps: { kind: "integer", min: 2, help: "training steps of a process", defaultText: String(FULL.steps) },
    texts: { kind: "integer", min: 1, help: "texts to encode", defaultText: String(FULL.texts) },
    device: {
      kind: "text",
      values: BENCH_DEVICES,
      help: "measure that device: steps of 50 to 800 sentences, kernels and transfers; cpu: to rehearse",
      defaultText: "the CPU's own bench",
    },
    seconds: {
      kind: "integer",
      min: 1,
      help: "--device: begin nothing after so long, and end what takes more than a third of it",
    },
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
      defaultText: "results/bench; growth: results/bench/growth; --device: results/bench-gpu",
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
    if (v.task) return doTask((await readJson(v.task, "the task of a bench")) as Task | PointsTask);
    const [what, extra] = positionals;
    if ((what !== undefined && what !== "growth") || extra !== undefined)
      throw new InputError(`no bench '${extra ?? what}'; wanted growth, or nothing`);
    const growth = what === "growth";
    if (growth && v.device) throw new InputError("growth is made on the CPU; --device has its own curve");
    if (v.seconds !== undefined && !v.device) throw new InputError("--seconds goes with --device");
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    if (v.peers) await installPeers(join(v.work, "venv"), say);
    const given = {
      ...(v.quick ? QUICK : FULL),
      ...(growth && { rounds: 1 }),
      ...defined({ rounds: v.rounds, steps: v.steps, texts: v.texts }),
    };
    const sizes: Sizes = { ...given, warm: Math.min(given.warm, given.steps - 1) };
    const fallback = v.device ? "results/bench-gpu" : growth ? "results/bench/growth" : "results/bench";
    const shared = {
      ...{ sizes, say, quick: v.quick, threads: v.threads ?? availableParallelism(), work: v.work },
      models: chosen("models", v.models ?? (growth ? "minilm" : "minilm,base"), MODELS),
      out: v.out ?? join(...fallback.split("/")),
    };
    const path = pythonPath(v.python, v.work);
    let result: BenchResult;
    if (v.device)
      result = await runDeviceBench({
        ...{ ...shared, device: v.device as BenchDevice, parts: chosen("only", v.only, DEVICE_PARTS) },
        data: v.data ?? "clinc150",
        ...defined({ python: path, seconds: v.seconds }),
      });
    else {
      const python: Python | undefined = path === undefined ? undefined : await openPython(path);
      result = await runBench({
        ...shared,
        ...(growth ? { curves: chosen("only", v.only, CURVES) } : { parts: chosen("only", v.only, PARTS) }),
        data: (v.data ?? (growth ? "clinc150" : "clinc150,banking77")).split(","),
        ...(python && { python }),
      });
    }
    if (v.json) printJson(result);
    else process.stdout.write(`${result.table}\n${result.notes.map((n) => `note: ${n}\n`).join("")}`);
  },
});

async function doTask(task: Task | PointsTask): Promise<void> {
  if (task.kind !== "points") return printJson(await kitSide(task));
  for await (const outcome of pointsSide(task)) printJson(outcome);
}

/** The Python that was named, else that of the bench's own folder. */
function pythonPath(given: string | undefined, work: string): string | undefined {
  const own = venvPython(join(work, "venv"));
  return given ?? (existsSync(own) ? own : undefined);
}

/** Names from a list in one argument, in the order of the table. */
function chosen<T extends string>(option: string, given: string | undefined, known: readonly T[]): T[] {
  if (given === undefined) return [...known];
  const names = given.split(",");
  const odd = names.find((name) => !(known as readonly string[]).includes(name));
  if (odd !== undefined) throw new InputError(`--${option} has '${odd}', wanted some of ${list([...known])}`);
  return known.filter((name) => names.includes(name));
}
