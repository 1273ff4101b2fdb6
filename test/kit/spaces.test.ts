import { beforeAll, describe, expect, it } from "vitest";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { geometry } from "../../lib/evaluate/geometry.ts";
import { embeddingSpaces, type Spaces } from "../../lib/kit/spaces.ts";
import { embed } from "../../lib/kit/use.ts";
import type { FewShotModel } from "../../lib/model/model.ts";
import type { Figure } from "../../lib/plots/figure.ts";
import { intents } from "../intents.ts";
import { compiled as executor, tinyModel } from "../model/tiny.ts";

const set = intents();
const OPTIONS = { nWay: 3, nShot: 2, nQuery: 5, nOther: 2, episodes: 19, seed: 5, executor };
let mean: FewShotModel;
let cosine: FewShotModel;
let spaces: Spaces;
beforeAll(async () => {
  mean = await tinyModel();
  cosine = await tinyModel({ pooling: "max", headSettings: { distance: "cosine" } });
  spaces = await embeddingSpaces({ mean, cosine }, set, OPTIONS);
});

/** Points of a figure's panel by the role in their caption. */
function marks(figure: Figure, panel: number) {
  const own = figure.data.filter((t) => t.hoverinfo !== "skip" && (t.xaxis ?? "x") === (panel ? `x${panel + 1}` : "x"));
  const captions = own.flatMap((t) =>
    (t.customdata as string[]).map((c) => ({ c, symbol: (t.marker as { symbol: string }).symbol })),
  );
  const rings = captions.filter(({ symbol }) => symbol === "circle-open").length;
  const rest = captions.filter(({ symbol }) => symbol !== "circle-open");
  const count = (word: string) => rest.filter(({ c }) => c.includes(word)).length;
  return { all: rest.length, support: count("support"), prototype: count("prototype"), other: count("other"), rings };
}

describe("embedding spaces", () => {
  it("hold the texts of one episode as every model embeds them", async () => {
    const { pool, episode } = spaces;
    const texts = [...episode.support.flat(), ...episode.query].map((i) => pool.texts[i] as string);
    expect(texts).toHaveLength(3 * (2 + 5) + 2);
    for (const [at, model] of [mean, cosine].entries()) {
      const space = spaces.spaces[at]!;
      const vectors = await embed(model, texts, { executor });
      expect(space.vectors.shape).toEqual(vectors.shape);
      vectors.data.forEach((x, i) => {
        expect(space.vectors.data[i]).toBeCloseTo(x, 4);
      });
      const width = vectors.shape[1] as number;
      for (let n = 0; n < 3; n++) {
        for (let j = 0; j < width; j++) {
          const [a, b] = [vectors.data[2 * n * width + j]!, vectors.data[(2 * n + 1) * width + j]!];
          expect(space.prototypes.data[n * width + j]).toBeCloseTo((a + b) / 2, 4);
        }
      }
    }
  });

  it("call a query wrong where its nearest prototype, by the head's distance, is another class's", () => {
    const { episode } = spaces;
    for (const space of spaces.spaces) {
      const width = space.vectors.shape[1] as number;
      const row = (data: Float32Array, i: number) => [...data.subarray(i * width, (i + 1) * width)];
      const unit = (x: number[]) => (space.unitLength ? x.map((v) => v / Math.hypot(...x)) : x);
      const expected = episode.label.map((label, q) => {
        const x = unit(row(space.vectors.data, 6 + q));
        const distances = [0, 1, 2].map((n) =>
          Math.hypot(...unit(row(space.prototypes.data, n)).map((v, j) => v - x[j]!)),
        );
        return label >= 0 && distances.indexOf(Math.min(...distances)) !== label;
      });
      expect(space.wrong).toEqual(expected);
      expect(space.accuracy).toBeCloseTo(1 - expected.filter(Boolean).length / 15, 12);
    }
    expect(spaces.spaces.map((s) => s.unitLength)).toEqual([false, true]);
  });

  it("measure the whole part as geometry and evaluate do", async () => {
    const labelled = Object.entries(set.test).flatMap(([label, texts]) => texts.map((text) => ({ label, text })));
    const vectors = await embed(
      mean,
      labelled.map((t) => t.text),
      { executor },
    );
    const shape = await geometry(
      vectors,
      labelled.map((t) => t.label),
    );
    const { accuracy, ci95 } = await evaluate(mean, set, executor, { nShot: 1, episodes: 19, seed: 5 });
    const cell = (measure: string) =>
      spaces.measures.cells[spaces.measures.rows.findIndex((r) => r[0] === measure)]?.[0];
    expect(cell("mean cosine of two texts")?.mean).toBeCloseTo(shape.meanCosine, 5);
    expect(cell("effective rank")?.mean).toBeCloseTo(shape.effectiveRank, 2);
    expect(cell("within- over between-class scatter")?.mean).toBeCloseTo(shape.scatterRatio, 3);
    expect(cell("5-way 1-shot accuracy (%)")).toMatchObject({ mean: 100 * accuracy, ci95: 100 * ci95 });
    expect(spaces.measures.caption).toContain("All 77 texts of 7 classes; accuracies over 19 episodes.");
  });

  it.each(["pca", "tsne", "umap"] as const)("draw every text with its marks, by %s", async (method) => {
    const figure = await spaces.map(method);
    for (const [panel, space] of spaces.spaces.entries()) {
      const rings = space.wrong.filter(Boolean).length;
      expect(marks(figure, panel)).toEqual({ all: 3 * 7 + 2 + 3, support: 6, prototype: 3, other: 2, rings });
    }
    const text = JSON.stringify(figure);
    for (const { name, accuracy } of spaces.spaces)
      expect(text).toContain(`${name}: ${(100 * accuracy).toFixed(1)} % right`);
    expect(await spaces.map(method)).toEqual(figure);
  });

  it("draw one model by several settings, and name those", async () => {
    const figure = await spaces.settings("mean", "tsne", [{ perplexity: 2 }, { perplexity: 7 }]);
    const text = JSON.stringify(figure);
    for (const name of ["perplexity 2", "perplexity 7"]) expect(text).toContain(`"${name}"`);
    await expect(spaces.settings("raw", "tsne", [{}])).rejects.toThrow(
      "there is no model 'raw'; there are mean, cosine",
    );
  });

  it("say what the maps keep, in the shares that preserved gives", async () => {
    const table = await spaces.kept(["pca"]);
    expect(table.rows).toEqual([
      ["PCA", "mean"],
      ["PCA", "cosine"],
    ]);
    const last = table.cells.map((line) => line.at(-1)?.mean);
    expect(last).toEqual(spaces.spaces.map((s) => s.accuracy));
    for (const { mean: share } of table.cells.flat()) expect(Math.abs(share as number)).toBeLessThanOrEqual(1);
  });

  it("take texts of other classes where the set has none of no class, and refuse to be empty", async () => {
    const plain = await embeddingSpaces({ mean }, intents({ other: [] }), { ...OPTIONS, part: "train", episodes: 3 });
    expect(plain.episode.label.filter((label) => label < 0)).toHaveLength(2);
    await expect(embeddingSpaces({}, set, OPTIONS)).rejects.toThrow("at least one is wanted");
  });
});
