import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { duration, progress } from "../../lib/core/progress.ts";

/** A stream that keeps what is written, as a terminal of 80 columns or as a file. */
function screen(terminal: boolean): { stream: NodeJS.WriteStream; text(): string } {
  const stream = Object.assign(new PassThrough(), { isTTY: terminal, columns: 80 });
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => String(stream.read() ?? "") };
}

describe("progress", () => {
  it("writes plain lines now and then where there is no terminal", () => {
    const { stream, text } = screen(false);
    const bar = progress("train", { total: 7, stream, plainEvery: 3600 });
    for (let i = 1; i <= 6; i++) bar.update(i, `loss ${i}`);
    bar.log("saved");
    bar.end("done");
    const lines = text().trimEnd().split("\n");
    expect(lines[0]).toMatch(/^train 1\/7 .*step\/s.* left {2}loss 1$/);
    expect(lines[1]).toBe("saved");
    expect(lines[2]).toMatch(/^train 6\/7 .* {2}done$/);
    expect(lines).toHaveLength(3);
  });

  it("draws one line over and over on a terminal, no wider than it", () => {
    const { stream, text } = screen(true);
    const bar = progress("a".repeat(70), { total: 3, stream, unit: "episode" });
    bar.update(3, "b".repeat(70));
    bar.end();
    const written = text();
    expect(written.endsWith("\n")).toBe(true);
    const drawn = written.trimEnd().split("\r\x1b[2K").filter(Boolean);
    expect(drawn.length).toBeGreaterThan(0);
    for (const line of drawn) expect(line.length).toBeLessThan(80);
  });

  it("says nothing when quiet", () => {
    const { stream, text } = screen(true);
    const bar = progress("train", { total: 3, stream, quiet: true });
    bar.update(1);
    bar.log("x");
    bar.end();
    expect(text()).toBe("");
  });

  it("leaves the steps before a resumed run out of the rate", () => {
    const { stream, text } = screen(false);
    progress("train", { total: 1009, stream, start: 1000 }).end();
    expect(text()).toMatch(/^train 1000\/1009 0\.0 step\/s \? left/);
  });

  it.each([
    [0.4, "0 s"],
    [59.6, "1 min 00 s"],
    [185, "3 min 05 s"],
    [3599.7, "1 h 00 min"],
    [7805, "2 h 10 min"],
    [Number.POSITIVE_INFINITY, "?"],
  ])("says %d seconds as %s", (seconds, words) => {
    expect(duration(seconds)).toBe(words);
  });
});
