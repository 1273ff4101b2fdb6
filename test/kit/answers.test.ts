import { describe, expect, it } from "vitest";
import { answersTable } from "../../lib/kit/answers.ts";
import { classConfusions } from "../../lib/kit/confusions.ts";
import type { Run } from "../../lib/kit/run.ts";
import { classifier } from "../../lib/kit/use.ts";
import { intents } from "../intents.ts";
import { compiled as executor, tinyModel } from "../model/tiny.ts";

const set = intents();

describe("answers as a table", () => {
  const scores = { 天气: -1.25, 音乐: -3.5, 电影: -0.5 };

  it("have the answer, its score, and the class that comes next", () => {
    const known = { text: "什么", class: "电影", score: -0.5, scores };
    const { header, lines } = answersTable([known, { ...known, class: null }]);
    expect(header).toEqual(["text", "answer", "score", "next", "its score"]);
    expect(lines[0]).toEqual(["什么", "电影", "-0.50", "天气", "-1.25"]);
    expect(lines[1]).toEqual(["什么", "other", "-0.50", "电影", "-0.50"]); // what it would have been
    expect(answersTable([known], { digits: 0 }).lines[0]?.[4]).toBe("-1");
  });

  it("come from a classifier, and have nothing next to a single class", async () => {
    const mine = await classifier(await tinyModel(), { 体育: set.test.体育!.slice(0, 3) }, { executor });
    const predictions = await mine.predict(["我想听体育", "水"]);
    await mine.dispose();
    expect(answersTable(predictions).lines.map((line) => line.slice(0, 2))).toEqual([
      ["我想听体育", "体育"],
      ["水", "体育"],
    ]);
    expect(answersTable(predictions).lines[1]?.slice(3)).toEqual(["", ""]);
  });
});

describe("confusions of classes", () => {
  it("are those of all test classes at once, counted as the accuracy is", async () => {
    const model = await tinyModel();
    const found = await classConfusions(model, set, { nShot: 2, nQuery: 3, episodes: 11, executor, pairs: 3 });
    expect(found.evaluation).toMatchObject({ part: "test", nWay: 7, nShot: 2, nQuery: 3, episodes: 11 });
    expect(found.classes).toEqual(Object.keys(set.test));
    const right = found.counts.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(right / (11 * 7 * 3)).toBeCloseTo(found.evaluation.accuracy, 12);
    expect(found.table.lines).toHaveLength(3);
    const [{ a, b, share }] = found.pairs as [(typeof found.pairs)[0]];
    expect(found.table.lines[0]?.slice(0, 4)).toEqual([a, b, "66", (100 * share).toFixed(1)]);
    expect(JSON.stringify(found.figure).replaceAll("<br>", " ")).toContain(
      `7-way 2-shot, test classes: ${(100 * found.evaluation.accuracy).toFixed(1)} % right`,
    );
  });

  it("take a run as well, other parts, and fewer classes an episode", async () => {
    const model = await tinyModel();
    const run = { model, set, executor, result: {}, curves: () => ({ data: [], layout: {} }) } as unknown as Run;
    const options = { part: "dev", nWay: 3, nShot: 1, nQuery: 1, episodes: 5, title: "dev" } as const;
    const [byRun, byModel] = [
      await classConfusions(run, set, options),
      await classConfusions(model, set, { ...options, executor }),
    ];
    expect(byRun.counts).toEqual(byModel.counts);
    expect(byRun.evaluation.nWay).toBe(3);
  });

  it("leave out classes with too few texts", async () => {
    const short = { ...set, test: { ...set.test, 体育: set.test.体育!.slice(0, 3) } };
    const { evaluation } = await classConfusions(await tinyModel(), short, {
      ...{ nShot: 2, nQuery: 3, episodes: 3, executor },
    });
    expect(evaluation.nWay).toBe(6);
  });
});
