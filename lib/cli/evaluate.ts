/** `bert-few-shot evaluate`: accuracy of a model on episodes of unseen classes. */
import { count } from "../core/errors.ts";
import { progress } from "../core/progress.ts";
import { loadIntents } from "../data/load.ts";
import { checkDisjoint } from "../data/parts.ts";
import { readEpisodes, writeEpisodes } from "../episodes/frozen.ts";
import { PROTOCOLS } from "../episodes/protocols.ts";
import { drawEpisodes } from "../evaluate/draw.ts";
import { type Evaluation, evaluate } from "../evaluate/evaluate.ts";
import { loadModel } from "../model/model.ts";
import { readModelSettings } from "../model/saved.ts";
import { protocolDefaults } from "../studies/protocol.ts";
import { seenClasses } from "../studies/record.ts";
import { command } from "./options.ts";
import {
  byProtocol,
  dataOptions,
  defined,
  executorOf,
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

export const evaluateCommand = command({
  name: "evaluate",
  summary: "Scores a BERT folder as it is (raw vectors), or a folder that train wrote, on episodes of unseen classes.",
  positional: "",
  options: {
    ...modelOptions,
    ...dataOptions,
    part: { kind: "text", values: ["train", "dev", "test"], default: "test", help: "classes that are scored" },
    protocol: protocolOption,
    ...shapeOptions,
    "n-way": byProtocol(shapeOptions["n-way"]),
    "n-shot": byProtocol(shapeOptions["n-shot"]),
    "n-query": byProtocol(shapeOptions["n-query"]),
    "n-other": byProtocol(shapeOptions["n-other"]),
    episodes: byProtocol({ kind: "integer", min: 2, default: 600, help: "number of episodes" }),
    seed: { kind: "integer", default: 1, help: "fixes the episodes" },
    "save-episodes": {
      kind: "text",
      value: "FILE",
      help: "also write the episodes, with all their texts, to this file",
    },
    "from-episodes": { kind: "text", value: "FILE", help: "score the episodes of such a file instead of drawing some" },
    ...machineOptions,
  },
  async run(v) {
    const set = await loadIntents(v.data, splitOf(v));
    warn(set.warnings);
    checkDisjoint(set);
    const saved = await readModelSettings(v.encoder);
    const preset = protocolDefaults(v.protocol, v.head ?? saved?.head.head);
    // A trained folder knows its own pooling and head; a plain BERT gets the protocol's.
    const model = await loadModel(v.encoder, saved ? overridesOf(v) : presetOverrides(preset, overridesOf(v)));
    const executor = await executorOf(v);
    const bar = progress("encoding", { total: 1, unit: "text", quiet: v.json });
    const draw = {
      ...(v.protocol && { ...PROTOCOLS[v.protocol].shape, episodes: PROTOCOLS[v.protocol].evaluationEpisodes }),
      ...defined({ nWay: v["n-way"], nShot: v["n-shot"], nQuery: v["n-query"], nOther: v["n-other"] }),
      ...defined({ episodes: v.episodes }),
      otherFrom: v["other-from"],
      seed: v.seed,
    };
    const list = v["from-episodes"] ? await readEpisodes(v["from-episodes"]) : drawEpisodes(set, v.part, draw);
    warn(await seenClasses(v.encoder, list.pool.classes, v.part));
    if (v["save-episodes"]) await writeEpisodes(v["save-episodes"], list);
    const result = await evaluate(model, set, executor, {
      ...draw,
      part: v.part,
      list,
      onProgress: (done, total) => bar.update(done, undefined, total),
    });
    bar.end();
    const { head, pooling, layer, maxLength } = model.settings;
    if (v.json) {
      printJson({
        ...result,
        encoder: v.encoder,
        head: head.head,
        pooling,
        layer,
        distance: head.distance,
        maxLength,
        seed: v.seed,
        protocol: v.protocol ?? null,
        executor: executor.name,
      });
      return;
    }
    process.stdout.write(`${describe(result, `${head.head}, ${pooling} of layer ${layer}, ${head.distance}`)}\n`);
  },
});

function describe(r: Evaluation, model: string): string {
  const { classes, name, split } = r.data;
  const lines = [
    `${name} (split ${split}), ${classes[r.part].length} ${r.part} classes: ${r.nWay}-way ${r.nShot}-shot, ${count(r.nQuery, "query", "queries")} a class${r.nOther ? ` and ${r.nOther} other` : ""}, ${r.episodes} episodes`,
    `${model}`,
    `accuracy        ${percent(r.accuracy)} ± ${percent(r.ci95)}`,
  ];
  if (r.wholeVector) {
    const { accuracy, ci95, threshold, chosenOn } = r.wholeVector;
    lines.push(
      `whole vector    ${percent(accuracy)} ± ${percent(ci95)} (score >= ${threshold.toPrecision(4)}, ${chosenOn === "dev" ? "chosen on dev classes" : "set by the protocol"})`,
    );
  }
  if (r.auroc !== undefined) lines.push(`AUROC of other  ${r.auroc.toFixed(3)}`);
  if (r.rejection) {
    const { threshold, knownAccuracy, otherRecall } = r.rejection;
    lines.push(
      `with rejection  ${percent(knownAccuracy)} of known right, ${percent(otherRecall)} of other rejected (score < ${threshold.toPrecision(4)}, chosen on dev classes)`,
    );
  }
  return [...lines, `${r.encoded.toLocaleString("en-US")} distinct texts encoded, ${r.seconds.toFixed(1)} s`].join(
    "\n",
  );
}
