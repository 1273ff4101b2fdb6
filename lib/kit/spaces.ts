/** The embedding space of one list of texts under several models: maps with everything marked, and what can be measured. */
import { InputError } from "../core/errors.ts";
import { random } from "../core/random.ts";
import { takeRows } from "../core/tensor.ts";
import type { IntentSet, Part } from "../data/types.ts";
import { sampleEpisode } from "../episodes/sample.ts";
import type { Episode, EpisodeShape, OtherFrom, TextPool } from "../episodes/types.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { geometry } from "../evaluate/geometry.ts";
import { otherOf, poolOfPart } from "../evaluate/pool.ts";
import type { ProjectionMethod, ProjectOptions } from "../evaluate/projection.ts";
import { executorOf, type Where } from "../executor/device.ts";
import { withEmbedder } from "../model/embed.ts";
import type { FewShotModel } from "../model/model.ts";
import { type EmbeddingMapOptions, embeddingMap } from "../plots/embedding.ts";
import type { Figure } from "../plots/figure.ts";
import type { PivotTable } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import type { Run } from "./run.ts";
import { looksAtAngles, type Space, spaceOf } from "./space.ts";
import { METHOD_NAMES, panelName, panelOf, percent, placed, settingsText } from "./space-panels.ts";
import { keptRow, keptTable, measuresTable } from "./space-tables.ts";

export interface SpacesOptions extends Partial<EpisodeShape>, Where {
  /** Whose classes are shown. Default "test": classes that no training has seen. */
  part?: Part;
  /** Where the grey texts come from. Default "set", the texts of no class, or "classes" where the set has none. */
  otherFrom?: OtherFrom;
  /** Episodes of the accuracies in `measures`. Default 600. */
  episodes?: number;
  /** Fixes the episode that is drawn, and the maps. Default 1. */
  seed?: number | string;
}

export interface MapOptions extends ProjectOptions, EmbeddingMapOptions {}

/** Several spaces of the same texts. */
export interface Spaces {
  readonly pool: TextPool;
  readonly episode: Episode;
  readonly spaces: readonly Space[];
  /** Geometry of all texts of the part, and accuracies of episodes of it, one column a model. */
  readonly measures: PivotTable;
  /** One panel a model: prototypes as stars, supports rimmed, wrongly classified queries ringed, others grey. */
  map(method: ProjectionMethod, options?: MapOptions): Promise<Figure>;
  /** One panel a setting, of the model of that name. Throws an InputError for another name. */
  settings(
    name: string,
    method: ProjectionMethod,
    settings: readonly ProjectOptions[],
    look?: EmbeddingMapOptions,
  ): Promise<Figure>;
  /**
   * What the maps of each method keep of the vectors, and what one would score on the map itself. Default PCA and t-SNE: UMAP's
   * maps grow from the last bit of a power function, which versions of V8 round differently, so its numbers are of one of them.
   */
  kept(methods?: readonly ProjectionMethod[], options?: ProjectOptions): Promise<PivotTable>;
}

/**
 * Draws one episode of a part's classes (default 8 ways, one for each colour, 5 shots, 10 queries a class and 10 others, ways
 * and others as far as there are so many), embeds and scores it with every model, and measures the whole part. Throws an
 * InputError where a part is too small.
 */
export async function embeddingSpaces(
  subjects: Readonly<Record<string, FewShotModel | Run>>,
  set: IntentSet,
  options: SpacesOptions = {},
): Promise<Spaces> {
  const { part = "test", seed = 1, episodes = 600 } = options;
  const executor = await executorOf(options);
  const { otherFrom = set.other.length ? "set" : "classes" } = options;
  const { nWay = Math.min(8, Object.keys(set[part]).length), nShot = 5, nQuery = 10 } = options;
  const { nOther = otherFrom === "set" ? Math.min(10, otherOf(set, part).length) : 10 } = options;
  const shape = { nWay, nShot, nQuery, nOther };
  const rng = random(seed).stream("embedding spaces");
  const pool = poolOfPart(set, part, shape, "a map", otherFrom);
  const episode = sampleEpisode(pool, shape, rng.stream("episode"), { otherFrom });
  const spaces: Space[] = [];
  const rows: Row[] = [];
  for (const [name, subject] of Object.entries(subjects)) {
    const model = "model" in subject ? subject.model : subject;
    await withEmbedder(model, executor, { remember: true }, async (embedder) => {
      // The whole part at once, so that no bit of a vector depends on which episode is drawn.
      const all = await embedder.embed(pool.texts);
      spaces.push(await spaceOf(name, model, episode, all, executor));
      const labels = pool.members.flatMap((members, c) => members.map(() => pool.classes[c] as string));
      const distance = looksAtAngles(model) ? "cosine" : "euclidean";
      const shapes = await geometry(takeRows(all, pool.members.flat()), labels, { distance });
      const scored = { part, episodes, seed, embedder };
      const one = await evaluate(model, set, executor, { ...scored, nShot: 1 });
      const five = await evaluate(model, set, executor, { ...scored, nShot: 5 });
      rows.push({ name, ...shapes, one: one.accuracy, oneCi95: one.ci95, five: five.accuracy, fiveCi95: five.ci95 });
    });
  }
  if (!spaces.length) throw new InputError("embedding spaces: there are no models, but at least one is wanted");
  const classes = episode.classes.map((c) => pool.classes[c] as string);
  const queries = episode.label.filter((label) => label >= 0).length;
  const about = `${queries} queries of ${classes.length} ${part === "train" ? "classes seen in training" : "unseen classes"}`;
  const place = (space: Space, method: ProjectionMethod, how: ProjectOptions) =>
    placed(space, method, rng.stream("projection"), how);
  return {
    pool,
    episode,
    spaces,
    measures: measuresTable(rows, episodes),
    async map(method, { title, size, classes: order = classes, ...how } = {}) {
      const maps = [];
      for (const space of spaces) maps.push({ space, map: await place(space, method, how) });
      const panels = maps.map(({ space, map }) => panelOf(space, map, pool, episode, panelName(space, map)));
      const words = [
        settingsText(maps[0]!.map.settings),
        method === "pca" ? "in brackets: variance held by x and y" : "",
      ];
      const heading = title ?? [`${about} by ${METHOD_NAMES[method]}`, ...words.filter(Boolean)].join(", ");
      return embeddingMap(panels, { title: heading, classes: order, ...(size !== undefined && { size }) });
    },
    async settings(name, method, list, look = {}) {
      const space = spaces.find((s) => s.name === name);
      const names = spaces.map((s) => s.name).join(", ");
      if (!space) throw new InputError(`embedding spaces: there is no model '${name}'; there are ${names}`);
      const panels = [];
      for (const how of list) {
        const map = await place(space, method, how);
        panels.push(panelOf(space, map, pool, episode, settingsText(map.settings)));
      }
      const title = `${METHOD_NAMES[method]} of the same vectors: ${name}, ${percent(space.accuracy)} % of ${queries} queries right`;
      return embeddingMap(panels, { title, classes, size: 330, ...look });
    },
    async kept(methods = ["pca", "tsne"], how = {}) {
      const lines: Row[] = [];
      for (const method of methods) {
        for (const space of spaces) {
          lines.push(await keptRow(space, METHOD_NAMES[method], await place(space, method, how), episode));
        }
      }
      return keptTable(lines);
    },
  };
}
