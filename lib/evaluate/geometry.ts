/** What a set of sentence vectors looks like: how alike they all are, how classes lie, how many dimensions are used. */
import { InputError } from "../core/errors.ts";
import type { FloatTensor } from "../core/tensor.ts";
import { nearestNeighbours } from "./neighbours.ts";
import { principal } from "./principal.ts";
import { centred, squaredLength, sumOfRows, unitRows, type Vectors, vectorsOf } from "./vectors.ts";

export interface GeometryOptions {
  /** What the nearest neighbours are nearest by. Default "euclidean". */
  distance?: "euclidean" | "cosine";
  /** Neighbours that hubness is counted over, at most B - 1. Default 10. */
  hubNeighbours?: number;
}

/** Plain numbers. All but the two counts, the ranks and hubness are free of the number of vectors. */
export interface Geometry extends Cosines, Dimensions {
  readonly vectors: number;
  readonly classes: number;
  /**
   * Within- to between-class scatter, tr S_W / tr S_B with S_W = sum_c sum_{i in c} |x_i - m_c|^2 and
   * S_B = sum_c n_c |m_c - m|^2 (Fukunaga 1990, "Introduction to Statistical Pattern Recognition", chapter 10). For classes
   * of one size it is the feature clustering of Goldblum et al. 2020 (arXiv 2002.06753). Lower is better; Infinity where
   * all class means are equal.
   */
  readonly scatterRatio: number;
  /** Share of vectors whose nearest other vector is of their class (leave-one-out 1-NN). In [0, 1]. */
  readonly nearestAccuracy: number;
  /**
   * Skewness of how often a vector is among the k nearest of others (Radovanovic et al. 2010, "Hubs in space"): about 0
   * where all are about equally often, large where a few are everybody's neighbours.
   */
  readonly hubness: number;
}

/** Mean cosines over pairs of different vectors, exact over all pairs; a zero vector's cosines count as 0. In [-1, 1]. */
export interface Cosines {
  /** Of any two: the anisotropy of Ethayarajh 2019 (arXiv 1909.00512). */
  readonly meanCosine: number;
  /** Of two of one class; NaN where no class has two. */
  readonly withinCosine: number;
  /** Of two of different classes. */
  readonly betweenCosine: number;
}

/** From the variances v along the principal components, so of the centred vectors; NaN where all vectors are equal. */
export interface Dimensions {
  /**
   * exp(-sum p log p) with p = s / sum s of the singular values s, the roots of v (Roy & Vetterli 2007, "The effective
   * rank"). In [1, min(B - 1, D)].
   */
  readonly effectiveRank: number;
  /** Share of variance in the first component. In [0, 1]. */
  readonly firstShare: number;
  /**
   * IsoScore (Rudman et al. 2022, arXiv 2108.07344): 1 where every dimension has the same variance, 0 where one has it all. The
   * paper's steps come down to ((sum v)^2 / sum v^2 - 1) / (D - 1). At most (B - 2) / (D - 1): few vectors score low.
   */
  readonly isoScore: number;
}

/** Measures vectors [B, D] with a class label for each. Throws an InputError below 3 vectors or 2 classes. */
export async function geometry(
  vectors: FloatTensor,
  labels: readonly (string | number)[],
  options: GeometryOptions = {},
): Promise<Geometry> {
  const { distance = "euclidean", hubNeighbours = 10 } = options;
  const x = vectorsOf(vectors, "geometry", 3);
  const classes = membersOf(labels, x.rows);
  const unit = unitRows(x);
  if (!(Number.isInteger(hubNeighbours) && hubNeighbours >= 1))
    throw new InputError(`geometry: hubNeighbours is ${hubNeighbours}; wanted a whole number of at least 1`);
  const near = nearestNeighbours(distance === "cosine" ? unit : x, Math.min(hubNeighbours, x.rows - 1));
  const right = labels.filter((label, i) => labels[near.indices[i * near.k]!] === label).length;
  const { variances } = await principal(x);
  return {
    vectors: x.rows,
    classes: classes.length,
    ...cosines(unit, classes),
    scatterRatio: scatterRatio(x, classes),
    ...dimensions(variances, x.width),
    nearestAccuracy: right / x.rows,
    hubness: skewness(timesChosen(near.indices, x.rows)),
  };
}

/** For each class the numbers of its vectors. */
function membersOf(labels: readonly (string | number)[], rows: number): number[][] {
  if (labels.length !== rows)
    throw new InputError(`geometry: got ${labels.length} labels for ${rows} vectors; wanted one for each`);
  const members = new Map<string | number, number[]>();
  labels.forEach((label, i) => {
    const known = members.get(label);
    if (known) known.push(i);
    else members.set(label, [i]);
  });
  if (members.size < 2)
    throw new InputError(`geometry: all vectors are of class ${labels[0]}; wanted at least 2 classes`);
  return [...members.values()];
}

/** The sum of cosines over ordered pairs is |sum of the unit vectors|^2, less the pairs of a vector with itself. */
function cosines(unit: Vectors, classes: readonly (readonly number[])[]): Cosines {
  const own = squaredLength(unit.data);
  const all = squaredLength(sumOfRows(unit));
  let same = 0;
  let samePairs = 0;
  for (const members of classes) {
    same += squaredLength(sumOfRows(unit, members));
    samePairs += members.length ** 2;
  }
  const n = unit.rows;
  return {
    meanCosine: (all - own) / (n * (n - 1)),
    withinCosine: samePairs > n ? (same - own) / (samePairs - n) : Number.NaN,
    betweenCosine: (all - same) / (n * n - samePairs),
  };
}

function scatterRatio(x: Vectors, classes: readonly (readonly number[])[]): number {
  const middle = centred(
    x,
    sumOfRows(x).map((s) => s / x.rows),
  ); // first, so that a large common part costs no digits
  const between = classes.reduce((sum, c) => sum + squaredLength(sumOfRows(middle, c)) / c.length, 0);
  return (squaredLength(middle.data) - between) / between;
}

function dimensions(variances: Float64Array, width: number): Dimensions {
  const singular = variances.map(Math.sqrt);
  const sum = singular.reduce((a, b) => a + b, 0);
  const entropy = singular.reduce((h, s) => (s > 0 ? h - (s / sum) * Math.log(s / sum) : h), 0);
  const total = variances.reduce((a, b) => a + b, 0);
  return {
    effectiveRank: total > 0 ? Math.exp(entropy) : Number.NaN,
    firstShare: variances[0]! / total,
    isoScore: (total ** 2 / squaredLength(variances) - 1) / (width - 1),
  };
}

function timesChosen(indices: Int32Array, rows: number): number[] {
  const times = new Array<number>(rows).fill(0);
  for (const i of indices) times[i] = times[i]! + 1;
  return times;
}

/** Third central moment over the second's 3/2 power; 0 where all values are equal. */
function skewness(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const moment = (k: number): number => values.reduce((a, b) => a + (b - mean) ** k, 0) / values.length;
  return moment(2) > 0 ? moment(3) / moment(2) ** 1.5 : 0;
}
