import { describe, expect, it } from "vitest";
import { failureOf } from "../../lib/notebook/failure.ts";

// The texts are what tslab 1.0.22 and Deno 2.8.1 sent.
describe("a cell's failure", () => {
  it("is none where the kernel says ok, whatever the cell wrote to stderr", () => {
    expect(failureOf("ok", [], ["TypeError: only printed\n", "3:7 - only printed\n"], 1)).toBeUndefined();
  });

  it("is the first error of types, with its line", () => {
    const stderr = [
      "a warning\n",
      "3:7 - Type 'number' is not assignable to type 'string'.\n",
      "5:1 - Cannot find name 'y'.\n",
    ];
    expect(failureOf("error", [], stderr, 2)).toEqual({
      message: "Type 'number' is not assignable to type 'string'.",
      line: 3,
      details: "3:7 - Type 'number' is not assignable to type 'string'.\n5:1 - Cannot find name 'y'.",
    });
    const other = failureOf("error", [], ["tools.ts 9:1 - Cannot find name 'y'.\n"], 2);
    expect(other).toMatchObject({ message: "tools.ts: Cannot find name 'y'." });
    expect(other).not.toHaveProperty("line");
  });

  it("is what was thrown last, with the line of this cell that is nearest to it", () => {
    const stack =
      "TypeError: x is not a function\n    at f (cell 2, line 4)\n    at cell 3, line 8\n    at cell 3, line 9\n";
    expect(failureOf("error", [], ["before\n", stack], 3)).toEqual({
      message: "TypeError: x is not a function",
      line: 8,
      details: stack.trim(),
    });
    expect(failureOf("error", [], ["text\n"], 3)).toEqual({ message: "text", details: "text" });
    expect(failureOf("abort", [], [], 3)).toEqual({ message: `the kernel's reply is "abort"`, details: "" });
  });

  it("is also an error that no cell awaits", () => {
    const text = "UnhandledPromiseRejection: TypeError: lost\n    at cell 1, line 2\n";
    expect(failureOf("ok", [], [text], 1)).toMatchObject({
      message: "TypeError: lost, which no cell awaited",
      line: 2,
    });
  });

  it("is the error that Deno sends", () => {
    const traceback = ["Stack trace:", "TypeError: a\nb", "    at f (<anonymous>:3:14)"];
    expect(
      failureOf("error", [{ output_type: "error", ename: "TypeError", evalue: "a\nb", traceback }], [], 1),
    ).toEqual({
      message: "TypeError: a",
      details: traceback.join("\n"),
    });
  });
});
