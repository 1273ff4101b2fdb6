import { describe, expect, it } from "vitest";
import { episodeTable } from "../../lib/episodes/table.ts";
import { drawEpisodes } from "../../lib/evaluate/draw.ts";
import { intents } from "../intents.ts";

const set = intents();
const list = drawEpisodes(set, "test", { nWay: 3, nShot: 2, nQuery: 3, nOther: 3, otherFrom: "both", episodes: 7 });

describe("the table of an episode", () => {
  it("has every text once, under its class", () => {
    const lines = episodeTable(list, 4);
    expect(lines).toHaveLength(3 * 3 + 3);
    const names = lines.slice(0, 9).map((line) => line.class);
    expect(names.map((name) => name !== "")).toEqual([0, 1, 2].flatMap(() => [true, false, false]));
    lines.slice(0, 9).forEach((line, i) => {
      const own = set.test[names[3 * Math.floor(i / 3)] as string] as readonly string[];
      expect(own).toContain(line.query);
      if (i % 3 < 2) expect(own).toContain(line.support);
      else expect(line.support).toBe("");
    });
    const texts = lines.flatMap(({ support, query }) => [support, query]).filter(Boolean);
    expect(new Set(texts).size).toBe(3 * 2 + 3 * 3 + 3);
  });

  it("says of each other query what it is", () => {
    const others = list.episodes.flatMap((_, i) => episodeTable(list, i).slice(9));
    const kinds = others.map((line) => {
      const name = /^other \((.+)\)$/.exec(line.class)?.[1] as string;
      if (name === "of no class") expect(set.other).toContain(line.query);
      else expect(set.test[name]).toContain(line.query);
      return name === "of no class";
    });
    expect(new Set(kinds).size).toBe(2);
  });

  it("is of an episode that there is", () => {
    expect(() => episodeTable(list, 7)).toThrow("there is no episode 7; wanted 0 .. 6");
  });
});
