import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type LogLine, openLog } from "../../lib/train/log.ts";
import { temporaryFolder } from "./folder.ts";

function stepLine(step: number): LogLine {
  return { step, loss: 1 / step, lr: 0.1, gradNorm: 3, seconds: 0.5 };
}

const lines: LogLine[] = [stepLine(1), stepLine(2), { step: 2, dev: { loss: 0.5 } }, stepLine(3), stepLine(4)];
const text = lines.map((line) => `${JSON.stringify(line)}\n`);

describe("the log", () => {
  it("has one JSON line a step and an evaluation", async () => {
    const file = join(temporaryFolder(), "run", "log.jsonl");
    const log = await openLog(file, 0);
    for (const line of lines) await log.append(line);
    await log.flush();
    expect(readFileSync(file, "utf8")).toBe(text.join(""));
    expect(log.lines).toEqual(lines);
    await log.close();
  });

  it("is cut back to the step it is resumed from, and goes on there", async () => {
    const file = join(temporaryFolder(), "log.jsonl");
    writeFileSync(file, text.join(""));
    const log = await openLog(file, 2);
    expect(log.lines).toEqual(lines.slice(0, 3));
    await log.append(stepLine(3));
    await log.close();
    expect(readFileSync(file, "utf8")).toBe(text.slice(0, 4).join(""));
  });

  it("loses a torn last line, wherever it is torn", async () => {
    const file = join(temporaryFolder(), "log.jsonl");
    for (let cut = 0; cut < text[4]!.length; cut++) {
      writeFileSync(file, text.slice(0, 4).join("") + text[4]!.slice(0, cut));
      const log = await openLog(file, 4);
      await log.close();
      expect(log.lines).toEqual(lines.slice(0, 4));
      expect(readFileSync(file, "utf8")).toBe(text.slice(0, 4).join(""));
    }
  });

  it("is empty for a new run, whatever was there", async () => {
    const file = join(temporaryFolder(), "log.jsonl");
    writeFileSync(file, text.join(""));
    await (await openLog(file, 0)).close();
    expect(readFileSync(file, "utf8")).toBe("");
  });

  it("reads NaN back, which JSON writes as null", async () => {
    const file = join(temporaryFolder(), "log.jsonl");
    const log = await openLog(file, 0);
    await log.append({ step: 1, dev: { loss: Number.NaN } });
    await log.close();
    const again = await openLog(file, 1);
    await again.close();
    expect(again.lines).toEqual([{ step: 1, dev: { loss: Number.NaN } }]);
  });

  it("is refused, by file and line, where a whole line is something else", async () => {
    const file = join(temporaryFolder(), "log.jsonl");
    writeFileSync(file, `${text[0]}{"loss": 1}\n`);
    await expect(openLog(file, 1)).rejects.toThrow(`${file}:2: the line of the log has no number 'step'`);
    writeFileSync(file, `${text[0]}${text[1]}x\n`);
    await expect(openLog(file, 2)).rejects.toThrow(`${file}:3: the line of the log is not JSON`);
  });
});
