import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadIntents } from "../../lib/data/load.ts";
import { loadPairs } from "../../lib/data/pairs.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import { evaluatePairs } from "../../lib/evaluate/pairs.ts";
import { intentPairs } from "../../lib/kit/pairs.ts";
import { trainOnPairs } from "../../lib/studies/pairs.ts";
import { type SentencePairsConfig, sentencePairs } from "../../lib/studies/sentence-pairs.ts";
import { sentencePairsReport } from "../../lib/studies/sentence-pairs-report.ts";
import type { StudyResult } from "../../lib/studies/study.ts";
import { intents } from "../intents.ts";
import { compiled, TINY, tinyModel } from "../model/tiny.ts";

let folder = "";
let file = "";
let config: SentencePairsConfig;
let result: StudyResult;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sentence-pairs-"));
  const set = intents();
  for (const part of ["train", "dev", "test", "other"] as const) {
    writeFileSync(join(folder, `${part}.json`), JSON.stringify(set[part]));
  }
  const pairs = (["train", "dev", "test"] as const).flatMap((part) => intentPairs(set, { part, pairs: 37 }));
  file = join(folder, "pairs.tsv");
  const lines = pairs.map((p) => [p.a, p.b, p.same ? 1 : 0, p.part].join("\t"));
  writeFileSync(file, ["text_a\ttext_b\tlabel\tpart", ...lines, ""].join("\n"));
  config = {
    ...{ encoder: TINY, encoderName: "tiny-zh", sets: [{ name: "requests", data: folder }], pairSets: [file] },
    ...{ training: { steps: 5, lr: 1e-2, evaluations: 1 }, shots: [1], episodes: 23 },
    models: { same: await tinyModel({ head: "siamese" }) },
  };
  result = await sentencePairs(config, join(folder, "out"), compiled, { runs: join(folder, "runs"), quiet: true });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the study of sentence pairs", () => {
  it("scores raw and trained models as evaluatePairs and evaluate do, with paired differences to raw", async () => {
    const raw = await tinyModel({ head: "siamese" });
    const model = await tinyModel({ head: "siamese" });
    const pairs = await loadPairs(file);
    const set = await loadIntents(folder);
    await trainOnPairs(model, pairs, compiled, { steps: 5, lr: 1e-2, evaluateEvery: 5, progress: { quiet: true } });
    const row = (on: string) => result.rows.find((r) => r.on === on && r.model === `trained on ${file}`);
    const [before, after] = [await evaluatePairs(raw, pairs, compiled), await evaluatePairs(model, pairs, compiled)];
    expect(row("pairs")).toMatchObject({ auroc: after.auroc, accuracy: after.accuracy, threshold: after.threshold });
    expect(row("pairs")?.difference).toBeCloseTo(pairedDifference(after.right ?? [], before.right ?? []).mean, 12);
    const how = { nShot: 1, episodes: 23, seed: 1 };
    const [one, two] = [await evaluate(raw, set, compiled, how), await evaluate(model, set, compiled, how)];
    expect(row("intents")?.accuracy).toBe(two.accuracy);
    const { mean, ci95 } = pairedDifference(two.episodeAccuracies, one.episodeAccuracies);
    expect(row("intents")?.difference).toBeCloseTo(mean, 12);
    expect(row("intents")?.differenceCi95).toBeCloseTo(ci95, 12);
  }, 60_000);

  it("scores models that are given, which differ in nothing from raw here", () => {
    const given = result.rows.filter((r) => r.model === "same");
    expect(given).toHaveLength(2);
    for (const row of given) expect(row.difference).toBe(0);
    expect(result.table("pairs").rows.flat()).toEqual(["raw", "same", `trained on ${file}`]);
  });

  it("has lines without values for a public set that is not here, and says where it comes from", () => {
    const scored = result.rows.filter((r) => r.data !== file);
    const counts = { on: "counts", data: "triclue", here: false, origin: "https://example.org/triclue", pairs: null };
    const missing = (["train", "dev", "test"] as const).map((part) => ({ ...counts, part }));
    const report = sentencePairsReport([...missing, ...scored], {
      ...config,
      encoderName: "tiny-zh",
      shots: [1],
      episodes: 23,
    });
    const [sets, pairs, requests] = report.tables.map(({ table }) => table.markdown());
    expect(sets).toContain("| triclue (not here: https://example.org/triclue) | - | - | - |");
    expect(pairs).toContain("triclue (not here)");
    expect(pairs).toContain("Test pairs: AUROC of the cosine, in percent.");
    expect(requests).toContain("| trained on triclue (not here) | - | - |");
    expect(requests).toMatch(/\| same \| \d/);
  });

  it("does not go on without a file that is missing", async () => {
    const wrong = { ...config, pairSets: [join(folder, "none.tsv")] };
    await expect(sentencePairs(wrong, join(folder, "wrong"), compiled, { quiet: true })).rejects.toThrow(
      "none.tsv: no such file",
    );
  });
});
