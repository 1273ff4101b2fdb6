import { describe, expect, it } from "vitest";
import { pairedDifference } from "../../lib/evaluate/paired.ts";
import { eachOf, withDifferences } from "../../lib/studies/against.ts";

describe("differences of a study's rows", () => {
  const [a, b, c] = [
    [0.2, 0.4, 0.6],
    [0.3, 0.7, 0.6],
    [1, 0.8, 1],
  ] as const;

  it("are to the first row with the same values, and the outcomes are gone", () => {
    const rows = withDifferences(
      [
        { data: "one", model: "raw", ...eachOf(a) },
        { data: "two", model: "raw", ...eachOf(c) },
        { data: "one", model: "trained", ...eachOf(b) },
        { data: "one", model: "counted only" },
      ],
      ["data"],
      1,
    );
    const { mean, ci95, p } = pairedDifference(b, a);
    expect(rows[2]).toEqual({ data: "one", model: "trained", difference: mean, differenceCi95: ci95, p });
    expect(rows[0]).toEqual({ data: "one", model: "raw" });
    expect(rows[1]).toEqual({ data: "two", model: "raw" });
    expect(rows[3]).toEqual({ data: "one", model: "counted only" });
  });
});
