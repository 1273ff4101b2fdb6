/** `bert-few-shot train`: trains one of the three networks and writes a folder that every BERT loader reads. */
import { basename, join, resolve } from "node:path";
import { duration } from "../core/progress.ts";
import { loadIntents } from "../data/load.ts";
import { loadModel } from "../model/model.ts";
import { readModelSettings } from "../model/saved.ts";
import { type FitOptions, fitPlan } from "../studies/fit-options.ts";
import { protocolDefaults } from "../studies/protocol.ts";
import { trainRun } from "../studies/train-run.ts";
import { drawCurves } from "./curves.ts";
import { Interrupted, onInterrupt } from "./interrupt.ts";
import { command } from "./options.ts";
import {
  byProtocol,
  dataOptions,
  defined,
  executorOf,
  lossOptions,
  machineOptions,
  modelOptions,
  overridesOf,
  percent,
  presetOverrides,
  printJson,
  protocolOption,
  shapeOptions,
  splitOf,
  warn,
} from "./shared.ts";

export const trainCommand = command({
  name: "train",
  summary:
    "Trains a siamese, matching or prototypical network on train classes, choosing the best step on dev classes.",
  positional: "",
  options: {
    ...modelOptions,
    ...lossOptions,
    ...dataOptions,
    out: {
      kind: "text",
      value: "DIR",
      required: true,
      help: "folder for the trained model, its log and its checkpoint",
    },
    resume: { kind: "flag", help: "go on from the checkpoint in --out, with the same options" },
    protocol: protocolOption,
    "n-way": byProtocol(shapeOptions["n-way"]),
    "n-shot": byProtocol(shapeOptions["n-shot"]),
    "n-query": byProtocol(shapeOptions["n-query"]),
    "n-other": byProtocol(shapeOptions["n-other"]),
    "other-from": shapeOptions["other-from"],
    "episodes-per-step": { kind: "integer", min: 1, help: "episodes averaged in a step", defaultText: "1" },
    "pairs-per-step": {
      kind: "integer",
      min: 2,
      help: "siamese: pairs in a step",
      defaultText: "half the texts of its episodes",
    },
    "positive-share": { kind: "number", min: 0, default: 0.5, help: "siamese: share of pairs of the same class" },
    steps: { kind: "integer", min: 1, help: "updates", defaultText: "500" },
    lr: { kind: "number", min: 0, help: "learning rate", defaultText: "5e-5" },
    warmup: {
      kind: "number",
      min: 0,
      help: "steps of linear warm-up; below 1 a share of the steps",
      defaultText: "0.1",
    },
    clip: { kind: "number", min: 0, help: "largest norm of the gradients", defaultText: "1" },
    "weight-decay": {
      kind: "number",
      min: 0,
      help: "AdamW's decay, none on biases and LayerNorm",
      defaultText: "0.01",
    },
    "no-dropout": { kind: "flag", help: "train without dropout; otherwise at the rates of the encoder's config.json" },
    freeze: {
      kind: "integer",
      min: 0,
      help: "layers from below that stay as they are, and the embeddings (0: those alone)",
      defaultText: "none",
    },
    "micro-batch": {
      kind: "integer",
      min: 1,
      help: "sentences in the encoder at a time: less memory, equal gradients, a third more work",
      defaultText: "all of a step",
    },
    "evaluate-every": {
      kind: "integer",
      min: 1,
      help: "steps between evaluations on dev classes, and checkpoints",
      defaultText: "a tenth of the steps",
    },
    "dev-episodes": { kind: "integer", min: 2, help: "episodes of such an evaluation", defaultText: "100" },
    "select-by": {
      kind: "text",
      values: ["loss", "accuracy"],
      help: "what makes a step the best",
      defaultText: "accuracy",
    },
    patience: {
      kind: "integer",
      min: 1,
      help: "stop after so many evaluations without a better one",
      defaultText: "never",
    },
    seed: { kind: "integer", default: 1, help: "fixes episodes, pairs and dropout" },
    ...machineOptions,
  },
  async run(v) {
    const preset = protocolDefaults(v.protocol, v.head ?? (await readModelSettings(v.encoder))?.head.head);
    const overrides = overridesOf(v);
    const model = await loadModel(v.encoder, presetOverrides(preset, overrides));
    const set = await loadIntents(v.data, splitOf(v));
    warn(set.warnings);
    const given = defined({
      nWay: v["n-way"],
      nShot: v["n-shot"],
      nQuery: v["n-query"],
      nOther: v["n-other"],
      episodesPerStep: v["episodes-per-step"],
      pairsPerStep: v["pairs-per-step"],
      steps: v.steps,
      lr: v.lr,
      warmup: v.warmup,
      clip: v.clip,
      freeze: v.freeze,
      microBatch: v["micro-batch"],
      evaluateEvery: v["evaluate-every"],
      devEpisodes: v["dev-episodes"],
      selectBy: v["select-by"],
      patience: v.patience,
    });
    const decay = v["weight-decay"];
    const fit: FitOptions = {
      ...preset.fit,
      ...given,
      optimizer: { ...preset.fit.optimizer, ...(decay !== undefined && { decay }) },
      positiveShare: v["positive-share"],
      dropout: !v["no-dropout"],
      otherFrom: v["other-from"],
      seed: v.seed,
      resume: v.resume,
      progress: { title: `train ${model.settings.head.head}`, quiet: v.json },
    };
    const interrupt = onInterrupt((line) => process.stderr.write(`\n${line}\n`));
    try {
      const { out, protocol } = v;
      const run = await trainRun(model, set, await executorOf(v), { ...fit, out, protocol, signal: interrupt.signal });
      const { status, step, best, seconds } = run.result;
      if (status === "interrupted") {
        const { steps } = fitPlan(model, fit);
        if (v.json) printJson({ status, step, steps, out });
        throw new Interrupted(
          `interrupted after step ${step} of ${steps}, saved in ${out}; the same command with --resume goes on from there`,
        );
      }
      const { head } = model.settings.head;
      const curves = await drawCurves(
        out,
        `${head} on ${basename(resolve(set.name))}`,
        run.result,
        fit.selectBy ?? "accuracy",
      );
      if (v.json) printJson({ status, step, best, seconds, out, otherThreshold: run.otherThreshold ?? null });
      else {
        const dev =
          best &&
          `; best after step ${best.step}: dev loss ${best.metrics.loss.toFixed(4)}, accuracy ${percent(best.metrics.accuracy ?? Number.NaN)}`;
        const { otherThreshold: t } = run;
        const other =
          t === undefined ? "no threshold for it: dev classes are too few" : `scores below ${t.toPrecision(4)}`;
        process.stdout.write(
          `${status}: ${step} steps in ${duration(seconds)}${dev ?? ""}\nother: ${other}\nmodel and record: ${join(out, "/")}, curves: ${curves}\n`,
        );
      }
    } finally {
      interrupt.end();
    }
  },
});
