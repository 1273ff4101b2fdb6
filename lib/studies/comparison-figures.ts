/** Pictures of a comparison: accuracies as bars, training curves, and maps of unseen classes before and after training. */
import { join } from "node:path";
import { random, sample } from "../core/random.ts";
import type { IntentSet } from "../data/types.ts";
import { project } from "../evaluate/projection.ts";
import type { Executor } from "../executor/types.ts";
import type { HeadName } from "../heads/types.ts";
import { withEmbedder } from "../model/embed.ts";
import { type FewShotModel, loadModel } from "../model/model.ts";
import { bars } from "../plots/bars.ts";
import { trainingCurves } from "../plots/curves.ts";
import { type EmbeddingPanel, embeddingMap } from "../plots/embedding.ts";
import type { Figure } from "../plots/figure.ts";
import type { Row } from "../results/table.ts";
import { readLogFile } from "../train/log.ts";
import type { ComparisonConfig } from "./comparison-config.ts";
import type { NamedFigure } from "./report.ts";

/** All figures; `folderOf` says where the model of a set and a head was trained. */
export async function comparisonFigures(
  config: ComparisonConfig,
  parts: readonly { readonly name: string; readonly set: IntentSet }[],
  rows: readonly Row[],
  folderOf: (set: string, head: HeadName) => string,
  executor: Executor,
): Promise<NamedFigure[]> {
  const figures: NamedFigure[] = [];
  for (const nShot of config.evaluation.shots) {
    figures.push({
      name: `accuracy-${nShot}-shot`,
      caption: `Accuracy on unseen classes, ${config.evaluation.nWay}-way ${nShot}-shot, with 95 % intervals; the dashed line is guessing.`,
      figure: accuracyBars(rows, config, nShot),
    });
  }
  for (const { name, set } of parts) {
    const runs = await Promise.all(
      config.heads.map(async (head) => ({
        name: head,
        lines: await readLogFile(join(folderOf(name, head), "log.jsonl")),
      })),
    );
    figures.push({
      name: `training-${name}`,
      caption: `Training on ${name}: loss and accuracy of training episodes or pairs, and of episodes of dev classes. The losses of the heads are not comparable.`,
      figure: trainingCurves(runs, { title: `Training on ${name}`, selectBy: "accuracy" }),
    });
    if (!config.mapClasses) continue;
    figures.push({
      name: `map-${name}`,
      caption:
        `Texts of ${config.mapClasses} unseen classes of ${name} by t-SNE, before and after training the prototypical network. ` +
        "Neighbours in the picture are neighbours among the vectors; distances between groups mean nothing.",
      figure: await unseenMap(config, set, name, folderOf(name, "prototypical"), executor),
    });
  }
  return figures;
}

/** A group for each set, a bar for each pooling of the raw encoder and each trained head, prototypical where raw. */
function accuracyBars(rows: readonly Row[], config: ComparisonConfig, nShot: number): Figure {
  const shown = rows.filter((r) => r.nShot === nShot && (r.encoder === "trained" || r.head === "prototypical"));
  const items = shown.map((r) => ({
    group: String(r.data),
    name: r.encoder === "raw" ? `raw, ${r.pooling}` : `trained, ${r.head}`,
    mean: r.accuracy as number,
    ci95: r.ci95 as number,
  }));
  const { nWay } = config.evaluation;
  return bars(items, { title: `${nWay}-way ${nShot}-shot accuracy on unseen classes`, chance: 1 / nWay });
}

async function unseenMap(
  config: ComparisonConfig,
  set: IntentSet,
  name: string,
  trained: string,
  executor: Executor,
): Promise<Figure> {
  const rng = random(config.seed).stream("map");
  const all = Object.entries(set.test);
  const chosen = sample(all, Math.min(config.mapClasses, all.length), rng.stream("classes"));
  const texts = chosen.flatMap(([label, own]) => own.map((text) => ({ label, text })));
  const panel = (title: string, model: FewShotModel): Promise<EmbeddingPanel> =>
    withEmbedder(model, executor, {}, async (embedder) => {
      const vectors = await embedder.embed(texts.map((t) => t.text));
      const { points } = await project(vectors, "tsne", rng.stream("projection"));
      const at = (i: number, axis: number): number => points.data[2 * i + axis] as number;
      return { name: title, points: texts.map((t, i) => ({ ...t, x: at(i, 0), y: at(i, 1) })) };
    });
  const panels = [
    await panel(
      `raw ${config.encoderName}, ${config.pooling}`,
      await loadModel(config.encoder, { pooling: config.pooling }),
    ),
    await panel("trained, prototypical", await loadModel(trained)),
  ];
  return embeddingMap(panels, { title: `Unseen classes of ${name}`, classes: chosen.map(([label]) => label).sort() });
}
