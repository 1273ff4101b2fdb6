/** The parts of the bench: a training step, encoding, a full evaluation, start-up. */
import type { IntentSet } from "../data/types.ts";
import { drawEpisodes } from "../evaluate/draw.ts";
import { flopsOf, stepProducts } from "./matmul.ts";
import { type About, type Bench, type Figure, type Side, takeTurns } from "./rounds.ts";
import { sameAccuracies, sameLosses, sameVectors } from "./same-work.ts";
import { type Encoder, episodesOf, LR, MAX_LENGTH, textsOf, WARM_TEXTS } from "./subjects.ts";
import { KIT, spread } from "./summary.ts";
import type { EncodeTask, EvaluateTask, Outcomes, StartUpTask, StepTask } from "./tasks.ts";

export const PARTS = ["step", "step-cls", "encode", "evaluate", "start-up"] as const;
export type PartName = (typeof PARTS)[number];

const WAYS = { nWay: 5, nShot: 5, nQuery: 5 };
const BATCH_SIZES = [16, 32, 64, 128, 256];
const EAGER = "PyTorch";
const COMPILED = "PyTorch, torch.compile";
const MATMUL = "bare onnxruntime matmul";

/** Runs one part for an encoder and a set. */
export function runPart(part: PartName, bench: Bench, encoder: Encoder, set: IntentSet): Promise<void> {
  const parts = { step: step("mean"), "step-cls": step("cls"), encode, evaluate, "start-up": startUp };
  return parts[part](bench, encoder, set);
}

/** With [CLS] pooling the kit computes the last layer for those rows alone. */
const step =
  (pooling: "mean" | "cls") =>
  async (bench: Bench, encoder: Encoder, set: IntentSet): Promise<void> => {
    const part = pooling === "cls" ? "step, [CLS]" : "step";
    const drawn = episodesOf(set, encoder, WAYS, bench.sizes.steps);
    const shared = { encoder: encoder.folder, threads: bench.threads, lr: LR, pooling };
    const task: StepTask = { kind: "step", ...shared, ...drawn };
    await sameStep(bench, task);
    const about = { part, model: encoder.name, data: set.name };
    await timeSteps(bench, about, task, encoder, { all: pooling === "mean" });
  };

/** Compares the losses of the first steps before anything is timed. */
async function sameStep(bench: Bench, task: StepTask): Promise<void> {
  if (!bench.python) return;
  const few = { ...task, episodes: task.episodes.slice(0, 3) };
  const apart = sameLosses((await bench.kit(few)).losses, (await bench.python(few)).losses, EAGER);
  bench.say(`losses of ${few.episodes.length} steps agree within ${apart.toExponential(1)}`);
}

/** Times steps of the kit and its peers; with `all`, of torch.compile and tfjs too, and what bare products would take. */
export async function timeSteps(
  bench: Bench,
  about: About,
  task: StepTask,
  encoder: Encoder,
  { all }: { all: boolean },
): Promise<void> {
  const { kit, python, sizes, threads } = bench;
  const tokens = task.episodes.map((e) => e.ids.reduce((sum, s) => sum + s.length, 0));
  const products = stepProducts(encoder.config, Math.round(spread(tokens).median));
  type Outcome = Outcomes["step"] | Outcomes["matmul"];
  const sides: Side<Outcome>[] = [{ name: KIT, run: () => kit(task) }];
  if (python) sides.push({ name: EAGER, run: () => python(task) });
  if (python && all) sides.push({ name: COMPILED, run: () => python({ ...task, compile: true }) });
  if (all) {
    const bare = { kind: "matmul", threads, products, runs: sizes.matmulRuns } as const;
    sides.push({ name: MATMUL, run: () => kit(bare) });
    for (const { name, backend, cannot } of bench.tfjs) {
      if (cannot.train) bench.note(`${name} (step): ${cannot.train}`);
      else sides.push({ name, run: () => kit({ ...task, backend }) });
    }
  }
  const rate = (gflops: number): Figure => ({ figure: "rate of dense products", unit: "GFLOP/s", value: gflops });
  const figuresOf = (outcome: Outcome, side: string): Figure[] => {
    if ("gflops" in outcome) return [rate(outcome.gflops)];
    const ms = spread(outcome.ms.slice(sizes.warm)).median;
    return [
      { figure: "time of a step", unit: "ms", value: ms },
      { figure: "peak memory", unit: "MB", value: outcome.memoryMB },
      ...(all && side === KIT ? [rate(flopsOf(products) / (ms / 1000) / 1e9)] : []),
    ];
  };
  await takeTurns(bench, about, sides, figuresOf, (ours, peer, who) => {
    if ("losses" in ours && "losses" in peer) sameLosses(ours.losses, peer.losses, who);
  });
}

async function encode(bench: Bench, encoder: Encoder, set: IntentSet): Promise<void> {
  const texts = textsOf(set, bench.sizes.texts);
  if (texts.length < bench.sizes.texts) bench.note(`${set.name} has only ${texts.length} different texts to encode`);
  await timeEncoding(bench, { part: "encode", model: encoder.name, data: set.name }, encoder, texts, { tfjs: true });
}

