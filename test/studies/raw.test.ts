import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { labelled } from "../../lib/data/labelled.ts";
import { loadIntents } from "../../lib/data/load.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { geometry } from "../../lib/evaluate/geometry.ts";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import { allButTheTop } from "../../lib/evaluate/post-processing.ts";
import { embed } from "../../lib/kit/use.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { loadModel } from "../../lib/model/model.ts";
import { intervalWidths } from "../../lib/studies/interval-widths.ts";
import { postProcessing } from "../../lib/studies/post-processing.ts";
import type { StudyResult } from "../../lib/studies/study.ts";
import { intents } from "../intents.ts";
import { compiled, TINY } from "../model/tiny.ts";

let folder = "";
const subject = () => ({ encoder: TINY, encoderName: "tiny-zh", sets: [{ name: "requests", data: folder }] });

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "raw-"));
  const { train, dev, test, other } = intents();
  for (const [name, texts] of Object.entries({ train, dev, test, other })) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(texts));
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the study of interval widths", () => {
  let result: StudyResult;
  const config = () => ({ ...subject(), episodes: [7, 23], lists: 5, reference: 101 });
  const run = (out: string) =>
    intervalWidths(config(), join(folder, out), compiled, { runs: join(folder, "runs"), quiet: true });
  beforeAll(async () => {
    result = await run("widths");
  }, 60_000);

  it("scores as many lists of each length, and of other classes, as it is told", () => {
    const count = (classes: string, episodes: number): number =>
      result.rows.filter((r) => r.classes === classes && r.episodes === episodes).length;
    expect([count("test", 7), count("test", 23), count("test", 101), count("drawn anew", 23)]).toEqual([5, 5, 1, 5]);
    expect(result.rows).toHaveLength(16);
    expect(new Set(result.rows.map((r) => r.accuracy)).size).toBeGreaterThan(8);
  });

  it("gives what evaluate gives for the same seed", async () => {
    const set = await loadIntents(folder);
    const row = result.rows.find((r) => r.classes === "test" && r.episodes === 23 && r.draw === 3);
    const model = await loadModel(TINY, { pooling: "mean" });
    const r = await evaluate(model, set, compiled, { nShot: 1, episodes: 23, seed: "1 test 23 3" });
    expect(row?.accuracy).toBeCloseTo(r.accuracy, 12);
    expect(row?.ci95).toBeCloseTo(r.ci95, 12);
  });

  it("says of each interval whether it holds the accuracy of the long list", () => {
    const truth = result.rows.find((r) => r.episodes === 101)?.accuracy as number;
    for (const { accuracy, ci95, holds } of result.rows) {
      expect(holds).toBe(
        truth >= (accuracy as number) - (ci95 as number) && truth <= (accuracy as number) + (ci95 as number),
      );
    }
    expect(result.table("requests").rows.flat()).toEqual([
      "7 episodes",
      "23 episodes",
      "23 episodes, each of other classes",
    ]);
    expect(result.figure("requests").layout.annotations).toMatchObject([{}, { text: "chance 20.0" }]);
  });

  it("gives the same rows again, to the last bit", async () => {
    const again = await intervalWidths(config(), join(folder, "again"), compiled, {
      runs: join(folder, "others"),
      quiet: true,
    });
    expect(again.rows).toEqual(result.rows);
    expect(readFileSync(join(folder, "again", "rows.csv"), "utf8")).toBe(
      readFileSync(join(folder, "widths", "rows.csv"), "utf8"),
    );
  }, 60_000);
});

describe("the study of post-processing", () => {
  let result: StudyResult;
  beforeAll(async () => {
    const config = { ...subject(), components: [0, 2], episodes: 23 };
    result = await postProcessing(config, join(folder, "post"), compiled, { runs: join(folder, "runs"), quiet: true });
  }, 60_000);
  const row = (repair: string, pooling: string, distance: string) =>
    result.rows.find((r) => r.repair === repair && r.pooling === pooling && r.distance === distance);

  it("has a row for every pooling, repair and distance", () => {
    expect(result.rows).toHaveLength(2 * 4 * 2);
    expect([...new Set(result.rows.map((r) => r.repair))]).toEqual([
      ...["none", "less mean", "less mean, top 2", "whitened"],
    ]);
  });

  it("fits repairs to the train classes, and scores what they make of the test classes", async () => {
    const set = await loadIntents(folder);
    const model = await loadModel(TINY, { pooling: "cls", headSettings: { distance: "cosine" } });
    const repair = await allButTheTop(await embed(model, labelled(set.train).texts, { executor: compiled }), 2);
    const inner = createEmbedder(model, compiled, { remember: true });
    const embedder = { ...inner, embed: async (texts: readonly string[]) => repair(await inner.embed(texts)) };
    const repaired = await evaluate(model, set, compiled, { nShot: 1, episodes: 23, embedder });
    const raw = await evaluate(model, set, compiled, { nShot: 1, episodes: 23 });
    await inner.dispose();
    const found = row("less mean, top 2", "cls", "cosine");
    expect(found?.accuracy).toBeCloseTo(repaired.accuracy, 12);
    const { mean, ci95 } = pairedDifference(repaired.episodeAccuracies, raw.episodeAccuracies);
    expect(found?.difference).toBeCloseTo(mean, 12);
    expect(found?.differenceCi95).toBeCloseTo(ci95, 12);
    const { texts, labels } = labelled(set.test);
    const shape = await geometry(repair(await embed(model, texts, { executor: compiled })), labels, {
      distance: "cosine",
    });
    expect(found?.meanCosine).toBeCloseTo(shape.meanCosine, 4);
  });

  it("finds that the mean changes nothing for distances of points, but for cosines", () => {
    for (const pooling of ["cls", "mean"]) {
      expect(row("less mean", pooling, "sqEuclidean")?.difference).toBeCloseTo(0, 12);
      expect(Math.abs(row("less mean", pooling, "cosine")?.meanCosine as number)).toBeLessThan(
        Math.abs(row("none", pooling, "cosine")?.meanCosine as number),
      );
    }
    expect(row("none", "mean", "cosine")).not.toHaveProperty("difference");
    expect(result.rows[0]).not.toHaveProperty("each");
  });

  it("shows it in tables and a heat map", () => {
    expect(result.table("accuracy-requests").rows.flat()).toEqual([
      "none",
      "less mean",
      "less mean, top 2",
      "whitened",
    ]);
    expect(result.table("difference-requests").cells).toHaveLength(3);
    expect(result.table("geometry-requests").columns).toHaveLength(2 * 3);
    expect(result.figure("accuracy-requests").data[0]).toMatchObject({ type: "heatmap" });
  });
});
