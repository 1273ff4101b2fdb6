/** What a model is used for, in one call each: scores on unseen classes, vectors of texts, recognising intents. */
import { InputError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { ClassTexts, IntentSet } from "../data/types.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { type EvaluateOptions, type Evaluation, evaluate as evaluateOn } from "../evaluate/evaluate.ts";
import { compiledExecutor } from "../executor/compiled.ts";
import type { Executor } from "../executor/types.ts";
import { type Classifier, createClassifier } from "../model/classifier.ts";
import { withEmbedder } from "../model/embed.ts";
import type { FewShotModel } from "../model/model.ts";
import { type NetworkOptions, prototypical } from "./networks.ts";
import type { Run } from "./run.ts";

/** Of every call on a run or a model. */
export interface On {
  /** Where it runs. Default: the run's executor, else compiled, on the CPU. */
  executor?: Executor;
}

/** Scores a run's model on its set, or a model on a set: episodes of unseen classes. Options and errors as EvaluateOptions. */
export function evaluate(run: Run, options?: EvaluateOptions & On): Promise<Evaluation>;
export function evaluate(model: FewShotModel, set: IntentSet, options?: EvaluateOptions & On): Promise<Evaluation>;
export function evaluate(
  subject: Run | FewShotModel,
  second: IntentSet | (EvaluateOptions & On) = {},
  third: EvaluateOptions & On = {},
): Promise<Evaluation> {
  if (isRun(subject)) {
    const { executor = subject.executor, ...options } = second as EvaluateOptions & On;
    return evaluateOn(subject.model, subject.set, executor, options);
  }
  if (!("train" in second)) {
    throw new InputError("evaluate: a model needs a data set beside it: evaluate(model, intents, options)");
  }
  const { executor = compiledExecutor(), ...options } = third;
  return evaluateOn(subject, second, executor, options);
}

/** Vectors [S, D] of S texts, row i for text i: of a run, a model, or an encoder with a pooling and a layer. */
export async function embed(
  subject: Run | FewShotModel | Encoder,
  texts: readonly string[],
  options: On & Pick<NetworkOptions, "pooling" | "layer" | "maxLength"> = {},
): Promise<FloatTensor> {
  const { executor = isRun(subject) ? subject.executor : compiledExecutor(), ...pooled } = options;
  const base = isRun(subject) ? subject.model : subject;
  const model =
    "tokenizer" in base ? prototypical(base, pooled) : { ...base, settings: { ...base.settings, ...pooled } };
  return withEmbedder(model, executor, {}, (embedder) => embedder.embed(texts));
}

/**
 * Recognises intents from a few texts a class; texts below the threshold are "other". Default threshold: the run's, as
 * chosen on dev classes; of a model without a run, none. `dispose` frees it.
 */
export function classifier(
  subject: Run | FewShotModel,
  support: ClassTexts,
  options: On & { threshold?: number } = {},
): Promise<Classifier> {
  const run = isRun(subject) ? subject : undefined;
  const { executor = run?.executor ?? compiledExecutor(), threshold = run?.otherThreshold } = options;
  const model = isRun(subject) ? subject.model : subject;
  return createClassifier(model, support, executor, threshold === undefined ? {} : { threshold });
}

function isRun(subject: object): subject is Run {
  return "result" in subject && "model" in subject;
}
