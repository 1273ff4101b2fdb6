/** A space as a panel of a map: its texts and prototypes placed by one projection, with what is known of each. */
import type { Random } from "../core/random.ts";
import type { FloatTensor } from "../core/tensor.ts";
import type { Episode, TextPool } from "../episodes/types.ts";
import { ontoPlane, principalPlane } from "../evaluate/plane.ts";
import { type ProjectionMethod, type ProjectOptions, projectTogether } from "../evaluate/projection.ts";
import type { EmbeddingPanel, EmbeddingPoint } from "../plots/embedding.ts";
import type { Space } from "./space.ts";

export const METHOD_NAMES: Readonly<Record<ProjectionMethod, string>> = { pca: "PCA", tsne: "t-SNE", umap: "UMAP" };

/** Where texts and prototypes stand. */
export interface Placed {
  /** Of the texts: [S, 2]. */
  readonly points: FloatTensor;
  /** Of the prototypes: [N, 2]. */
  readonly stars: FloatTensor;
  /** PCA: shares of the variance of the texts along x and y. */
  readonly explained?: readonly [number, number];
  readonly settings: Readonly<Record<string, number | boolean>>;
}

/**
 * PCA: the plane is that of the texts, prototypes are laid onto it. t-SNE and UMAP have no such plane: prototypes are placed
 * among the texts, as if they were some.
 */
export async function placed(
  space: Space,
  method: ProjectionMethod,
  rng: Random,
  options: ProjectOptions,
): Promise<Placed> {
  const { vectors, prototypes, unitLength } = space;
  const how = { unitLength, ...options };
  if (method === "pca") {
    const plane = await principalPlane(vectors, { unitLength: how.unitLength });
    const [points, stars] = [ontoPlane(plane, vectors), ontoPlane(plane, prototypes)];
    return { points, stars, explained: plane.explained, settings: { unitLength: how.unitLength } };
  }
  const { points, settings } = await projectTogether([vectors, prototypes], method, rng, how);
  const [texts, stars] = points as readonly [FloatTensor, FloatTensor];
  return { points: texts, stars, settings };
}

/** `perplexity 30`: the settings that change the picture most. */
export function settingsText(settings: Placed["settings"]): string {
  const words = [
    settings.perplexity !== undefined && `perplexity ${Number(Number(settings.perplexity).toFixed(1))}`,
    settings.neighbours !== undefined && `${settings.neighbours} neighbours`,
    settings.minDist !== undefined && settings.minDist !== 0.1 && `minDist ${settings.minDist}`,
    settings.unitLength === true && "vectors of length 1",
  ];
  return words.filter(Boolean).join(", ");
}

/** Every text and prototype of the episode as a point, with its marks. */
export function panelOf(
  space: Space,
  { points, stars }: Placed,
  pool: TextPool,
  episode: Episode,
  name: string,
): EmbeddingPanel {
  const at = ({ data }: FloatTensor, i: number) => ({ x: data[2 * i] as number, y: data[2 * i + 1] as number });
  const classOf = (n: number): string => pool.classes[episode.classes[n] as number] as string;
  const textOf = (i: number): string => pool.texts[i] as string;
  const { support, query, label } = episode;
  const supports = support.flatMap((own, n) => own.map((i) => ({ i, n })));
  const marks: EmbeddingPoint[] = [
    ...supports.map(({ i, n }, s): EmbeddingPoint => {
      return { ...at(points, s), text: textOf(i), label: classOf(n), role: "support" };
    }),
    ...query.map((i, q): EmbeddingPoint => {
      const place = { ...at(points, supports.length + q), text: textOf(i) };
      const n = label[q] as number;
      if (n < 0) return { ...place, label: "other", role: "other" };
      return { ...place, label: classOf(n), wrong: space.wrong[q] as boolean };
    }),
    ...support.map((own, n): EmbeddingPoint => {
      return { ...at(stars, n), label: classOf(n), role: "prototype", text: `the mean of ${own.length} supports` };
    }),
  ];
  return { name, points: marks };
}

/** `trained: 65.6 % right`; PCA also says what its axes hold. Short, as it stands above a panel. */
export function panelName(space: Space, { explained }: Placed): string {
  const held = explained ? ` (${percent(explained[0])} + ${percent(explained[1])} %)` : "";
  return `${space.name}: ${percent(space.accuracy)} % right${held}`;
}

/** A share in percent. */
export function percent(share: number): string {
  return (100 * share).toFixed(1);
}
