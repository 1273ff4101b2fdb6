/** `bert-few-shot predict`: the class of texts, from a few examples a class. */
import { readClasses } from "../data/load.ts";
import { createClassifier, type Prediction } from "../model/classifier.ts";
import { loadModel } from "../model/model.ts";
import { readThreshold } from "../model/saved.ts";
import { command } from "./options.ts";
import { defined, executorOf, machineOptions, modelOptions, overridesOf, printJson, warn } from "./shared.ts";
import { print, textsFrom, textsOption } from "./texts.ts";

export const predictCommand = command({
  name: "predict",
  summary:
    'Puts texts (arguments, --texts FILE, or standard input, one a line) into the classes of a support file, or "other".',
  positional: "[TEXT ...]",
  options: {
    ...modelOptions,
    support: {
      kind: "text",
      value: "FILE",
      required: true,
      help: "classes with their examples: {class: [texts]}, JSON lines, TSV or CSV",
    },
    texts: textsOption,
    threshold: {
      kind: "number",
      help: 'lower scores are "other"',
      defaultText: "the folder's, chosen on dev classes; a plain BERT has none",
    },
    top: { kind: "integer", min: 1, default: 3, help: "classes shown with their scores" },
    ...machineOptions,
  },
  async run(v, args) {
    const { classes, warnings } = await readClasses(v.support);
    warn(warnings);
    const texts = await textsFrom(args, v.texts);
    const model = await loadModel(v.encoder, overridesOf(v));
    const threshold = v.threshold ?? (await readThreshold(v.encoder, model.settings));
    const classifier = await createClassifier(model, classes, await executorOf(v), defined({ threshold }));
    try {
      const predictions = await classifier.predict(texts);
      if (v.json)
        printJson({ encoder: v.encoder, head: model.settings.head.head, threshold: threshold ?? null, predictions });
      else await print(predictions.map((p) => `${line(p, v.top)}\n`).join(""));
    } finally {
      await classifier.dispose();
    }
  },
});

/** class, text and the best scores, separated by tabs; those in the text become spaces. */
function line(p: Prediction, top: number): string {
  const best = Object.entries(p.scores)
    .sort((a, b) => b[1] - a[1])
    .slice(0, top);
  const text = p.text.replace(/[\t\r\n]+/g, " ");
  return [p.class ?? "other", text, best.map(([name, score]) => `${name} ${score.toPrecision(4)}`).join(", ")].join(
    "\t",
  );
}
