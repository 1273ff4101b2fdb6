/** `bert-few-shot pretrain`: a masked language model, new from texts or carried on from a BERT folder. */
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { duration } from "../core/progress.ts";
import { random } from "../core/random.ts";
import { parseConfig } from "../encoder/config.ts";
import { type Encoder, loadEncoder } from "../encoder/encoder.ts";
import { readCorpus } from "../pretrain/corpus.ts";
import { newEncoder, pretrain } from "../pretrain/pretrain.ts";
import { everySteps } from "../studies/fit-options.ts";
import { createTokenizer } from "../tokenizer/create.ts";
import { learnVocabulary } from "../tokenizer/learn.ts";
import { specialNames, tokenizerJson } from "../tokenizer/vocabulary.ts";
import { drawCurves } from "./curves.ts";
import { Interrupted, onInterrupt } from "./interrupt.ts";
import { command } from "./options.ts";
import { defined, executorOf, machineOptions, printJson } from "./shared.ts";

export const pretrainCommand = command({
  name: "pretrain",
  summary:
    "Trains a masked language model on plain sentences: a new small BERT, or (--encoder) an existing one on your domain's texts.",
  positional: "FILE|FOLDER ...",
  options: {
    out: { kind: "text", value: "DIR", required: true, help: "folder for the encoder, its log and its checkpoint" },
    resume: { kind: "flag", help: "go on from the checkpoint in --out, with the same options" },
    encoder: {
      kind: "text",
      value: "DIR",
      help: "BERT folder to carry on from",
      defaultText: "a new one of the shape below",
    },
    "vocab-size": {
      kind: "integer",
      min: 100,
      default: 12000,
      help: "new: entries of the vocabulary, learned from the texts",
    },
    layers: { kind: "integer", min: 1, default: 4, help: "new: layers" },
    hidden: { kind: "integer", min: 4, default: 192, help: "new: width" },
    heads: { kind: "integer", min: 1, default: 6, help: "new: attention heads" },
    intermediate: {
      kind: "integer",
      min: 4,
      help: "new: width inside the feed-forward part",
      defaultText: "4 times --hidden",
    },
    "max-positions": { kind: "integer", min: 8, default: 128, help: "new: longest text that it can take, in tokens" },
    "max-length": { kind: "integer", min: 8, default: 48, help: "tokens of a sentence, longer ones are cut" },
    "batch-size": { kind: "integer", min: 1, default: 128, help: "sentences in a step" },
    steps: { kind: "integer", min: 1, default: 4000, help: "updates" },
    lr: { kind: "number", min: 0, help: "learning rate", defaultText: "1e-3 for a new one, 5e-5 with --encoder" },
    warmup: { kind: "number", min: 0, default: 0.05, help: "steps of linear warm-up; below 1 a share of the steps" },
    dropout: { kind: "number", min: 0, default: 0, help: "share of numbers dropped" },
    "held-out": {
      kind: "integer",
      min: 1,
      default: 2000,
      help: "sentences kept apart to measure perplexity, at most a tenth",
    },
    "evaluate-every": {
      kind: "integer",
      min: 1,
      help: "steps between evaluations and checkpoints",
      defaultText: "a tenth of the steps",
    },
    dtype: { kind: "text", values: ["F32", "F16"], default: "F32", help: "how weights are written" },
    seed: { kind: "integer", default: 1, help: "fixes weights, order and masks" },
    ...machineOptions,
  },
  async run(v, paths) {
    if (!paths.length) throw new InputError("no texts: name files or folders with one sentence a line (.txt, .txt.gz)");
    if (v.dropout >= 1) throw new InputError(`--dropout is ${v.dropout}, wanted less than 1`);
    const say = (line: string): void => void (v.json || process.stderr.write(`${line}\n`));
    const corpus = await readCorpus(paths, random(v.seed), { heldOut: v["held-out"] });
    say(
      `${corpus.train.length.toLocaleString("en-US")} different sentences, and ${corpus.heldOut.length.toLocaleString("en-US")} held out`,
    );
    const encoder = v.encoder ? await loadEncoder(v.encoder) : await freshEncoder(v, corpus.train, say);
    const stop = onInterrupt((line) => process.stderr.write(`\n${line}\n`));
    try {
      const result = await pretrain(encoder, corpus, await executorOf(v), {
        out: v.out,
        resume: v.resume,
        steps: v.steps,
        lr: v.lr ?? (v.encoder ? 5e-5 : 1e-3),
        warmup: v.warmup,
        batchSize: v["batch-size"],
        maxLength: Math.min(v["max-length"], encoder.config.maxPositions),
        dropout: v.dropout,
        dtype: v.dtype,
        seed: v.seed,
        evaluateEvery: v["evaluate-every"] ?? everySteps(v.steps, 10),
        selectBy: "loss",
        signal: stop.signal,
        progress: { title: "pretrain", quiet: v.json },
        about: { from: v.encoder ?? null, files: corpus.files },
      });
      const { status, step, best, seconds } = result;
      if (status === "interrupted" && v.json) printJson({ status, step, steps: v.steps, out: v.out });
      if (status === "interrupted")
        throw new Interrupted(`interrupted after step ${step} of ${v.steps}; go on with the same command and --resume`);
      const curves = await drawCurves(v.out, "masked words", result, "loss");
      if (v.json) printJson({ status, step, best, seconds, out: v.out });
      else {
        const { perplexity, accuracy } = best?.metrics ?? { loss: Number.NaN };
        process.stdout.write(
          `${status}: ${step} steps in ${duration(seconds)}; held-out perplexity ${perplexity?.toFixed(2)}, ` +
            `${(100 * (accuracy ?? 0)).toFixed(1)} % of masked tokens right\nencoder and record: ${join(v.out, "/")}, curves: ${curves}\n`,
        );
      }
    } finally {
      stop.end();
    }
  },
});

interface Shape {
  readonly "vocab-size": number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly intermediate: number | undefined;
  readonly "max-positions": number;
  readonly seed: number;
}

/** A vocabulary from the texts and random weights of the shape asked for. */
async function freshEncoder(v: Shape, texts: readonly string[], say: (line: string) => void): Promise<Encoder> {
  const vocabulary = learnVocabulary(texts, { size: v["vocab-size"] });
  say(`vocabulary of ${vocabulary.length.toLocaleString("en-US")} pieces learned`);
  const names = specialNames({});
  const tokenizer = await createTokenizer(tokenizerJson(vocabulary, true, names), {}, "the learned vocabulary");
  const config = parseConfig(
    defined({
      model_type: "bert",
      vocab_size: vocabulary.length,
      hidden_size: v.hidden,
      num_hidden_layers: v.layers,
      num_attention_heads: v.heads,
      intermediate_size: v.intermediate ?? 4 * v.hidden,
      hidden_act: "gelu",
      max_position_embeddings: v["max-positions"],
      type_vocab_size: 2,
      layer_norm_eps: 1e-12,
      pad_token_id: 0,
    }),
    "the options --hidden, --heads, --layers",
  );
  return newEncoder(config, tokenizer, v.seed);
}
