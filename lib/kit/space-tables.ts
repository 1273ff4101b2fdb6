/** Tables of embedding spaces: geometry and accuracy by model, and what a map keeps of the vectors. */
import { type FloatTensor, float32 } from "../core/tensor.ts";
import type { Episode } from "../episodes/types.ts";
import { squaredDistance } from "../evaluate/neighbours.ts";
import { preserved } from "../evaluate/preserved.ts";
import { rowOf, vectorsOf } from "../evaluate/vectors.ts";
import { type PivotTable, pivot } from "../results/pivot.ts";
import type { Row } from "../results/table.ts";
import type { Space } from "./space.ts";
import type { Placed } from "./space-panels.ts";

/** The rows' fields, how a line is called, whether it is in %, and the field of its interval. */
const MEASURES: readonly (readonly [field: string, title: string, percent?: boolean, ci95?: string])[] = [
  ["meanCosine", "mean cosine of two texts"],
  ["withinCosine", "mean cosine, same class"],
  ["betweenCosine", "mean cosine, different classes"],
  ["effectiveRank", "effective rank"],
  ["scatterRatio", "within- over between-class scatter"],
  ["nearestAccuracy", "nearest text is of the same class (%)", true],
  ["one", "5-way 1-shot accuracy (%)", true, "oneCi95"],
  ["five", "5-way 5-shot accuracy (%)", true, "fiveCi95"],
];

/** A line a measure, a column a model; `rows` hold geometry and accuracies, one row a model. */
export function measuresTable(rows: readonly Row[], episodes: number): PivotTable {
  const [first] = rows;
  const long = MEASURES.flatMap(([field, measure, percent, ci95]) =>
    rows.map((row): Row => {
      const scaled = (name: string): number => (percent ? 100 : 1) * (row[name] as number);
      return { measure, space: row.name, value: scaled(field), ci95: ci95 ? scaled(ci95) : null };
    }),
  );
  const caption = `All ${first?.vectors} texts of ${first?.classes} classes; accuracies over ${episodes} episodes.`;
  const shape = { rows: ["measure"], columns: ["space"], value: "value", interval: "ci95" };
  return pivot(long, { ...shape, percent: false, digits: 2, best: "none", caption });
}

const NEIGHBOURS = 10;

/** What one map keeps of a space. */
export async function keptRow(space: Space, method: string, map: Placed, episode: Episode): Promise<Row> {
  const { unitLength } = space;
  const texts = preserved(space.vectors, map.points, { neighbours: NEIGHBOURS, unitLength });
  const all = { vectors: means(space.vectors, episode), points: means(map.points, episode) };
  const centres = preserved(all.vectors, all.points, { neighbours: 1, unitLength });
  return {
    ...{ method, space: space.name, neighbours: texts.neighbours, distances: texts.distances },
    ...{ centres: centres.distances, onMap: nearestStar(map, episode), inSpace: space.accuracy },
  };
}

/** A line for each method and model. */
export function keptTable(rows: readonly Row[]): PivotTable {
  const titles: readonly (readonly [string, string])[] = [
    ["neighbours", `of the ${NEIGHBOURS} nearest (%)`],
    ["distances", "of the order of distances (%)"],
    ["centres", "of that between class centres (%)"],
    ["onMap", "right by the nearest star on the map (%)"],
    ["inSpace", "right in the space itself (%)"],
  ];
  const long = rows.flatMap((row) =>
    titles.map(([field, kept]): Row => ({ method: row.method, space: row.space, kept, value: row[field] })),
  );
  const caption =
    `Kept by the map: shares of each text's ${NEIGHBOURS} nearest others, and rank correlations of all distances with those on the ` +
    "map. Right: shares of the queries.";
  return pivot(long, { rows: ["method", "space"], columns: ["kept"], value: "value", best: "none", caption });
}

/** Mean of each class's texts, supports and queries alike: [N, D]. */
function means({ data, shape }: FloatTensor, { support, label }: Episode): FloatTensor {
  const width = shape[1] as number;
  const classes = [...support.flatMap((own, n) => own.map(() => n)), ...label];
  const sums = new Float64Array(support.length * width);
  const counts = new Array<number>(support.length).fill(0);
  classes.forEach((n, i) => {
    if (n < 0) return;
    counts[n]!++;
    for (let j = 0; j < width; j++) sums[n * width + j]! += data[i * width + j]!;
  });
  return float32(
    Float32Array.from(sums, (sum, at) => sum / counts[Math.floor(at / width)]!),
    [support.length, width],
  );
}

/** Share of the queries with a class whose nearest prototype on the map is that of their class. */
function nearestStar({ points, stars }: Placed, { support, label }: Episode): number {
  const [texts, prototypes] = [vectorsOf(points, "a map", 1), vectorsOf(stars, "a map", 1)];
  const first = support.flat().length;
  const known = label.flatMap((n, q) => (n >= 0 ? [{ n, point: rowOf(texts, first + q) }] : []));
  const right = known.filter(({ n, point }) => {
    const distances = support.map((_, c) => squaredDistance(point, rowOf(prototypes, c)));
    return distances.indexOf(Math.min(...distances)) === n;
  });
  return right.length / known.length;
}
