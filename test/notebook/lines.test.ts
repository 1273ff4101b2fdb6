import ts from "typescript";
import { describe, expect, it } from "vitest";
import { alignLines } from "../../lib/notebook/lines.ts";

/** The source line of the compiled line that holds the text, both as they stand. */
function traced(source: string, text: string): string | undefined {
  const compiled = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, removeComments: true },
  }).outputText;
  const rows = compiled.split("\n");
  const at = rows.findIndex((row) => row.includes(text));
  expect(at, compiled).toBeGreaterThanOrEqual(0);
  return source.split("\n")[alignLines(source, compiled)[at]! - 1];
}

const source = `// A comment, and a blank line.

import { readFileSync, existsSync } from "node:fs";
interface Wide {
  /** Its name. */
  name: string;
}

export const total: number = 3;
export function widen(v: Wide | undefined): string {
  // The same call twice.
  const first = readFileSync(v!.name, "utf8");

  const second = readFileSync(v!.name, "utf8");
  return first + second;
}
type Rest = Omit<Wide, "name">;
export const found = existsSync("nowhere") as boolean;
const rest: Rest = {
  a: 1,
  b: [total, found],
};
throw new TypeError("lost " + JSON.stringify(rest));
`;

describe("a compiled line", () => {
  it.each([
    "const first",
    "const second",
    "return first",
    "total = 3",
    'existsSync)("nowhere")',
    "b: [",
    "throw new TypeError",
  ])("comes from the line of the source with its words: %s", (text) => {
    const word = text.replace(/existsSync\)/, "existsSync").replace("total = 3", "total: number = 3");
    expect(traced(source, text)).toContain(word);
  });

  it("of the compiler's own comes from the line before, or the first", () => {
    expect(alignLines("let x = 1;\nlet y = 2;", "extra.words.here;\nlet x = 1;\nexports.x = x;\nlet y = 2;")).toEqual([
      1, 1, 1, 2,
    ]);
    expect(alignLines("", "a();")).toEqual([1]);
  });
});
