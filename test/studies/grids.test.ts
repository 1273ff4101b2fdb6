import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadIntents } from "../../lib/data/load.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { geometry } from "../../lib/evaluate/geometry.ts";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import { embed } from "../../lib/kit/use.ts";
import { loadModel } from "../../lib/model/model.ts";
import { ablation } from "../../lib/studies/ablation.ts";
import type { AblationConfig } from "../../lib/studies/ablation-config.ts";
import { representations } from "../../lib/studies/representations.ts";
import type { StudyResult } from "../../lib/studies/study.ts";
import { intents } from "../intents.ts";
import { compiled, TINY } from "../model/tiny.ts";

let folder = "";
const subject = () => ({ encoder: TINY, encoderName: "tiny-zh", sets: [{ name: "requests", data: folder }] });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "grids-"));
  const { train, dev, test, other } = intents();
  for (const [name, texts] of Object.entries({ train, dev, test, other })) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(texts));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the ablation", () => {
  let config: AblationConfig;
  let result: StudyResult;
  beforeAll(async () => {
    config = {
      ...subject(),
      heads: ["matching", "prototypical"],
      poolings: ["cls", "mean"],
      layers: [-1, -2],
      distances: ["sqEuclidean", "cosine", "manhattan"],
      episodes: 23,
    };
    result = await ablation(config, join(folder, "out"), compiled, { runs: join(folder, "runs"), quiet: true });
  }, 60_000);

  it("has a row for every combination, scored as evaluate scores it", async () => {
    expect(result.rows).toHaveLength(2 * 2 * 2 * 3);
    const overrides = {
      head: "matching",
      pooling: "mean",
      layer: -2,
      headSettings: { distance: "manhattan" },
    } as const;
    const model = await loadModel(TINY, overrides);
    const set = await loadIntents(folder);
    const r = await evaluate(model, set, compiled, { nShot: 1, nOther: 5, episodes: 23 });
    const { head, pooling, layer } = overrides;
    const cell = { data: "requests", encoder: "raw", head, pooling, layer, distance: "manhattan" };
    expect(result.rows).toContainEqual(expect.objectContaining({ ...cell, accuracy: r.accuracy, auroc: r.auroc }));
  });

  it("gives the paired difference to the first setting of the same head", async () => {
    const set = await loadIntents(folder);
    const each = async (pooling: "cls" | "mean") => {
      const model = await loadModel(TINY, { pooling });
      return (await evaluate(model, set, compiled, { nShot: 1, nOther: 5, episodes: 23 })).episodeAccuracies;
    };
    const { mean, ci95 } = pairedDifference(await each("mean"), await each("cls"));
    const row = (pooling: string) =>
      result.rows.find(
        (r) => r.head === "prototypical" && r.pooling === pooling && r.layer === -1 && r.distance === "sqEuclidean",
      );
    expect(row("mean")?.difference).toBeCloseTo(mean, 12);
    expect(row("mean")?.differenceCi95).toBeCloseTo(ci95, 12);
    expect(row("cls")).not.toHaveProperty("difference");
    expect(result.rows[0]).not.toHaveProperty("episodes");
  });

  it("sets the poolings side by side at each head's usual distance, and the distances at mean pooling", async () => {
    const shown = (name: string, head: string) => {
      const { rows, cells } = result.table(name);
      return cells[rows.findIndex((keys) => keys[2] === head)]?.map((c) => c.mean);
    };
    const row = (head: string, pooling: string, distance: string) =>
      result.rows.find((r) => r.head === head && r.pooling === pooling && r.layer === -1 && r.distance === distance)
        ?.accuracy;
    expect(shown("by-pooling", "matching")).toEqual(["cls", "mean"].map((p) => row("matching", p, "cosine")));
    expect(shown("by-pooling", "prototypical")).toEqual(
      ["cls", "mean"].map((p) => row("prototypical", p, "sqEuclidean")),
    );
    expect(shown("by-distance", "matching")).toEqual(config.distances.map((d) => row("matching", "mean", d)));
    expect(() => result.table("x")).toThrow("there is no table 'x'; there are by-pooling, by-distance");
    expect(result.figure("requests-raw-matching").data.length).toBeGreaterThan(0);
  });

  it("trains each setting by itself, and keeps the raw rows as they were", async () => {
    const small = { ...config, heads: ["siamese"] as const, layers: [-1], distances: ["cosine"] as const };
    const training = { steps: 5, lr: 1e-2, nShot: 2, evaluations: 1, devEpisodes: 7 };
    const trained = await ablation({ ...small, training }, join(folder, "trained"), compiled, {
      runs: join(folder, "runs"),
      quiet: true,
    });
    expect(trained.rows.map((r) => `${r.encoder} ${r.pooling}`)).toEqual([
      ...["raw cls", "raw mean", "trained cls", "trained mean"],
    ]);
    const [rawCls, , trainedCls] = trained.rows;
    expect(trainedCls?.accuracy).not.toBe(rawCls?.accuracy);
    for (const name of ["requests-raw-siamese", "requests-trained-siamese"]) {
      expect(existsSync(join(folder, "trained", "figures", `${name}.png`)), name).toBe(true);
      expect(readFileSync(join(folder, "trained", "tables", `${name}.tex`), "utf8")).toContain("\\toprule");
    }
  }, 60_000);
});

describe("the study of representations", () => {
  it("measures every layer and pooling as geometry and evaluate do", async () => {
    const config = { ...subject(), poolings: ["mean", "max"] as const, episodes: 23 };
    const { rows } = await representations(config, join(folder, "shapes"), compiled, {
      runs: join(folder, "runs"),
      quiet: true,
    });
    const model = await loadModel(TINY, { pooling: "max", layer: 1 });
    const { layers } = model.encoder.config;
    expect(rows).toHaveLength(2 * (layers + 1));
    const set = await loadIntents(folder);
    const texts = Object.entries(set.test).flatMap(([label, own]) => own.map((text) => ({ label, text })));
    const vectors = await embed(
      model,
      texts.map((t) => t.text),
      { executor: compiled },
    );
    const shape = await geometry(
      vectors,
      texts.map((t) => t.label),
    );
    const { accuracy } = await evaluate(model, set, compiled, { nShot: 1, episodes: 23 });
    const row = rows.find((r) => r.layer === 1 && r.pooling === "max");
    expect(row).toMatchObject({ data: "requests", accuracy, vectors: 77, classes: 7 });
    for (const name of ["meanCosine", "effectiveRank", "scatterRatio"] as const) {
      expect(row?.[name], name).toBeCloseTo(shape[name], 4);
    }
    expect(readFileSync(join(folder, "shapes", "table.md"), "utf8")).toContain("| 1 | max |");
  }, 60_000);
});
