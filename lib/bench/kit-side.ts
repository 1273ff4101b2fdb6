/** The kit's side of the bench: does one task in this process, by the same functions that users run. */
import { readFileSync } from "node:fs";
import { loadIntents } from "../data/load.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { compiledExecutor } from "../executor/compiled.ts";
import { openDevice } from "../executor/device.ts";
import { eagerExecutor } from "../executor/eager.ts";
import { gradientName } from "../executor/gradients.ts";
import type { Executor } from "../executor/types.ts";
import { createEmbedder } from "../model/embed.ts";
import { batchInputs, batchSymbols } from "../model/inputs.ts";
import { classLabels } from "../model/labels.ts";
import { allParams, type FewShotModel, loadModel } from "../model/model.ts";
import { EMBEDDING_TABLES, episodeLoss } from "../model/objective.ts";
import { packBatch } from "../tokenizer/batch.ts";
import { adamWSettings } from "../train/optimizer.ts";
import { createStepper } from "../train/stepper.ts";
import type { Objective } from "../train/types.ts";
import { matmulRate } from "./matmul.ts";
import { MAX_LENGTH } from "./subjects.ts";
import type { BenchDevice, EncodeTask, EvaluateTask, Outcomes, StartUpTask, StepTask, Task } from "./tasks.ts";
import { startTfjs } from "./tfjs.ts";

/** Texts whose vectors are given back. */
export const SHOWN = 5;

/** Does the task. Whoever calls it has just started this process: the moment counts as "imported". */
export async function kitSide(task: Task): Promise<Outcomes[keyof Outcomes]> {
  const imported = Date.now();
  if (task.kind === "matmul") return { gflops: await matmulRate(task) };
  if (task.kind === "encode") return encode(task);
  if (task.kind === "evaluate") return evaluation(task);
  if (task.kind === "tune") throw new Error("bench: the kit has no batch size to tune");
  return steps(task, imported);
}

/** Peak of this process's resident memory. */
export function memoryMB(): number {
  try {
    // Of this program alone: maxRSS also counts what the parent held when it started this process.
    const kB = /^VmHWM:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    if (kB) return Number(kB) / 1024;
  } catch {
    // no Linux
  }
  return process.resourceUsage().maxRSS / 1024;
}

async function steps(task: StepTask | StartUpTask, imported: number): Promise<Outcomes["step"] | Outcomes["start-up"]> {
  const model = await openModel(task);
  const loaded = Date.now();
  const objective = stepObjective(model, task);
  const stepper = createStepper(objective, await executorOf(task), adamWSettings());
  const losses: number[] = [];
  const ms: number[] = [];
  for (const step of task.episodes.keys()) {
    const start = performance.now();
    const { scalars, fault } = await stepper.step(await objective.batch(step), { lr: task.lr, clip: 1 });
    if (fault !== undefined) throw new Error(`bench: ${fault}`);
    ms.push(performance.now() - start);
    losses.push(scalars.loss);
  }
  if (task.kind === "start-up") return { losses, imported, loaded, stepped: Date.now() };
  return { losses, ms, memoryMB: memoryMB() };
}

/** What a timed step trains: all parameters, on the episodes in turn, without dropout. */
export function stepObjective(
  model: FewShotModel,
  { nWay, nShot, nQuery, episodes }: Pick<StepTask, "nWay" | "nShot" | "nQuery" | "episodes">,
): Objective {
  return {
    params: allParams(model),
    fn: episodeLoss(model, { nWay, nShot, nQuery, nOther: 0 }),
    options: { symbols: batchSymbols(0), sparse: EMBEDDING_TABLES.map(gradientName) },
    unused: "skip",
    batch(step) {
      const { ids, labels } = episodes[step] as StepTask["episodes"][number];
      const encodings = ids.map((s) => ({ ids: Int32Array.from(s), typeIds: new Int32Array(s.length) }));
      return { ...batchInputs(packBatch(encodings), model.encoder.config), labels: classLabels([labels], nWay) };
    },
  };
}

async function encode(task: EncodeTask): Promise<Outcomes["encode"]> {
  const { texts, warm } = task;
  const embedder = createEmbedder(await openModel(task), await executorOf(task));
  await embedder.embed(texts.slice(0, warm));
  const start = performance.now();
  const vectors = await embedder.embed(texts);
  const seconds = (performance.now() - start) / 1000;
  const width = vectors.shape[1] as number;
  const rows = Array.from({ length: Math.min(SHOWN, texts.length) }, (_, i) => {
    const row = vectors.data.subarray(i * width, (i + 1) * width);
    const norm = Math.hypot(...row);
    return Array.from(row, (v) => v / norm);
  });
  return { seconds, vectors: rows, memoryMB: memoryMB() };
}

async function evaluation(task: EvaluateTask): Promise<Outcomes["evaluate"]> {
  const set = await loadIntents(task.data);
  const model = await openModel(task);
  // Without dev classes, as the peer has no thresholds to choose.
  const result = await evaluate(model, { ...set, dev: {} }, await executorOf(task), {
    episodes: task.episodes,
    seed: 1,
  });
  const { seconds, accuracy, episodeAccuracies } = result;
  return { seconds, accuracy, accuracies: [...episodeAccuracies], memoryMB: memoryMB() };
}

/** A prototypical network on squared distances, whatever the folder says of itself. */
export function openModel(
  task: Pick<StepTask, "encoder" | "pooling"> & { readonly maxLength?: number },
): Promise<FewShotModel> {
  const { encoder, pooling = "mean", maxLength = MAX_LENGTH } = task;
  return loadModel(encoder, {
    ...{ head: "prototypical", pooling, layer: -1, maxLength, textForm: "plain" },
    headSettings: { distance: "sqEuclidean" },
  });
}

async function executorOf(task: {
  threads: number;
  backend?: StepTask["backend"];
  device?: BenchDevice;
}): Promise<Executor> {
  if (task.device) return (await openDevice(task.device, { threads: task.threads })).executor;
  if (!task.backend) return compiledExecutor({ threads: task.threads });
  await startTfjs(task.backend, task.threads);
  return eagerExecutor(task.backend);
}
