/** Vectors as points on a plane, for pictures: PCA, t-SNE or UMAP, the same points for the same seed. */
import { InputError, list } from "../core/errors.ts";
import type { Random } from "../core/random.ts";
import { type FloatTensor, float32 } from "../core/tensor.ts";
import { nearestNeighbours, squaredDistance } from "./neighbours.ts";
import { ontoPlane, principalPlane } from "./plane.ts";
import { rowOf, unitRows, type Vectors, vectorsOf } from "./vectors.ts";

export const PROJECTIONS = ["pca", "tsne", "umap"] as const;
export type ProjectionMethod = (typeof PROJECTIONS)[number];

export interface ProjectOptions {
  /** Scale vectors to length 1 first, so that only their angles count. Default false. */
  unitLength?: boolean;
  /** t-SNE: how many neighbours a point has, softly counted; from 1 to (B - 1) / 3. Default 30, or less for few vectors. */
  perplexity?: number;
  /** t-SNE: steps. Default 500. */
  iterations?: number;
  /** UMAP: size of a neighbourhood, the point itself counted; from 2 to B - 1. Default 15, or less for few vectors. */
  neighbours?: number;
  /** UMAP: how close points may lie, in units of its `spread`, 1; from 0 to 1. Default 0.1. */
  minDist?: number;
  /** UMAP: passes over the neighbour graph. Default 500, or fewer above 2,500 vectors. */
  epochs?: number;
}

export interface Projection {
  readonly method: ProjectionMethod;
  /** [B, 2] */
  readonly points: FloatTensor;
  /** PCA: shares of the variance along x and y, in [0, 1]. Distances in the others' pictures have no such measure. */
  readonly explained?: readonly [number, number];
  /** The options in force, those made smaller for few vectors included: for the caption. */
  readonly settings: Readonly<Record<string, number | boolean>>;
}

/** t-SNE compares all pairs in every step: beyond this it takes minutes and gigabytes, for a picture full of dots. */
const MOST_TSNE = 2000;

/**
 * Vectors [B, D] as points [B, 2]. PCA keeps large distances (B at least 3), t-SNE (van der Maaten & Hinton 2008; B at
 * least 4) and UMAP (McInnes et al. 2018; B at least 3) keep neighbourhoods: their axes, scales and the gaps between
 * groups mean nothing. Chance comes from a stream of `rng` alone, so that equal seeds give equal points whatever was drawn
 * before; PCA needs none. Options of another method are not looked at. Throws an InputError for too few vectors.
 */
export async function project(
  vectors: FloatTensor,
  method: ProjectionMethod,
  rng: Random,
  options: ProjectOptions = {},
): Promise<Projection> {
  const { unitLength = false } = options;
  if (method === "pca") {
    const plane = await principalPlane(vectors, { unitLength });
    return { method, points: ontoPlane(plane, vectors), explained: plane.explained, settings: { unitLength } };
  }
  if (method !== "tsne" && method !== "umap")
    throw new InputError(`project: there is no method ${method}; wanted one of ${list(PROJECTIONS)}`);
  const given = vectorsOf(vectors, method, method === "tsne" ? 4 : 3);
  const x = unitLength ? unitRows(given) : given;
  const { points, settings } = await (method === "tsne" ? tsne : umap)(x, rng.stream(method), options);
  return { method, points: float32(points.flat(), [x.rows, 2]), settings: { unitLength, ...settings } };
}

/** Several sets [B_i, D] in one picture: projected as one set, given back as points [B_i, 2] for each. */
export async function projectTogether(
  sets: readonly FloatTensor[],
  method: ProjectionMethod,
  rng: Random,
  options: ProjectOptions = {},
): Promise<Omit<Projection, "points"> & { readonly points: readonly FloatTensor[] }> {
  const all = sets.map((set) => vectorsOf(set, `${method} of ${sets.length} sets`, 1));
  const width = all[0]?.width;
  const other = all.find((set) => set.width !== width);
  if (width === undefined) throw new InputError(`${method}: got no set of vectors; wanted at least 1`);
  if (other)
    throw new InputError(`${method}: sets of ${width} and of ${other.width} numbers a vector; wanted one width`);
  const rows = all.reduce((sum, set) => sum + set.rows, 0);
  const joined = new Float32Array(rows * width);
  let at = 0;
  for (const set of sets) {
    joined.set(set.data, at);
    at += set.data.length;
  }
  const { points, ...rest } = await project(float32(joined, [rows, width]), method, rng, options);
  let first = 0;
  const parts = all.map((set) => {
    const data = points.data.slice(2 * first, 2 * (first + set.rows));
    first += set.rows;
    return float32(data, [set.rows, 2]);
  });
  return { ...rest, points: parts };
}

