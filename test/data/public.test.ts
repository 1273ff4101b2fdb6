import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { KNOWN_SETS, knownNames } from "../../lib/data/known.ts";
import { loadIntents } from "../../lib/data/load.ts";
import { loadPairs } from "../../lib/data/pairs.ts";
import { checkDisjoint, PARTS } from "../../lib/data/parts.ts";

const folder = process.env.FEWSHOT_DATA ?? "../shared/datasets";
const present = existsSync(join(folder, "index.json"));

interface Entry {
  name: string;
  kind: string;
  language: string;
  classes: number;
  texts: number;
  splits: string[];
  oos: number;
  licence: string;
}

function json<T>(...path: string[]): T {
  return JSON.parse(readFileSync(join(folder, ...path), "utf8")) as T;
}

const index = present ? json<Entry[]>("index.json") : [];
const entry = (name: string): Entry => {
  const found = index.find((one) => one.name === name);
  if (found === undefined) throw new Error(`${name} is not in index.json`);
  return found;
};

describe("the public sets", () => {
  it.skipIf(!present)("are all known, with their language and licence (needs the data sets)", () => {
    const sets = index.filter(({ kind }) => kind !== "corpus");
    const kinds: Record<string, string> = { classification: "intents", pairs: "pairs" };
    expect(new Map(sets.map((s) => [s.name, [kinds[s.kind], s.language, s.licence]]))).toEqual(
      new Map([...KNOWN_SETS].map(([name, known]) => [name, [known.kind, known.language, known.licence]])),
    );
  });

  it.skipIf(!present).each(knownNames("intents"))(
    "%s has the classes and texts of its index (needs it)",
    async (name) => {
      const { classes, texts, splits, oos } = entry(name);
      const data = Object.values(json<Record<string, string[]>>(name, "data.json"));
      const repeated = data.flat().length - data.reduce((sum, list) => sum + new Set(list).size, 0);
      const listed = existsSync(join(folder, name, "splits")) ? readdirSync(join(folder, name, "splits")) : [];
      expect(listed.sort()).toEqual(splits);
      for (const split of splits.length > 0 ? splits : [undefined]) {
        const set = await loadIntents(name, { dataDir: folder, ...(split !== undefined && { split }) });
        const lists = PARTS.flatMap((part) => Object.values(set[part]));
        expect(lists).toHaveLength(classes);
        expect(lists.flat().length + repeated).toBe(texts);
        expect(set.other).toHaveLength(oos);
        expect(() => checkDisjoint(set)).not.toThrow();
        const warned = /([\d,]+) repeated texts? inside/.exec(set.warnings.join("\n"))?.[1] ?? "0";
        expect(Number(warned.replaceAll(",", ""))).toBe(repeated);
        if (split === undefined) continue;
        const files = ["train", "valid", "test"].map((part) => join(folder, name, "splits", split, `${part}.txt`));
        const sizes = files.map((file) => readFileSync(file, "utf8").trim().split("\n").length);
        expect(PARTS.map((part) => Object.keys(set[part]).length)).toEqual(sizes);
      }
    },
  );

  it.skipIf(!present).each(knownNames("pairs"))("%s has the pairs of its index (needs it)", async (name) => {
    const { pairs } = await loadPairs(name, { dataDir: folder });
    expect(pairs).toHaveLength(entry(name).texts);
    expect(pairs.some((pair) => pair.same) && pairs.some((pair) => !pair.same)).toBe(true);
  });
});
