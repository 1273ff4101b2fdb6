/** Functions of the kit as things to trace: a head's scores and loss, and a whole training step of a model on a data set. */
import type * as tf from "@tensorflow/tfjs";
import { random } from "../core/random.ts";
import { float32, sizeOf, type Tensors } from "../core/tensor.ts";
import type { IntentSet } from "../data/types.ts";
import { sampleEpisode } from "../episodes/sample.ts";
import type { EpisodeShape } from "../episodes/types.ts";
import { poolOfPart } from "../evaluate/pool.ts";
import { specsOf } from "../executor/compiled.ts";
import { gradientName, withGradients } from "../executor/gradients.ts";
import type { Spec } from "../executor/trace.ts";
import type { CompileOptions, GraphFunction } from "../executor/types.ts";
import { createHead, headSettings } from "../heads/head.ts";
import type { HeadName, HeadSettings } from "../heads/types.ts";
import { batchSymbols, dropoutSymbols } from "../model/inputs.ts";
import { classLabels } from "../model/labels.ts";
import { allParams, type FewShotModel } from "../model/model.ts";
import { EMBEDDING_TABLES, episodeBatch, episodeLoss } from "../model/objective.ts";

/** A function with all that tracing, compiling and running it needs. */
export interface Traceable {
  readonly fn: GraphFunction;
  /** Shapes of the inputs, sizes that vary by their symbols: what `trace` takes. */
  readonly specs: Readonly<Record<string, Spec>>;
  /** What `Executor.program` takes. */
  readonly options: CompileOptions & { readonly symbols: NonNullable<CompileOptions["symbols"]> };
  /** Inputs number `i`, of other sizes than those of other numbers; the same ones every time. */
  inputs(i: number): Tensors;
}

export interface HeadFunctionOptions extends Partial<Omit<HeadSettings, "head">> {
  /** Default 5. */
  nWay?: number;
  /** Default 3. */
  nShot?: number;
  /** D, width of the vectors. Default 192. */
  width?: number;
  /** The loss and its gradients by support and query, in place of the scores. Default false. */
  gradients?: boolean;
}

/**
 * A head as a function of `support` [E, N, K, D] and `query` [E, M, D], with `labels` [E, M, N] where gradients are asked
 * for; E and M are symbols. Inputs are normal random numbers, E and M growing with `i`.
 */
export function headFunction(name: HeadName, options: HeadFunctionOptions = {}): Traceable {
  const { nWay = 5, nShot = 3, width = 192, gradients = false, ...given } = options;
  const head = createHead(headSettings(name, { ...given, norms: false }));
  const scoresOf = ({ support, query }: Readonly<Record<string, tf.Tensor>>): tf.Tensor =>
    head.scores({}, support as tf.Tensor, query as tf.Tensor);
  const loss = withGradients(
    (inputs) => ({ loss: head.loss(scoresOf(inputs), inputs.labels as tf.Tensor) }),
    ["support", "query"],
  );
  const symbols = { support: ["E", 0, 0, 0], query: ["E", "M", 0], ...(gradients && { labels: ["E", "M", 0] }) };
  const inputs = (i: number): Tensors => {
    const rng = random(i).stream("a head's inputs");
    const [e, m] = [2 + i, 7 + i];
    const numbers = (part: string, shape: readonly number[]) => {
      const stream = rng.stream(part);
      return float32(
        Float32Array.from({ length: sizeOf(shape) }, () => stream.normal()),
        shape,
      );
    };
    const classes = Array.from({ length: e }, () => Array.from({ length: m }, (_, q) => q % nWay));
    return {
      support: numbers("support", [e, nWay, nShot, width]),
      query: numbers("query", [e, m, width]),
      ...(gradients && { labels: classLabels(classes, nWay) }),
    };
  };
  const fn: GraphFunction = gradients ? loss : (named) => ({ scores: scoresOf(named) });
  return { fn, specs: specsOf(inputs(0), symbols), options: { symbols }, inputs };
}

export interface StepFunctionOptions extends Partial<Omit<EpisodeShape, "nOther">> {
  /** Whether to drop out, at the rates of the encoder's configuration. Default false. */
  dropout?: boolean;
  /**
   * Whether to take the gradients of the embedding tables too. Compiled, they are rows and cost little; tfjs in JavaScript adds
   * them up once for each row of the table, which takes minutes. Default true.
   */
  tables?: boolean;
  /** Fixes the episodes. Default 1. */
  seed?: number | string;
}

/**
 * What `train` runs in a step on episodes: loss, accuracy and the gradients of all parameters, from token ids. Inputs number
 * `i` are those of an episode of the set's train classes, 5-way 5-shot with 5 queries a class unless told otherwise.
 */
export function stepFunction(model: FewShotModel, set: IntentSet, options: StepFunctionOptions = {}): Traceable {
  const { nWay = 5, nShot = 5, nQuery = 5, dropout = false, tables = true, seed = 1 } = options;
  const shape: EpisodeShape = { nWay, nShot, nQuery, nOther: 0 };
  const pool = poolOfPart(set, "train", shape, "a step", "classes");
  const params = allParams(model);
  const trained = Object.keys(params).filter((name) => tables || !EMBEDDING_TABLES.includes(name));
  const batch = (i: number): Tensors => {
    const rng = random(seed).stream(`step ${i}`);
    const episode = sampleEpisode(pool, shape, rng.stream("episode"));
    return episodeBatch(model, pool, [episode], dropout ? rng.stream("dropout") : undefined);
  };
  const first = batch(0);
  const symbols = { ...batchSymbols(0), ...dropoutSymbols(first, 0) };
  return {
    fn: withGradients(episodeLoss(model, shape), trained, { unused: "skip" }),
    specs: specsOf({ ...first, ...params }, symbols),
    options: { symbols, sparse: EMBEDDING_TABLES.map(gradientName) },
    inputs: (i) => ({ ...(i === 0 ? first : batch(i)), ...params }),
  };
}