interface Placed {
  readonly points: number[][];
  readonly settings: Record<string, number>;
}

async function tsne(x: Vectors, rng: Random, options: ProjectOptions): Promise<Placed> {
  if (x.rows > MOST_TSNE)
    throw new InputError(
      `tsne: ${x.rows} vectors; it takes at most ${MOST_TSNE}: give it a sample, or take umap or pca`,
    );
  const most = (x.rows - 1) / 3; // with fewer neighbours than 3 * perplexity the wanted entropy may not be reached
  const perplexity = within("perplexity", options.perplexity, Math.min(30, most), 1, most, x.rows);
  const iterations = whole("iterations", options.iterations, 500, 1, 100_000, x.rows);
  const { TSNE } = await import("@saehrimnir/druidjs");
  // A rate of B / exaggeration, which is 4 in the library (Belkina et al. 2019), over the 4 that its gradient holds.
  const epsilon = Math.max(10, x.rows / 16);
  const settings = { perplexity, epsilon, d: 2, seed: rng.uint32(), metric: "precomputed" as const };
  const placed = new TSNE(fromNearest(x), settings).transform(iterations);
  return { points: placed as number[][], settings: { perplexity, iterations } };
}

/**
 * Squared distances [B, B], in each row less that to the nearest. t-SNE's probabilities exp(-b d) / sum exp(-b d) do not
 * change by it, but no sum can fall to 0, as it does in the library where the nearest ones are equally far.
 */
function fromNearest(x: Vectors): number[][] {
  const rows = Array.from({ length: x.rows }, () => new Array<number>(x.rows).fill(0));
  for (let i = 0; i < x.rows; i++)
    for (let j = 0; j < i; j++) rows[i]![j] = rows[j]![i] = squaredDistance(rowOf(x, i), rowOf(x, j));
  return rows.map((row, i) => {
    const nearest = row.reduce((least, d, j) => (j === i ? least : Math.min(least, d)), Number.POSITIVE_INFINITY);
    return row.map((d, j) => (j === i ? 0 : d - nearest));
  });
}

async function umap(x: Vectors, rng: Random, options: ProjectOptions): Promise<Placed> {
  const most = x.rows - 1;
  const neighbours = whole("neighbours", options.neighbours, Math.min(15, most), 2, most, x.rows);
  const minDist = within("minDist", options.minDist, 0.1, 0, 1, x.rows);
  const epochs = options.epochs === undefined ? undefined : whole("epochs", options.epochs, 0, 1, 100_000, x.rows);
  const { UMAP } = await import("umap-js");
  const model = new UMAP({
    nNeighbors: neighbours,
    minDist,
    ...(epochs !== undefined && { nEpochs: epochs }),
    random: () => rng.next(),
  });
  // Exact neighbours: the library would search for them by chance.
  const near = nearestNeighbours(x, neighbours - 1);
  const withSelf = <T>(of: ArrayLike<T>, self: (i: number) => T): T[][] =>
    Array.from({ length: x.rows }, (_, i) => [
      self(i),
      ...Array.from({ length: near.k }, (__, j) => of[i * near.k + j] as T),
    ]);
  model.setPrecomputedKNN(
    withSelf(near.indices, (i) => i),
    withSelf(near.distances, () => 0),
  );
  const passes = model.initializeFit(rowsOf(x));
  for (let i = 0; i < passes; i++) model.step();
  return { points: model.getEmbedding(), settings: { neighbours, minDist, epochs: passes } };
}

function rowsOf(x: Vectors): number[][] {
  return Array.from({ length: x.rows }, (_, i) => [...rowOf(x, i)]);
}

function within(
  name: string,
  given: number | undefined,
  usual: number,
  from: number,
  to: number,
  rows: number,
): number {
  const value = given ?? usual;
  if (value >= from && value <= to) return value;
  throw new InputError(
    `project: ${name} is ${value} for ${rows} vectors; wanted a number from ${from} to ${+to.toFixed(2)}`,
  );
}

function whole(name: string, given: number | undefined, usual: number, from: number, to: number, rows: number): number {
  const value = within(name, given, usual, from, to, rows);
  if (Number.isInteger(value)) return value;
  throw new InputError(`project: ${name} is ${value}; wanted a whole number`);
}
