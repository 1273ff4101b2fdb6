/** The other parts of the GPU bench: whether training there gives the losses of the CPU, and encoding. */
import { loadIntents } from "../data/load.ts";
import type { IntentSet } from "../data/types.ts";
import type { DeviceBench } from "./device.ts";
import { differs, sameVectors } from "./same-work.ts";
import {
  type Encoder,
  episodesOf,
  INTENTS,
  LR,
  MAX_LENGTH,
  manyTexts,
  publishedEncoder,
  textsOf,
  WARM_TEXTS,
} from "./subjects.ts";
import { KIT } from "./summary.ts";
import type { BenchDevice, Outcomes, PointOutcome } from "./tasks.ts";

/** Largest difference of a loss on the device from that on the CPU: about 1.6 at the first of these steps. */
const PARITY = 1e-3;
const BATCH_SIZES = [32, 64, 128, 256, 512];

/** Trains tiny-bert on the device and on the CPU, and compares the losses step by step. */
export async function parityPart(bench: DeviceBench): Promise<void> {
  const [encoder, set] = [await publishedEncoder("tiny", bench.work, bench.note), await loadIntents(INTENTS)];
  const ways = bench.quick ? { nWay: 3, nShot: 1, nQuery: 1 } : { nWay: 5, nShot: 5, nQuery: 5 };
  const points = [{ ...episodesOf(set, encoder, ways, bench.quick ? 3 : 20), precision: "float32" as const }];
  const losses = async (device: BenchDevice): Promise<readonly number[]> => {
    const task = { kind: "points", encoder: encoder.folder, threads: bench.threads, lr: LR, device, points } as const;
    const { lines, fault } = await bench.ask<PointOutcome>(bench.kit, task);
    const reason = fault ?? lines[0]?.fault;
    if (reason !== undefined) bench.isVoid(`losses on ${device}: ${reason}`);
    return lines[0]?.losses ?? [];
  };
  const [ours, cpu] = [await losses(bench.device), await losses("cpu")];
  if (!ours.length || !cpu.length) return;
  const apart = cpu.map((loss, i) => Math.abs(loss - (ours[i] ?? Number.NaN)));
  const most = Math.max(...apart); // NaN where one is
  const row = (name: string, numbers: readonly number[]): string =>
    `${name}: ${numbers.map((n) => n.toFixed(6)).join(" ")}`;
  for (const line of [row(bench.device, ours), row("cpu", cpu), `largest difference: ${most}`]) bench.say(line);
  if (!(most <= PARITY)) bench.isVoid(`losses on ${bench.device} and cpu differ by ${most}, wanted at most ${PARITY}`);
  const figure = `largest difference of ${cpu.length} losses from the CPU's`;
  const about = { part: "parity", model: encoder.name, data: set.name, side: KIT, round: 1, unit: "" };
  await bench.record({ ...about, figure, value: most });
}

/** Encodes texts once: the kit in its default batches, sentence-transformers with CUDA in those that are its fastest. */
export async function encodePart(
  bench: DeviceBench,
  encoder: Encoder,
  set: IntentSet,
  round: number,
  state: { batchSize?: number },
): Promise<void> {
  const { texts: count } = bench.sizes;
  const own = textsOf(set, count);
  const texts = own.length < count ? manyTexts(set, count) : own; // not as many: again, with numbers
  const shared = { encoder: encoder.folder, threads: bench.threads, maxLength: MAX_LENGTH, texts, warm: WARM_TEXTS };
  const figure = `time for ${count.toLocaleString("en-US")} texts`;
  const about = { part: "encode", model: encoder.name, data: set.name, figure, unit: "s", round };
  const kit = await bench.ask<Outcomes["encode"]>(bench.kit, { kind: "encode", ...shared, device: bench.device });
  const ours = kit.lines[0];
  if (ours) await bench.record({ ...about, side: KIT, value: ours.seconds });
  else bench.note(`${KIT} (encode, ${encoder.name}): ${kit.fault ?? "no answer"}`);
  if (!bench.python) return;
  const { batchSize } = state;
  const sizes = batchSize === undefined ? { batchSizes: BATCH_SIZES } : { batchSize };
  const task = { kind: "encode", ...shared, device: "cuda", ...sizes } as const;
  const { lines, fault } = await bench.ask<Outcomes["encode"]>(bench.python, task);
  const [theirs] = lines;
  if (!theirs) return bench.note(`sentence-transformers (encode, ${encoder.name}): ${fault ?? "no answer"}`);
  if (theirs.batchSize !== undefined) state.batchSize = theirs.batchSize;
  const side = `sentence-transformers CUDA, ${state.batchSize} a batch`;
  const other = ours && differs(() => sameVectors(ours.vectors, theirs.vectors, side));
  if (other !== undefined) bench.isVoid(`${encoder.name}: ${other}`);
  await bench.record({ ...about, side, value: theirs.seconds }, other !== undefined);
}
