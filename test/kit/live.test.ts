import { describe, expect, it } from "vitest";
import { progress } from "../../lib/core/progress.ts";
import { cellStream } from "../../lib/kit/live.ts";
import { overwritten } from "../../lib/notebook/outputs.ts";

/** What a cell shows after each write. */
function screens(draw: (stream: NodeJS.WriteStream) => void): string[] {
  let text = "";
  const seen: string[] = [];
  const stream = cellStream({
    kernel: "tslab",
    send: async () => {},
    write(part) {
      text += part;
      seen.push(overwritten(text));
    },
  });
  draw(stream!);
  return seen;
}

describe("progress in a cell", () => {
  it("is one line, drawn over and over, and nothing at the end", () => {
    const seen = screens((stream) => {
      const bar = progress("train", { total: 7, stream });
      bar.update(3, "a long note about the loss");
      bar.log("step 3: dev loss 0.5");
      bar.end("x");
    });
    expect(seen.length).toBeGreaterThan(3);
    expect(seen[0]).toMatch(/^train .* 3\/7 .* a long note about the loss *$/);
    expect(seen.at(-2)).toMatch(/^train .* 3\/7 .* x *$/);
    expect(seen.at(-1)!.trim()).toBe("");
    expect(seen.every((text) => !text.includes("\n") && !text.includes("\u001b") && !text.includes("dev"))).toBe(true);
  });

  it("is not there outside of notebooks", () => {
    expect(cellStream()).toBeUndefined();
  });
});
