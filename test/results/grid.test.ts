import { describe, expect, it } from "vitest";
import { headerLines } from "../../lib/results/grid.ts";

describe("header lines", () => {
  it("join equal labels side by side, but only under equal outer ones, and never the innermost", () => {
    const columns = [
      ["a", "p", "x"],
      ["a", "p", "x"],
      ["a", "q", "x"],
      ["b", "q", "x"],
      ["a", "q", "y"],
    ];
    expect(headerLines(columns)).toEqual([
      [
        { text: "a", span: 3 },
        { text: "b", span: 1 },
        { text: "a", span: 1 },
      ],
      [
        { text: "p", span: 2 },
        { text: "q", span: 1 },
        { text: "q", span: 1 },
        { text: "q", span: 1 },
      ],
      ["x", "x", "x", "x", "y"].map((text) => ({ text, span: 1 })),
    ]);
    expect(headerLines([])).toEqual([]);
  });
});
