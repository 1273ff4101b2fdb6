import { describe, expect, it } from "vitest";
import { checkPool, drawableClasses } from "../../lib/episodes/check.ts";
import { distinct, poolOf, textsUnderTwo } from "../../lib/episodes/pool.ts";
import type { EpisodeShape } from "../../lib/episodes/types.ts";
import { plainPool } from "./pools.ts";

const shape = (nWay: number, nShot: number, nQuery: number, nOther = 0): EpisodeShape => ({
  nWay,
  nShot,
  nQuery,
  nOther,
});

describe("a pool", () => {
  it("holds the texts class by class, each once a class, then those of no class", () => {
    expect(poolOf({ a: ["x", "y", "x"], b: ["y"] }, ["z", "x"])).toEqual({
      classes: ["a", "b"],
      texts: ["x", "y", "y", "z", "x"],
      members: [[0, 1], [2]],
      other: [3, 4],
    });
    expect(poolOf({ a: ["x"] })).not.toHaveProperty("other");
    expect(poolOf(JSON.parse('{"__proto__": ["x"]}')).classes).toEqual(["__proto__"]);
  });

  it("knows its texts under two classes", () => {
    const pool = poolOf({ a: ["x", "y"], b: ["y", "z"], c: ["y"] }, ["z"]);
    expect([...textsUnderTwo(pool)]).toEqual([
      ["y", [0, 1, 2]],
      ["z", [1, -1]],
    ]);
  });

  it("made by hand with equal texts in a class counts them once", () => {
    const pool = { classes: ["a"], texts: ["x", "x", "y"], members: [[0, 1, 2]] };
    expect(distinct(pool, [0, 1, 2])).toEqual([0, 2]);
    expect(drawableClasses(pool, shape(1, 1, 1))).toEqual([0]);
    expect(drawableClasses(pool, shape(1, 2, 1))).toEqual([]);
  });
});

describe("checking a pool before training", () => {
  it("passes a pool that is large enough without a word", () => {
    expect(checkPool(plainPool([5, 5, 5]), shape(2, 3, 2, 2), "toy")).toEqual([]);
  });

  it("counts the classes that are too small to be drawn", () => {
    expect(checkPool(plainPool([5, 3, 5, 4]), shape(2, 3, 2), "toy, test")).toEqual([
      "toy, test: 2 of 4 classes not drawn as classes of an episode: class 'c1' has 3 texts; 3-shot with 2 queries needs 5",
    ]);
  });

  it.each<[string, readonly number[], EpisodeShape, string]>([
    ["too few classes", [9, 9], shape(5, 3, 1), "toy: has 2 classes; 5-way 3-shot with 1 query a class needs 5"],
    [
      "classes too small",
      [9, 3, 2, 9],
      shape(3, 3, 2),
      "toy: class 'c2' has 2 texts; 3-shot with 2 queries needs 5; only 2 of 4 classes have as many, 3-way needs 3",
    ],
    [
      "no class outside",
      [9, 9],
      shape(2, 1, 1, 1),
      "toy: has 2 classes; 2-way with 1 other query needs 3, one to stand outside",
    ],
    [
      "too few texts outside",
      [2, 9, 1],
      shape(1, 1, 1, 5),
      "toy: an episode of the 1 largest classes leaves 3 texts outside; 5 other queries need 5",
    ],
  ])("says the numbers when there are %s", (_, sizes, wanted, message) => {
    expect(() => checkPool(plainPool(sizes), wanted, "toy")).toThrow(message);
  });

  it("says when there are too few texts of no class", () => {
    const options = { otherFrom: "set" } as const;
    expect(() => checkPool(plainPool([3, 3], 2), shape(2, 1, 1, 3), "toy", options)).toThrow(
      'toy: has 2 texts of no class; 3 other queries with otherFrom "set" need 3',
    );
    expect(checkPool(plainPool([3, 3], 3), shape(2, 1, 1, 3), "toy", options)).toEqual([]);
    expect(() => checkPool(plainPool([3, 3], 3), shape(2, 1, 1, 3), "toy", { otherFrom: "both" })).toThrow(
      /one to stand outside/,
    );
  });

  it.each([
    [shape(0, 1, 1), "nWay is 0, wanted a whole number from 1"],
    [shape(1, 1.5, 1), "nShot is 1.5, wanted a whole number from 1"],
    [shape(1, 1, Number.NaN), "nQuery is NaN, wanted a whole number from 1"],
    [shape(1, 1, 1, -1), "nOther is -1, wanted a whole number from 0"],
  ])("refuses the shape %j", (wanted, message) => {
    expect(() => checkPool(plainPool([9, 9]), wanted, "toy")).toThrow(`toy: ${message}`);
  });
});
