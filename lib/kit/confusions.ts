/** Which unseen classes a model takes for which, in one call: the matrix, the worst pairs, and the numbers behind them. */
import type { IntentSet, Part } from "../data/types.ts";
import { type Confusions, confusions } from "../evaluate/confusion.ts";
import type { Evaluation } from "../evaluate/evaluate.ts";
import { executorOf } from "../executor/device.ts";
import type { FewShotModel } from "../model/model.ts";
import { confusionMatrix } from "../plots/confusion.ts";
import type { Figure } from "../plots/figure.ts";
import type { TextTable } from "../plots/tables.ts";
import type { Run } from "./run.ts";
import { evaluate, type On } from "./use.ts";

export interface ConfusionsOptions extends On {
  /** Classes that are looked at. Default "test". */
  part?: Part;
  /** Classes of an episode. Default: all that have texts enough, so that each can be taken for each. */
  nWay?: number;
  /** Supports a class. Default 5. */
  nShot?: number;
  /** Queries a class. Default 5. */
  nQuery?: number;
  /** Default 100. */
  episodes?: number;
  /** Default 1. */
  seed?: number | string;
  /** Pairs in the table. Default 10. */
  pairs?: number;
  /** Title of the matrix. Default: what was asked, and how many answers are right. */
  title?: string;
}

export interface ClassConfusions extends Confusions {
  /** The matrix: true classes down, answers across. */
  readonly figure: Figure;
  /** The pairs that are confused most, with shares in %. */
  readonly table: TextTable;
  readonly evaluation: Evaluation;
}

/** Confusions of a run on its set, or of a model on a set, over all its unseen classes at once. Errors as `evaluate`. */
export async function classConfusions(
  subject: Run | FewShotModel,
  set: IntentSet,
  options: ConfusionsOptions = {},
): Promise<ClassConfusions> {
  const run = "result" in subject ? subject : undefined;
  const model = "result" in subject ? subject.model : subject;
  const { part = "test", nShot = 5, nQuery = 5, episodes = 100, seed = 1, pairs = 10 } = options;
  const executor = await executorOf(options, run?.executor);
  const enough = Object.values(set[part]).filter((texts) => texts.length >= nShot + nQuery);
  const { nWay = Math.max(1, enough.length) } = options;
  let found: Confusions | undefined;
  const evaluation = await evaluate(model, set, {
    ...{ part, nWay, nShot, nQuery, episodes, seed, executor },
    onScored: (list, scored) => {
      found = confusions(list, scored);
    },
  });
  const right = `${(100 * evaluation.accuracy).toFixed(1)} % right`;
  const { title = `${nWay}-way ${nShot}-shot, ${part} classes: ${right}` } = options;
  const counted = found as Confusions | undefined;
  if (!counted) throw new Error("confusions: the evaluation gave no scores");
  return {
    ...counted,
    figure: confusionMatrix(counted.counts, { classes: counted.classes, title }),
    table: pairsTable(counted, pairs),
    evaluation,
  };
}

function pairsTable({ pairs }: Confusions, most: number): TextTable {
  const percent = (share: number): string => (100 * share).toFixed(1);
  return {
    header: ["a", "b", "queries of both", "confused (%)", "a as b", "b as a"],
    lines: pairs
      .slice(0, most)
      .map(({ a, b, queries, share, aAsB, bAsA }) => [a, b, ...[queries, percent(share), aAsB, bAsA].map(String)]),
  };
}
