import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { random } from "../../lib/core/random.ts";
import { freezeEpisodes, readEpisodes, writeEpisodes } from "../../lib/episodes/frozen.ts";
import { poolOf } from "../../lib/episodes/pool.ts";
import { sampleEpisodes } from "../../lib/episodes/sample.ts";
import { thawEpisodes } from "../../lib/episodes/thaw.ts";
import type { EpisodeList } from "../../lib/episodes/types.ts";
import { folderWith } from "../data/written.ts";
import { pools, shapes } from "./pools.ts";

const shape = { nWay: 2, nShot: 2, nQuery: 1, nOther: 1 };
const pool = poolOf({ 问候: ["你好", "早上好", "嗨\n"], __proto: ["a", "b", "c"], '"': ["😀", "\u2028", "d"] }, ["no"]);
const list: EpisodeList = { about: "toy, seed 1", pool, shape, episodes: sampleEpisodes(pool, shape, 5, random(1)) };

describe("a frozen list of episodes", () => {
  it("comes back exactly", () => {
    expect(thawEpisodes(freezeEpisodes(list), "f")).toEqual(list);
    fc.assert(
      fc.property(pools, shapes, fc.nat(), (texts, wanted, seed) => {
        let episodes: EpisodeList["episodes"] = [];
        try {
          episodes = sampleEpisodes(texts, wanted, 3, random(seed));
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
        const frozen = { pool: texts, shape: wanted, episodes };
        const text = freezeEpisodes(frozen);
        const thawed = thawEpisodes(text, "f");
        expect(thawed).toEqual(frozen);
        expect(freezeEpisodes(thawed)).toBe(text);
      }),
    );
  });

  it("comes back from a file, which has an episode a line", async () => {
    const path = join(await folderWith({}), "episodes", "toy.json");
    await writeEpisodes(path, list);
    expect(await readEpisodes(path)).toEqual(list);
    const lines = freezeEpisodes(list).split("\n");
    expect(lines.filter((line) => line.startsWith('{"classes":'))).toHaveLength(5);
  });
});

/** The frozen list after a change of its JSON value, still with an episode a line. */
function changed(change: (value: Frozen) => void): string {
  const value = JSON.parse(freezeEpisodes(list)) as Frozen;
  change(value);
  const { episodes, ...rest } = value;
  const lines = Array.isArray(episodes) ? `[\n${episodes.map((e) => JSON.stringify(e)).join(",\n")}]` : "null";
  return `${JSON.stringify(rest).slice(0, -1)},\n"episodes": ${lines}}`;
}

interface Frozen {
  format: unknown;
  version: unknown;
  shape: Record<string, unknown> | null;
  classes: unknown[];
  texts: unknown[];
  members: unknown[][];
  other: unknown[];
  episodes: { classes: unknown[]; support: unknown[][]; query: unknown[]; label: unknown[] }[] | null;
}

const third = (value: Frozen): NonNullable<Frozen["episodes"]>[number] => value.episodes![3]!;

describe("a list that is wrong", () => {
  it.each<[string, (value: Frozen) => void, RegExp]>([
    [
      "another format",
      (v) => (v.format = "x"),
      /^f:1: not an episode list: wanted .*"format": "bert-few-shot episodes"/,
    ],
    ["a later version", (v) => (v.version = 2), /^f:1: version 2 of the format, this kit reads 1/],
    ["no shape", (v) => (v.shape = null), /^f:1: no shape with nWay/],
    ["a wrong shape", (v) => (v.shape!.nShot = "2"), /^f:1: shape: nShot is 2, wanted a whole number from 1/],
    ["a class that is no name", (v) => (v.classes[0] = 1), /classes is not a list of names/],
    ["a text that is none", (v) => (v.texts[0] = null), /texts is not a list of texts/],
    ["a class without texts", (v) => v.members.pop(), /members is not a list of 3 lists, one a class/],
    ["an index too high", (v) => (v.members[1]![0] = 10), /class '__proto' is not a list of indices of texts/],
    ["a text in two classes", (v) => (v.members[1]![0] = 0), /class '__proto': text 0 stands in more than one place/],
    ["a text in a class and in none", (v) => (v.other[0] = 0), /other: text 0 stands in more than one place/],
    ["no episodes", (v) => (v.episodes = null), /no list of episodes/],
    ["an episode that is none", (v) => (v.episodes![3] = 7 as never), /^f:6: episode 3: not an object/],
    ["a class twice", (v) => (third(v).classes = [1, 1]), /^f:6: episode 3: classes is not a list of 2 different/],
    [
      "a support too few",
      (v) => third(v).support[1]!.pop(),
      /^f:6: episode 3: the supports of class 1 are not a list of 2/,
    ],
    ["a class without supports", (v) => third(v).support.pop(), /^f:6: episode 3: support is not a list of 2 lists/],
    [
      "a support of another class",
      (v) => third(v).support.reverse(),
      /^f:6: episode 3: support \d+ is no text of class/,
    ],
    [
      "a query as a support",
      (v) => (third(v).support[0]![0] = third(v).support[0]![1]),
      /episode 3: text \d+ stands in it twice/,
    ],
    [
      "a support as a query",
      (v) => {
        const { support, query, label } = third(v);
        query[label.indexOf(1)] = support[1]![0];
      },
      /^f:6: episode 3: text \d+ stands in it twice/,
    ],
    ["a query too few", (v) => third(v).query.pop(), /^f:6: episode 3: query is not a list of 3 indices/],
    ["a query that is no index", (v) => (third(v).query[0] = -1), /^f:6: episode 3: query is not a list of 3 indices/],
    ["a label too few", (v) => third(v).label.pop(), /^f:6: episode 3: label is not a list of 3 whole numbers/],
    [
      "other labels",
      (v) => (third(v).label = [1, 1, 1]),
      /^f:6: episode 3: query \d \(text \d+\) has label 1, its class is/,
    ],
  ])("with %s is refused with file, line and episode", (_, change, message) => {
    const text = changed(change);
    expect(() => thawEpisodes(text, "f")).toThrow(InputError);
    expect(() => thawEpisodes(text, "f")).toThrow(message);
  });

  it("with uneven queries is refused", () => {
    const text = changed((v) => {
      const { classes, support } = third(v);
      const free = v.members[Number(classes[0])]!.filter((i) => !support[0]!.includes(i));
      const used = [...third(v).query];
      const place = third(v).label.indexOf(1);
      // The one other query and the query of class 1 give way to texts of class 0 and of no class.
      third(v).query = [free[0], ...v.other, v.members[3 - Number(classes[0]) - Number(classes[1])]![0]];
      third(v).label = [0, -1, -1];
      expect(used[place]).toBeDefined();
    });
    expect(() => thawEpisodes(text, "f")).toThrow(/^f:6: episode 3: class 1 has 0 queries, wanted 1/);
  });

  it("that is not JSON is refused with its line", () => {
    expect(() => thawEpisodes('{\n"format": x', "f")).toThrow(/^f:2: the episode list is not JSON/);
  });
});
