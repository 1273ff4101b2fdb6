/** Masked-language-model pre-training: of a new BERT, or on, in a domain, of one that exists. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import { random } from "../core/random.ts";
import type { FloatTensor, Params, Tensors } from "../core/tensor.ts";
import type { BertConfig } from "../encoder/config.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { saveEncoder } from "../encoder/encoder.ts";
import { initialParams, mlmLoss, mlmShapes } from "../encoder/mlm.ts";
import { bertShapes } from "../encoder/names.ts";
import { gradientName, type LossFunction } from "../executor/gradients.ts";
import type { Executor } from "../executor/types.ts";
import {
  batchInputs,
  batchOf,
  batchSymbols,
  dropoutNames,
  dropoutOf,
  dropoutSymbols,
  maskedOf,
} from "../model/inputs.ts";
import { drawMasks } from "../model/masks.ts";
import { EMBEDDING_TABLES } from "../model/objective.ts";
import { environment } from "../results/environment.ts";
import { packBatch } from "../tokenizer/batch.ts";
import type { Encoding, Tokenizer } from "../tokenizer/types.ts";
import { train } from "../train/trainer.ts";
import type { Metrics, Objective, TrainOptions, TrainResult } from "../train/types.ts";
import { bucketedBatches } from "./batches.ts";
import type { Corpus } from "./corpus.ts";
import { encodeAll } from "./encoded.ts";
import { MASKED_SYMBOLS, maskBatch } from "./masking.ts";

export interface PretrainOptions extends Omit<TrainOptions, "settings" | "out"> {
  /** Folder for the encoder, its record, log and checkpoint. */
  out: string;
  /** Sentences in a step. Default 128. */
  batchSize?: number;
  /** Tokens of a sentence, longer ones are cut. Default 48. */
  maxLength?: number;
  /** Share of numbers dropped, of hidden states and attention weights. Default 0: little text is seen more than once. */
  dropout?: number;
  /** The masked-word head to begin with, see `newHead`; it is trained in place, and not written. Default: a new one. */
  head?: Params;
  /** What is trained: encoder and head, or the head alone, on the encoder as it is. Default "all". */
  trains?: "all" | "head";
  /** How the encoder's weights are written. Default "F32". */
  dtype?: "F32" | "F16";
  /** What else the record should say, such as sources. */
  about?: Readonly<Record<string, unknown>>;
}

/** A new encoder of that shape with random weights. */
export function newEncoder(config: BertConfig, tokenizer: Tokenizer, seed: number | string): Encoder {
  const shapes = Object.entries(bertShapes(config)).filter(([name]) => !name.startsWith("pooler.")); // masked words teach it nothing
  return { source: "new", config, tokenizer, params: initialParams(shapes, random(seed).stream("weights")) };
}

/** A masked-word head with random weights. Checkpoints of encoders have none. */
export function newHead(config: BertConfig, seed: number | string): Params {
  return initialParams(Object.entries(mlmShapes(config)), random(seed).stream("head"));
}

/** Trains the encoder in place and writes it to `out` with pretrain.json. */
export async function pretrain(
  encoder: Encoder,
  corpus: Corpus,
  executor: Executor,
  options: PretrainOptions,
): Promise<TrainResult> {
  const { batchSize = 128, maxLength = 48, dropout = 0, seed = 1, out, dtype = "F32", about = {} } = options;
  const { head = newHead(encoder.config, seed), trains = "all" } = options;
  const { config, tokenizer } = encoder;
  if (maxLength > config.maxPositions)
    throw new InputError(
      `pretrain: maximum length ${maxLength}; ${encoder.source} takes ${config.maxPositions} tokens`,
    );
  const rng = random(seed).stream("pretrain");
  const all: Params = { ...encoder.params, ...head };
  const params = trains === "all" ? all : head;
  const still = trains === "all" ? {} : encoder.params;
  const encode = (text: string): Encoding => tokenizer.encode(text, { maxLength });
  const encodings = encodeAll(corpus.train, encode);
  const batches = bucketedBatches(encodings.lengths, batchSize, rng.stream("order"));

  const inputsOf = (chosen: readonly Encoding[], stream: ReturnType<typeof random>, masks: boolean): Tensors => {
    const batch = packBatch(chosen);
    const masked = maskBatch(batch, tokenizer.ids, config.vocabSize, stream.stream("masks"));
    const rates = { depth: config.layers, lastClsOnly: false, hidden: dropout, attention: dropout };
    const drop = masks ? drawMasks(config, batch, stream.stream("dropout"), rates) : {};
    return { ...batchInputs({ ...batch, ids: masked.ids }, config), ...masked.inputs, ...drop };
  };
  const fn: LossFunction = (inputs) => mlmLoss(inputs, batchOf(inputs), maskedOf(inputs), config, dropoutOf(inputs));
  const batch = (step: number): Tensors =>
    inputsOf(batches.at(step).map(encodings.at), rng.stream(`step ${step}`), dropout > 0);
  const first = batch(0);
  const symbols = { ...batchSymbols("B"), ...MASKED_SYMBOLS, ...dropoutSymbols(first, "B") };
  const heldOut = heldOutBatches(corpus.heldOut.map(encode), batchSize).map((chosen, i) =>
    inputsOf(chosen, random("held out").stream(i), false),
  );
  const scoring = executor.program(fn, { symbols: { ...batchSymbols("B"), ...MASKED_SYMBOLS } });
  const objective: Objective = {
    params,
    constants: still,
    unused: "skip", // the pooler
    masks: dropoutNames(first),
    fn,
    options: { symbols, sparse: trains === "all" ? EMBEDDING_TABLES.map(gradientName) : [] },
    batch,
    evaluate: async (): Promise<Metrics> => {
      let [loss, right, n] = [0, 0, 0];
      await scoring.load(all);
      for (const inputs of heldOut) {
        const asked = (inputs["masked.targets"] as Tensors[string]).data.length;
        const r = await scoring.run(inputs);
        loss += asked * ((r.loss as FloatTensor).data[0] as number);
        right += asked * ((r.accuracy as FloatTensor).data[0] as number);
        n += asked;
      }
      return { loss: loss / n, accuracy: right / n, perplexity: Math.exp(loss / n) };
    },
  };
  const settings = {
    batchSize,
    maxLength,
    dropout,
    ...(trains === "head" && { trains }),
    encoder: { ...config },
    sentences: corpus.train.length,
    files: corpus.files,
  };
  try {
    const result = await train(objective, executor, { ...options, seed, settings });
    if (result.status !== "interrupted") {
      await saveEncoder(out, encoder, { dtype });
      const { signal: _, progress: __, onBest: ___, about: ____, head: _____, ...plain } = options;
      const record = {
        ...about,
        settings: { ...plain, ...settings },
        best: result.best,
        steps: result.step,
        seconds: result.seconds,
        environment: environment(),
      };
      await writeAtomic(join(out, "pretrain.json"), `${JSON.stringify(record, null, 2)}\n`);
    }
    return result;
  } finally {
    await scoring.dispose();
  }
}

/** All held-out sentences, by length. */
function heldOutBatches(encodings: readonly Encoding[], size: number): Encoding[][] {
  const sorted = [...encodings].sort((a, b) => a.ids.length - b.ids.length);
  return Array.from({ length: Math.ceil(sorted.length / size) }, (_, i) => sorted.slice(i * size, (i + 1) * size));
}
