import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadIntents } from "../../lib/data/load.ts";
import { evaluate } from "../../lib/evaluate/evaluate.ts";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import { newHead, pretrain } from "../../lib/pretrain/pretrain.ts";
import { adaptation } from "../../lib/studies/adaptation.ts";
import type { AdaptationConfig } from "../../lib/studies/adaptation-config.ts";
import { adaptationReport } from "../../lib/studies/adaptation-report.ts";
import { taskTexts, unlabelledTexts } from "../../lib/studies/adaptation-texts.ts";
import type { StudyResult } from "../../lib/studies/study.ts";
import { intents, OTHER } from "../intents.ts";
import { compiled, TINY, tinyEncoder, tinyModel } from "../model/tiny.ts";

const set = intents();
const flat = (texts: Readonly<Record<string, readonly string[]>>) => Object.values(texts).flat();
let folder = "";
let file = "";
let config: AdaptationConfig;
let result: StudyResult;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "adaptation-"));
  for (const part of ["train", "dev", "test", "other"] as const) {
    writeFileSync(join(folder, `${part}.json`), JSON.stringify(set[part]));
  }
  file = join(folder, "texts.txt");
  writeFileSync(file, [...OTHER, ...flat(set.train), ...flat(set.test).slice(0, 13)].join("\n"));
  config = {
    ...{ encoder: TINY, encoderName: "tiny-zh", sets: [{ name: "requests", data: folder }], unlabelled: [file] },
    pretraining: { headSteps: 7, steps: 5, lr: 1e-3, batchSize: 11, evaluations: 1 },
    training: { nWay: 5, nShot: 1, nQuery: 1, steps: 3, lr: 1e-3, evaluations: 1, devEpisodes: 7 },
    ...{ shots: [1], episodes: 23 },
  };
  result = await adaptation(config, join(folder, "out"), compiled, { runs: join(folder, "runs"), quiet: true });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the texts of a domain", () => {
  it("are those of train classes, measured on those of dev classes, and never those of test classes", async () => {
    const shared = intents({ train: { ...set.train, 体育: flat(set.test).slice(0, 3) } });
    const { train, heldOut } = taskTexts(shared);
    expect(train.texts).toEqual(flat(set.train));
    expect(heldOut).toEqual(flat(set.dev));
    const { texts = [], label } = await unlabelledTexts(file, set, 1);
    expect([...texts].sort()).toEqual([...OTHER, ...flat(set.train)].sort());
    expect(label).toBe(`${OTHER.length + flat(set.train).length} unlabelled texts of ${file}`);
    await expect(unlabelledTexts(join(folder, "none.txt"), set, 1)).rejects.toThrow("no such file");
  });
});

describe("the study of adaptation", () => {
  it("fits a head to the encoder as it came, then trains both on, and scores as evaluate does", async () => {
    const encoder = await tinyEncoder();
    const [head, before] = [newHead(encoder.config, 1), flat(set.dev)];
    const how = { batchSize: 11, maxLength: 37, seed: 1, progress: { quiet: true } };
    const corpus = { train: flat(set.train), heldOut: before, files: {} };
    const untouched = await tinyEncoder();
    const first = await pretrain(encoder, corpus, compiled, {
      ...{ ...how, out: join(folder, "head"), head, trains: "head", steps: 7, lr: 3e-3 },
    });
    expect(encoder.params).toEqual(untouched.params);
    const second = await pretrain(encoder, corpus, compiled, {
      ...how,
      out: join(folder, "on"),
      head,
      steps: 5,
      lr: 1e-3,
    });
    const name = `adapted on ${flat(set.train).length} texts of train classes`;
    const perplexity = (of: string) =>
      result.rows.find((r) => r.encoder === of && r.perplexity !== undefined)?.perplexity;
    expect(perplexity("as it came")).toBe(first.best?.metrics.perplexity);
    expect(perplexity(name)).toBe(second.best?.metrics.perplexity);
    expect(perplexity(name)).toBeLessThan(perplexity("as it came") as number);
    const raw = await tinyModel();
    const data = await loadIntents(folder);
    const options = { nShot: 1, episodes: 23, seed: 1 };
    const a = await evaluate(raw, data, compiled, options);
    const b = await evaluate({ ...raw, encoder }, data, compiled, options);
    const row = result.rows.find((r) => r.encoder === name && r.state === "raw");
    expect(row?.accuracy).toBe(b.accuracy);
    expect(row?.difference).toBeCloseTo(pairedDifference(b.episodeAccuracies, a.episodeAccuracies).mean, 12);
    expect(result.rows.filter((r) => r.state === "trained")).toHaveLength(3);
  }, 60_000);

  it("is not done again, and has lines without values for texts that are not here", async () => {
    const again = await adaptation(config, join(folder, "again"), compiled, {
      runs: join(folder, "runs"),
      quiet: true,
    });
    expect(again.rows).toEqual(result.rows);
    expect(again.seconds).toEqual(result.seconds);
    const missing = { data: "requests", encoder: "adapted on texts of far (not here)", here: false };
    const report = await adaptationReport([...result.rows, missing], {
      ...{ ...config, shots: [1], episodes: 23 },
      runs: [
        { name: "requests", head: join(folder, "head"), adapted: [{ label: "own texts", folder: join(folder, "on") }] },
      ],
    });
    const [perplexity, accuracy] = report.tables.map(({ table }) => table.markdown());
    expect(perplexity).toContain("| adapted on texts of far (not here) | - | - |");
    expect(accuracy).toContain("| adapted on texts of far (not here) | - | - | - | - |");
    expect(JSON.stringify(report.figures[0])).toContain("all, on own texts");
  });
});