/** Times the encoding of all texts: the kit's in its default batches, sentence-transformers' in those that are its fastest. */
export async function timeEncoding(
  bench: Bench,
  about: About,
  encoder: Encoder,
  texts: readonly string[],
  { tfjs, batchSize: known }: { tfjs: boolean; batchSize?: number },
): Promise<void> {
  const { kit, python, threads } = bench;
  const shared = { encoder: encoder.folder, threads, maxLength: MAX_LENGTH };
  const task: EncodeTask = { kind: "encode", ...shared, texts, warm: WARM_TEXTS };
  const sides: Side<Outcomes["encode"]>[] = [{ name: KIT, run: () => kit(task) }];
  if (python) {
    const batchSize = known ?? (await bestBatchSize(bench, encoder, texts));
    const name = `sentence-transformers, ${batchSize} a batch`;
    sides.push({ name, run: () => python({ ...task, batchSize }) });
  }
  for (const { name, backend, cannot } of tfjs ? bench.tfjs : []) {
    if (cannot.encode) bench.note(`${name} (encode): ${cannot.encode}`);
    else sides.push({ name, run: () => kit({ ...task, backend }) });
  }
  const figuresOf = ({ seconds, memoryMB }: Outcomes["encode"]): Figure[] => [
    { figure: `time for ${texts.length.toLocaleString("en-US")} texts`, unit: "s", value: seconds },
    { figure: "peak memory", unit: "MB", value: memoryMB },
  ];
  await takeTurns(
    bench,
    about,
    sides,
    figuresOf,
    (ours, peer, who) => void sameVectors(ours.vectors, peer.vectors, who),
  );
}

/** The batch size at which sentence-transformers encodes the first thousand texts fastest. */
export async function bestBatchSize(bench: Bench, encoder: Encoder, texts: readonly string[]): Promise<number> {
  if (!bench.python) return 32;
  const shared = { encoder: encoder.folder, threads: bench.threads, maxLength: MAX_LENGTH };
  const some = texts.slice(0, 1000);
  return (await bench.python({ kind: "tune", ...shared, texts: some, batchSizes: BATCH_SIZES })).batchSize;
}

async function evaluate(bench: Bench, encoder: Encoder, set: IntentSet): Promise<void> {
  const { kit, python, sizes, threads } = bench;
  const about = { part: "evaluate", model: encoder.name, data: set.name };
  const shared = { kind: "evaluate", encoder: encoder.folder, threads, maxLength: MAX_LENGTH, data: set.name } as const;
  const anew = drawEpisodes({ ...set, dev: {} }, "test", { episodes: sizes.anew, seed: 1 });
  const theirs: EvaluateTask = { ...shared, episodes: sizes.anew, texts: anew.pool.texts, drawn: anew.episodes };
  const peer = "PyTorch, each episode anew";
  if (python) bench.note(`${peer}: FewShotText's way; the time of ${sizes.anew} episodes, times as many as there are`);
  for (const episodes of sizes.episodes) {
    const sides: Side<Outcomes["evaluate"]>[] = [{ name: KIT, run: () => kit({ ...shared, episodes }) }];
    if (python) sides.push({ name: peer, run: () => python(theirs) });
    const figuresOf = ({ seconds }: Outcomes["evaluate"], side: string): Figure[] => {
      const times = side === KIT ? 1 : episodes / sizes.anew;
      const figure = `time for ${episodes.toLocaleString("en-US")} episodes`;
      return [{ figure, unit: "s", value: seconds * times }];
    };
    const check = (ours: Outcomes["evaluate"], other: Outcomes["evaluate"], who: string): void =>
      void sameAccuracies(ours.accuracies, other.accuracies, who);
    await takeTurns(bench, about, sides, figuresOf, check);
  }
}

async function startUp(bench: Bench, encoder: Encoder, set: IntentSet): Promise<void> {
  const { kit, python, threads } = bench;
  const drawn = episodesOf(set, encoder, WAYS, 1);
  const task: StartUpTask = { kind: "start-up", encoder: encoder.folder, threads, lr: LR, ...drawn };
  type Outcome = Outcomes["start-up"] & { readonly started: number };
  const sides: Side<Outcome>[] = [{ name: KIT, run: () => kit(task) }];
  if (python) sides.push({ name: EAGER, run: () => python(task) });
  const figuresOf = ({ started, imported, loaded, stepped }: Outcome): Figure[] => [
    { figure: "import", unit: "s", value: (imported - started) / 1000 },
    { figure: "load", unit: "s", value: (loaded - imported) / 1000 },
    { figure: "first step", unit: "s", value: (stepped - loaded) / 1000 },
    { figure: "start to first step", unit: "s", value: (stepped - started) / 1000 },
  ];
  const about = { part: "start-up", model: encoder.name, data: set.name };
  await takeTurns(bench, about, sides, figuresOf, (a, b, who) => void sameLosses(a.losses, b.losses, who));
}
