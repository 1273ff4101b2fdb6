/** How far an accuracy can be believed: its interval by number of episodes, and what it misses, the choice of the classes. */
import { random, sample } from "../core/random.ts";
import { pick } from "../data/draw.ts";
import type { IntentSet } from "../data/types.ts";
import type { Pooling } from "../encoder/pooling.ts";
import { estimate } from "../evaluate/accuracy.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import type { Executor } from "../executor/types.ts";
import { headSettings } from "../heads/head.ts";
import { createModel, DEFAULT_MODEL } from "../model/model.ts";
import { intervals } from "../plots/intervals.ts";
import { pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import { rawViews } from "./raw-views.ts";
import type { NamedFigure, NamedTable } from "./report.ts";
import { runStudy, type Study, type StudyOptions, type StudyResult } from "./study.ts";
import { loadSubject, type NamedSet, type Subject, type SubjectConfig } from "./subject.ts";
import type { Task } from "./tasks.ts";

export interface IntervalWidthsConfig extends SubjectConfig {
  /** Name of the study. Default "interval-widths". */
  readonly study?: string;
  /** Default "mean". */
  readonly pooling?: Pooling;
  /** Numbers of episodes. Default 25, 100, 400, 1600. */
  readonly episodes?: readonly number[];
  /** Lists of each number, each drawn from a seed of its own. Default 20. */
  readonly lists?: number;
  /** Episodes of the long list that stands for the truth. Default 20000. */
  readonly reference?: number;
  /** Classes of an episode. Default 5. */
  readonly nWay?: number;
  /** Supports a class. Default 1. */
  readonly nShot?: number;
  /** Default 1. */
  readonly seed?: number;
}

type Settings = Required<IntervalWidthsConfig>;

/** Values of the field `classes`: the test classes, or others in their place. */
const TEST = "test";
const OTHERS = "drawn anew";

/**
 * Scores the raw encoder (prototypical, squared Euclidean distance) on many lists of test episodes of each length, and, with
 * the greatest length, on as many choices of classes: as many as the test classes, drawn from all parts, which to a raw
 * encoder are all unseen. `holds` says whether a list's interval holds the accuracy of one long list of test episodes.
 * Tables and figures are named by set. Files and options as runStudy.
 */
export async function intervalWidths(
  config: IntervalWidthsConfig,
  outDir: string,
  executor: Executor,
  options: StudyOptions = {},
): Promise<StudyResult> {
  const subject = await loadSubject(config);
  return runStudy(intervalStudy(config, subject, executor), outDir, executor, options);
}

function intervalStudy(config: IntervalWidthsConfig, subject: Subject, executor: Executor): Study {
  const settings: Settings = {
    ...{ study: "interval-widths", pooling: "mean", episodes: [25, 100, 400, 1600], lists: 20, reference: 20_000 },
    ...{ nWay: 5, nShot: 1, seed: 1 },
    ...config,
  };
  const { study, pooling, episodes, lists, reference, nWay, nShot, seed } = settings;
  const view = { pooling, layer: -1 };
  const shared = rawViews(subject.encoder, executor, [view]);
  const model = createModel(subject.encoder, { ...DEFAULT_MODEL, ...view, head: headSettings("prototypical") });
  const most = Math.max(...episodes);

  /** Scores `set` on a list, after all texts were encoded together: no bit depends on which task came first. */
  const scored = async (
    named: NamedSet,
    set: IntentSet,
    classes: string,
    length: number,
    draw: number,
  ): Promise<Row> => {
    const embedder = shared.embedder(named.name, 0);
    const { train, dev, test } = named.set;
    await embedder.embed([train, dev, test].flatMap((part) => Object.values(part).flat()));
    const seeded = { episodes: length, seed: `${seed} ${classes} ${length} ${draw}` };
    const r = await evaluate(model, set, executor, { nWay, nShot, ...seeded, embedder });
    return { data: named.name, classes, episodes: length, draw, accuracy: r.accuracy, ci95: r.ci95 };
  };
  const only = (set: IntentSet, test: IntentSet["test"]): IntentSet => ({ ...set, train: {}, dev: {}, test });
  const task = (named: NamedSet, classes: string, length: number): Task => ({
    name: `${named.name} ${classes} ${length}`,
    weight: length * (length === reference ? 1 : lists),
    async run(report) {
      const { train, dev, test } = named.set;
      const rows: Row[] = [];
      for (let draw = 0; draw < (length === reference ? 1 : lists); draw++) {
        report(draw / lists);
        const all = { ...train, ...dev, ...test };
        const rng = random(seed).stream("classes").stream(draw);
        const names = classes === TEST ? Object.keys(test) : sample(Object.keys(all), Object.keys(test).length, rng);
        rows.push(await scored(named, only(named.set, pick(all, new Set(names))), classes, length, draw));
      }
      return rows;
    },
  });
  return {
    name: study,
    record: { study, pooling, episodes, lists, reference, nWay, nShot, seed, ...subject.record },
    tasks: () =>
      subject.sets.flatMap((named) => [
        ...[reference, ...episodes].map((length) => task(named, TEST, length)),
        task(named, OTHERS, most),
      ]),
    rows: (rows) => rows.map((row) => ({ ...row, holds: holds(row, truthOf(rows, row.data, reference)) })),
    report: async (rows) => ({
      title: `How wide intervals are: ${config.encoderName}`,
      about: [
        `Raw ${config.encoderName}, ${pooling} pooling, prototypical network without training, ${nWay}-way ${nShot}-shot: ${lists} lists of episodes ` +
          `of each length on the test classes, and ${lists} lists of ${most} episodes, each on other classes, as many as the test classes, drawn from ` +
          `all parts. The line is the accuracy over ${reference} episodes of the test classes.`,
      ],
      tables: subject.sets.map(({ name }) => tableOf(rows, name, settings)),
      figures: subject.sets.map(({ name }) => figureOf(rows, name, settings)),
    }),
    dispose: () => shared.dispose(),
  };
}

function truthOf(rows: readonly Row[], data: Row[string], reference: number): number {
  return rows.find((r) => r.data === data && r.classes === TEST && r.episodes === reference)?.accuracy as number;
}

function holds({ accuracy, ci95 }: Row, truth: number): boolean {
  return Math.abs((accuracy as number) - truth) <= (ci95 as number);
}

/** The lists of a length, by the words for them. */
function groupsOf(rows: readonly Row[], data: string, { episodes }: Settings): { name: string; own: Row[] }[] {
  const of = (classes: string, length: number): Row[] =>
    rows.filter((r) => r.data === data && r.classes === classes && r.episodes === length);
  const most = Math.max(...episodes);
  return [
    ...episodes.map((length) => ({ name: `${length} episodes`, own: of(TEST, length) })),
    { name: `${most} episodes, each of other classes`, own: of(OTHERS, most) },
  ];
}

function tableOf(rows: readonly Row[], data: string, settings: Settings): NamedTable {
  const long = groupsOf(rows, data, settings).flatMap(({ name, own }): Row[] => {
    const { mean, sd } = estimate(own.map((r) => r.accuracy as number));
    const width = estimate(own.map((r) => r.ci95 as number)).mean;
    const held = own.filter((r) => r.holds).length / own.length;
    return [
      { list: name, measure: "accuracy, mean of the lists", value: mean },
      { list: name, measure: "half-width of the interval, mean", value: width },
      { list: name, measure: "1.96 sd of the lists", value: 1.96 * sd },
      { list: name, measure: "intervals that hold the line", value: held },
    ];
  });
  const table = pivot(long, {
    rows: ["list"],
    columns: ["measure"],
    value: "value",
    best: "none",
    name: "shares",
  });
  return { name: data, title: data, table };
}

function figureOf(rows: readonly Row[], data: string, settings: Settings): NamedFigure {
  const { nWay, nShot, reference, lists } = settings;
  const points = groupsOf(rows, data, settings).flatMap(({ name, own }) =>
    own.map((r) => ({ group: name, mean: r.accuracy as number, ci95: r.ci95 as number })),
  );
  const figure = intervals(points, {
    title: `${data}: ${nWay}-way ${nShot}-shot accuracy of ${lists} lists of episodes each, with 95 % intervals`,
    reference: truthOf(rows, data, reference),
    referenceName: "long list",
    chance: 1 / nWay,
  });
  return { name: data, caption: `Accuracies and intervals by the number of episodes: ${data}.`, figure };
}
