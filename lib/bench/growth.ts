/** Growth curves: what a step costs by its sentences, their length and the model's size, and encoding by the number of texts. */
import { InputError, messageOf } from "../core/errors.ts";
import type { IntentSet } from "../data/types.ts";
import { curves } from "../plots/curves.ts";
import type { Figure } from "../plots/figure.ts";
import { bestBatchSize, timeEncoding, timeSteps } from "./parts.ts";
import type { Bench } from "./rounds.ts";
import {
  type Encoder,
  episodesOf,
  LR,
  manyTexts,
  millions,
  SHAPES,
  shapedEncoder,
  syntheticEpisodes,
} from "./subjects.ts";
import type { Compared } from "./summary.ts";
import { KIT } from "./summary.ts";
import type { StepTask } from "./tasks.ts";

export const CURVES = ["sentences", "length", "size", "texts"] as const;
export type CurveName = (typeof CURVES)[number];

/** Ways, shots and queries of 50 to 800 sentences a step. */
export const EPISODES = [
  [5, 5, 5],
  [10, 5, 5],
  [10, 10, 10],
  [20, 10, 10],
  [40, 10, 10],
] as const;
const LENGTHS = [8, 16, 32, 64, 128, 256, 512];
const TEXTS = [1000, 3000, 10_000, 30_000, 100_000];
const FIVE = { nWay: 5, nShot: 5, nQuery: 5 };
const TEN_SENTENCES = { nWay: 5, nShot: 1, nQuery: 1 };

/** How each curve is drawn. */
const LOOK: Readonly<Record<CurveName, { x: string; y: string; title: string }>> = {
  sentences: { x: "sentences in a step, N (K + Q)", y: "ms a step", title: "A training step by its sentences" },
  length: { x: "tokens of each of 10 sentences", y: "ms a step", title: "A training step by the length of sentences" },
  size: { x: "million parameters", y: "ms a step", title: "A training step by the size of the model" },
  texts: { x: "texts", y: "s", title: "Encoding by the number of texts" },
};

/** Measures one curve. With `quick`, its first two points only. */
export async function runCurve(
  curve: CurveName,
  bench: Bench,
  encoder: Encoder,
  set: IntentSet,
  options: { work: string; quick: boolean },
): Promise<void> {
  const points = <T>(all: readonly T[]): readonly T[] => (options.quick ? all.slice(0, 2) : all);
  const about = { part: curve, model: encoder.name, data: set.name };
  const { steps } = bench.sizes;
  const time = (own: Encoder, x: number, episodes: Pick<StepTask, "nWay" | "nShot" | "nQuery" | "episodes">) => {
    const task: StepTask = { kind: "step", encoder: own.folder, threads: bench.threads, lr: LR, ...episodes };
    return timeSteps(bench, { ...about, x }, task, own, { all: false });
  };
  if (curve === "sentences") {
    for (const [nWay, nShot, nQuery] of points(EPISODES)) {
      const x = nWay * (nShot + nQuery);
      const drawn = orNote(bench, `${x} sentences a step`, () =>
        episodesOf(set, encoder, { nWay, nShot, nQuery }, steps),
      );
      if (drawn) await time(encoder, x, drawn);
    }
  } else if (curve === "length") {
    about.data = "random tokens";
    for (const length of points(LENGTHS.filter((n) => n <= encoder.config.maxPositions)))
      await time(encoder, length, syntheticEpisodes(encoder, TEN_SENTENCES, length, steps));
  } else if (curve === "size") {
    for (const name of points(Object.keys(SHAPES))) {
      about.model = name;
      const own = await shapedEncoder(name, options.work, bench.note);
      await time(own, Number(millions(own.config).toFixed(1)), episodesOf(set, own, FIVE, steps));
    }
  } else {
    const batchSize = await bestBatchSize(bench, encoder, manyTexts(set, 1000));
    for (const n of points(TEXTS))
      await timeEncoding(bench, { ...about, x: n }, encoder, manyTexts(set, n), { tfjs: false, batchSize });
  }
}

/** The figure of a curve: medians of the kit and each peer, both axes logarithmic. Undefined where nothing was measured. */
export function curveFigure(curve: CurveName, lines: readonly Compared[]): Figure | undefined {
  const own = lines.filter((l) => l.part === curve && l.x !== undefined && l.unit !== "MB");
  const sides = [KIT, ...new Set(own.flatMap((l) => l.side ?? []))];
  const series = sides.flatMap((side) => {
    const points = new Map(
      own.flatMap((l): [number, number][] => {
        const found = side === KIT ? l.kit : l.side === side ? l.peer : undefined;
        return found ? [[l.x as number, found.median]] : [];
      }),
    );
    return points.size ? [{ name: side, x: [...points.keys()], y: [...points.values()], kind: "points" as const }] : [];
  });
  if (!series.length) return undefined;
  const { x, y, title } = LOOK[curve];
  const { data, layout } = curves(series, { title, x, y, log: true });
  const marks = (name: "xaxis" | "yaxis", at: readonly number[]) => {
    const axis = layout[name] as Readonly<Record<string, string>>;
    const ticktext = at.map((v) => v.toLocaleString("en-US"));
    return { ...axis, type: "log", tickmode: "array", tickvals: at, ticktext };
  };
  const points = [...new Set(series.flatMap((s) => s.x))];
  const values = series.flatMap((s) => s.y);
  return { data, layout: { ...layout, xaxis: marks("xaxis", points), yaxis: marks("yaxis", roundSteps(values)) } };
}

/** 1, 2, 5, 10, ... from below the least value to above the largest: plotly's own labels of such an axis lack their zeros. */
function roundSteps(values: readonly number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const steps: number[] = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++)
    for (const digit of [1, 2, 5]) steps.push(Number(`${digit}e${power}`));
  return steps;
}

function orNote<T>(bench: Bench, what: string, make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    bench.note(`${what}: left out, ${messageOf(error)}`);
    return undefined;
  }
}
