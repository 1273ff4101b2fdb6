import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import type { ClassTexts } from "../../lib/data/types.ts";
import { createScorer } from "../../lib/evaluate/score.ts";
import { HEADS } from "../../lib/heads/types.ts";
import { type Classifier, createClassifier } from "../../lib/model/classifier.ts";
import { createEmbedder } from "../../lib/model/embed.ts";
import { intents } from "../intents.ts";
import { compiled, type TinyOptions, tinyModel } from "./tiny.ts";

const { train } = intents();
/** The first texts of some classes, as many as `counts` says. */
function support(counts: Readonly<Record<string, number>>): ClassTexts {
  return Object.fromEntries(Object.entries(counts).map(([name, n]) => [name, train[name]!.slice(0, n)]));
}
const UNEVEN = support({ 天气: 1, 音乐: 5, 电影: 3 });
const queries = ["今天的天气怎么样", "放一首音乐", "我要去机场", "好的"];

async function using<T>(classifier: Classifier, fn: (c: Classifier) => Promise<T>): Promise<T> {
  try {
    return await fn(classifier);
  } finally {
    await classifier.dispose();
  }
}

describe("a classifier", () => {
  const options: TinyOptions[] = [
    ...HEADS.map((head) => ({ head })),
    { head: "matching", headSettings: { shots: "attention", distance: "dot" } },
    { head: "siamese", headSettings: { decision: "support", distance: "euclidean" } },
    { head: "prototypical", pooling: "pooler", headSettings: { norms: true, distance: "manhattan" } },
  ];
  it.each(options)("scores as episodes do where all classes have as many texts: %o", async (given) => {
    const model = await tinyModel(given);
    for (const [i, { data }] of Object.values(model.headParams).entries()) data.fill(1 + i / 3);
    const classes = support({ 天气: 3, 音乐: 3, 电影: 3, 足球: 3 });
    const predictions = await using(await createClassifier(model, classes, compiled), (c) => c.predict(queries));
    const [embedder, scorer] = [createEmbedder(model, compiled), createScorer(model, compiled)];
    const vectors = await embedder.embed([...Object.values(classes).flat(), ...queries]);
    const at = (n: number, from: number) => Array.from({ length: n }, (_, i) => from + i);
    const episode = {
      classes: at(4, 0),
      support: at(4, 0).map((c) => at(3, 3 * c)),
      query: at(4, 12),
      label: at(4, 0),
    };
    const [scored] = await scorer.score(vectors, [episode]);
    await Promise.all([embedder.dispose(), scorer.dispose()]);
    for (const [i, p] of predictions.entries()) {
      expect(p.text).toBe(queries[i]);
      expect(Object.keys(p.scores)).toEqual(Object.keys(classes));
      for (const [c, score] of Object.values(p.scores).entries()) {
        const wanted = scored!.scores.data[i * 4 + c]!;
        expect(Math.abs(score - wanted)).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(wanted)));
      }
      expect(p.score).toBe(Math.max(...Object.values(p.scores)));
      expect(p.scores[p.class as string]).toBe(p.score);
    }
  });

  it("takes classes with different numbers of texts, each scored by itself", async () => {
    const model = await tinyModel({ head: "matching" });
    const all = await using(await createClassifier(model, UNEVEN, compiled), (c) => c.predict(queries));
    for (const [name, texts] of Object.entries(UNEVEN)) {
      const one = await using(await createClassifier(model, { [name]: texts }, compiled), (c) => c.predict(queries));
      for (const [i, p] of one.entries()) {
        expect(p.class).toBe(name);
        expect(p.score).toBeCloseTo(all[i]!.scores[name] as number, 5);
      }
    }
  });

  it("knows a text that is among its supports", async () => {
    const model = await tinyModel({ head: "siamese", headSettings: { decision: "support" } });
    const [prediction] = await using(await createClassifier(model, UNEVEN, compiled), (c) =>
      c.predict([UNEVEN.音乐![3] as string]),
    );
    expect(prediction?.class).toBe("音乐");
    expect(prediction?.score).toBeCloseTo(5, 4); // 5 * cos 0
  });

  it("learns and forgets classes without any training, and replaces one that it knows", async () => {
    const model = await tinyModel();
    await using(await createClassifier(model, UNEVEN, compiled), async (c) => {
      const [before] = await c.predict(["我要去机场"]);
      await c.add("机场", train.机场!.slice(0, 2));
      expect(c.classes).toEqual(["天气", "音乐", "电影", "机场"]);
      const [after] = await c.predict(["我要去机场"]);
      expect(after?.scores).toMatchObject(before!.scores);
      c.remove("音乐");
      expect(c.classes).toEqual(["天气", "电影", "机场"]);
      await c.add("天气", train.天气!.slice(5, 9));
      expect(c.classes).toEqual(["天气", "电影", "机场"]);
      const [replaced] = await c.predict(["我要去机场"]);
      expect(replaced?.scores.天气).not.toBe(before?.scores.天气);
      expect(() => c.remove("音乐")).toThrow("support: there is no class '音乐' to remove");
    });
  });

  it("says other where no score reaches the threshold, and keeps the scores", async () => {
    const model = await tinyModel();
    const free = await using(await createClassifier(model, UNEVEN, compiled), (c) => c.predict(queries));
    expect(free.map((p) => p.class)).not.toContain(null);
    const threshold = [...free.map((p) => p.score)].sort((a, b) => a - b)[2] as number;
    const strict = await using(await createClassifier(model, UNEVEN, compiled, { threshold }), (c) =>
      c.predict(queries),
    );
    expect(strict).toEqual(free.map((p) => (p.score >= threshold ? p : { ...p, class: null })));
    expect(strict.filter((p) => p.class === null)).toHaveLength(2);
  });

  it("needs classes, texts in them, and no queries", async () => {
    const model = await tinyModel();
    await using(await createClassifier(model, {}, compiled), async (c) => {
      await expect(c.predict(["一"])).rejects.toThrow("predict: there are no classes; add some with their texts first");
      await c.add("a", ["一"]);
      expect(await c.predict([])).toEqual([]);
      await expect(c.add("b", [])).rejects.toThrow("support: class 'b' has no texts");
    });
    await expect(createClassifier(model, { a: [] }, compiled)).rejects.toThrow(InputError);
  });
});
