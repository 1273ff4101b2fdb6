import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadIntents } from "../../lib/data/load.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { loadModel } from "../../lib/model/model.ts";
import { comparison } from "../../lib/studies/comparison.ts";
import { type ComparisonConfig, INTENTS } from "../../lib/studies/comparison-config.ts";
import type { StudyResult } from "../../lib/studies/study.ts";
import { intents } from "../intents.ts";
import { compiled, TINY } from "../model/tiny.ts";

let folder = "";
let config: ComparisonConfig;
let result: StudyResult;

/** The files of a results folder by name, run.json (times) apart. */
function contents(dir: string): Record<string, string> {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" }).sort();
  const files = names.filter((name) => /\.\w+$/.test(name) && name !== "run.json");
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(dir, name)).toString("base64")]));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "comparison-"));
  const { train, dev, test, other } = intents();
  for (const [name, texts] of Object.entries({ train, dev, test, other })) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify(texts));
  }
  config = {
    ...INTENTS,
    encoder: TINY,
    encoderName: "tiny-zh",
    sets: [{ name: "requests", data: folder }],
    rawPoolings: ["cls", "mean"],
    training: { ...INTENTS.training, nWay: 5, nShot: 2, nQuery: 1, steps: 7, evaluateEvery: 3, devEpisodes: 11 },
    evaluation: { ...INTENTS.evaluation, nQuery: 3, shots: [1, 2], nOther: 2, episodes: 31 },
    mapClasses: 3,
  };
  result = await comparison(config, join(folder, "out"), compiled, { runs: join(folder, "runs"), quiet: true });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the comparison of raw and trained", () => {
  it("has a row for each head, pooling and number of shots, raw, and for each head and number, trained", () => {
    expect(result.complete).toBe(true);
    const cells = result.rows.map((r) => `${r.head} ${r.encoder} ${r.pooling} ${r.nShot}`);
    const heads = ["siamese", "matching", "prototypical"];
    const raw = heads.flatMap((h) => ["cls", "mean"].flatMap((p) => [1, 2].map((k) => `${h} raw ${p} ${k}`)));
    const trained = heads.flatMap((h) => [1, 2].map((k) => `${h} trained mean ${k}`));
    expect([...cells].sort()).toEqual([...raw, ...trained].sort());
  });

  it("scores what evaluate scores, with the raw encoder and with the model that it left in runs", async () => {
    const set = await loadIntents(folder);
    const shape = { nShot: 2, nQuery: 3, nOther: 2, otherFrom: "both", episodes: 31 } as const;
    const row = (encoder: string, pooling: string) =>
      result.rows.find((r) => r.head === "matching" && r.encoder === encoder && r.pooling === pooling && r.nShot === 2);
    const raw = await evaluate(await loadModel(TINY, { head: "matching", pooling: "cls" }), set, compiled, shape);
    expect(row("raw", "cls")).toMatchObject({ accuracy: raw.accuracy, ci95: raw.ci95, auroc: raw.auroc });
    const [run = ""] = readdirSync(join(folder, "runs"));
    const model = await loadModel(join(folder, "runs", run, "requests-matching"));
    const trained = await evaluate(model, set, compiled, shape);
    expect(row("trained", "mean")).toMatchObject({ accuracy: trained.accuracy, auroc: trained.auroc });
  });

  it("writes tables, settings and pictures, and names no folder of this machine", () => {
    const out = join(folder, "out");
    for (const file of result.files) expect(existsSync(file), file).toBe(true);
    expect(readdirSync(join(out, "figures")).sort()).toEqual(
      ["accuracy-1-shot", "accuracy-2-shot", "map-requests", "training-requests"].flatMap((n) =>
        ["json", "png", "svg"].map((e) => `${n}.${e}`),
      ),
    );
    expect(readFileSync(join(out, "table.md"), "utf8")).toContain("| prototypical | trained | mean |");
    const saved = JSON.parse(readFileSync(join(out, "config.json"), "utf8")) as Record<string, unknown>;
    expect(saved).toMatchObject({ study: "intents", seed: 1, encoderHash: expect.stringMatching(/^[0-9a-f]{16}$/) });
    expect(saved).not.toHaveProperty("encoder");
  });

  it("gives the same bytes when it is run afresh, and at once when it is done already", async () => {
    const before = contents(join(folder, "out"));
    const fresh = await comparison(config, join(folder, "fresh"), compiled, {
      runs: join(folder, "runs"),
      quiet: true,
      fresh: true,
    });
    expect(fresh.rows).toEqual(result.rows);
    expect(contents(join(folder, "fresh"))).toEqual(before);
    const again = await comparison(config, join(folder, "again"), compiled, {
      runs: join(folder, "runs"),
      quiet: true,
    });
    expect(again.seconds).toEqual(fresh.seconds);
    expect(contents(join(folder, "again"))).toEqual(before);
  }, 60_000);

  it("stops at a signal, without results, and goes on to the same rows; other settings do not get in its way", async () => {
    const runs = join(folder, "other-runs");
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    const stopped = await comparison(config, join(folder, "stopped"), compiled, {
      runs,
      quiet: true,
      signal: controller.signal,
    });
    expect([stopped.complete, stopped.files, existsSync(join(folder, "stopped"))]).toEqual([false, [], false]);
    const other = { ...config, seed: 2, heads: ["matching"] as const, rawPoolings: ["cls"] as const, mapClasses: 0 };
    const second = await comparison(other, join(folder, "second"), compiled, { runs, quiet: true });
    expect(second.rows).toHaveLength(4);
    expect(second.rows[0]?.accuracy).not.toBe(result.rows[0]?.accuracy);
    const whole = await comparison(config, join(folder, "whole"), compiled, { runs, quiet: true });
    expect(whole.rows).toEqual(result.rows);
  }, 60_000);
});
