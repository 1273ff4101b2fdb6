/** What a model is used for, in one call each: scores on unseen classes, vectors of texts, recognising intents. */
import { InputError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { ClassTexts, IntentSet } from "../data/types.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { type EvaluateOptions, type Evaluation, evaluate as evaluateOn } from "../evaluate/evaluate.ts";
import { executorOf, type Where } from "../executor/device.ts";
import { type Classifier, createClassifier } from "../model/classifier.ts";
import { withEmbedder } from "../model/embed.ts";
import type { FewShotModel } from "../model/model.ts";
import { type NetworkOptions, prototypical } from "./networks.ts";
import type { Run } from "./run.ts";

/** Of every call on a run or a model: where it runs. Default: the run's executor. */
export type On = Where;

/** Scores a run's model on its set, or a model on a set: episodes of unseen classes. Options and errors as EvaluateOptions. */
export function evaluate(run: Run, options?: EvaluateOptions & On): Promise<Evaluation>;
export function evaluate(model: FewShotModel, set: IntentSet, options?: EvaluateOptions & On): Promise<Evaluation>;
export async function evaluate(
  subject: Run | FewShotModel,
  second: IntentSet | (EvaluateOptions & On) = {},
  third: EvaluateOptions & On = {},
): Promise<Evaluation> {
  if (isRun(subject)) {
    const { executor, device, ...options } = second as EvaluateOptions & On;
    return evaluateOn(subject.model, subject.set, await executorOf({ executor, device }, subject.executor), options);
  }
  if (!("train" in second)) {
    throw new InputError("evaluate: a model needs a data set beside it: evaluate(model, intents, options)");
  }
  const { executor, device, ...options } = third;
  return evaluateOn(subject, second, await executorOf({ executor, device }), options);
}

/** Vectors [S, D] of S texts, row i for text i: of a run, a model, or an encoder with a pooling and a layer. */
export async function embed(
  subject: Run | FewShotModel | Encoder,
  texts: readonly string[],
  options: On & Pick<NetworkOptions, "pooling" | "layer" | "maxLength"> = {},
): Promise<FloatTensor> {
  const { executor: given, device, ...pooled } = options;
  const executor = await executorOf({ executor: given, device }, isRun(subject) ? subject.executor : undefined);
  const base = isRun(subject) ? subject.model : subject;
  const model =
    "tokenizer" in base ? prototypical(base, pooled) : { ...base, settings: { ...base.settings, ...pooled } };
  return withEmbedder(model, executor, {}, (embedder) => embedder.embed(texts));
}

/**
 * Recognises intents from a few texts a class; texts below the threshold are "other". Default threshold: the run's, as
 * chosen on dev classes; of a model without a run, none. `dispose` frees it.
 */
export async function classifier(
  subject: Run | FewShotModel,
  support: ClassTexts,
  options: On & { threshold?: number } = {},
): Promise<Classifier> {
  const run = isRun(subject) ? subject : undefined;
  const { threshold = run?.otherThreshold } = options;
  const executor = await executorOf(options, run?.executor);
  const model = isRun(subject) ? subject.model : subject;
  return createClassifier(model, support, executor, threshold === undefined ? {} : { threshold });
}

function isRun(subject: object): subject is Run {
  return "result" in subject && "model" in subject;
}
