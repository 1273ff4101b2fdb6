import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { BenchResult } from "../../lib/bench/results.ts";
import { useCli } from "../cli/child.ts";

const cli = useCli();
const tiny = ["--models", "tiny", "--data", "data/intents/en", "--quick", "--threads", "1"];

describe("bench", () => {
  it("measures every part of the kit without a Python, and writes rows as it goes, a table and what it ran on", async () => {
    const args = ["bench", ...tiny, "--steps", "2", "--out", cli.path("out"), "--work", cli.path("work")];
    const { lines, notes } = (await cli.json(args)) as unknown as BenchResult;
    expect([...new Set(lines.map((l) => l.part))]).toEqual(["step", "step, [CLS]", "encode", "evaluate", "start-up"]);
    for (const { figure, kit } of lines) expect(kit!.median, figure).toBeGreaterThan(0);
    expect(lines.find((l) => l.side === "bare onnxruntime matmul")!.peer!.median).toBeGreaterThan(0);
    expect(notes.join("\n")).toContain("tfjs wasm (step): cannot train: kernel UnsortedSegmentSum is missing");
    const read = (name: string): string => readFileSync(cli.path(`out/${name}`), "utf8");
    const rows = read("rows.jsonl").trimEnd().split("\n");
    expect(rows).toHaveLength(lines.length + 1); // the matmul's value shares a line with the kit's
    expect(JSON.parse(rows[0]!)).toMatchObject({ part: "step", model: "tiny-bert", side: "kit", round: 1, unit: "ms" });
    expect(read("table.md")).toContain("| encode | tiny-bert | data/intents/en | time for 200 texts | s |");
    expect(read("rows.csv").split("\n")[0]).toMatch(/^part,model,data,figure,unit,kit,/);
    expect(JSON.parse(read("run.json"))).toMatchObject({ python: null, options: { threads: 1, models: ["tiny"] } });
  }, 60_000);

  it("measures a growth curve and draws it", async () => {
    const out = cli.path("growth");
    const args = ["bench", "growth", ...tiny, "--steps", "2", "--only", "length", "--out", out];
    const { lines } = (await cli.json([...args, "--work", cli.path("work")])) as unknown as BenchResult;
    expect(lines.filter((l) => l.unit === "ms").map((l) => [l.part, l.data, l.x])).toEqual([
      ["length", "random tokens", 8],
      ["length", "random tokens", 16],
    ]);
    expect(existsSync(`${out}/figures/length.png`)).toBe(true);
  }, 60_000);

  it("is void, with exit code 1 and the reason, where a peer's losses are others", async () => {
    // A Python that answers with a loss of 42 stands in for a peer that does other work.
    const python = cli.path("python");
    const answer = JSON.stringify({ losses: [42, 42, 42], ms: [1, 1, 1], memoryMB: 1 });
    writeFileSync(python, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
    const args = ["bench", ...tiny, "--only", "step", "--python", python, "--out", cli.path("void")];
    const { code, stderr } = await cli.run([...args, "--work", cli.path("work")]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/bench: this bench is void: at step 1 the kit's loss is [\d.]+ and that of PyTorch 42/);
  }, 60_000);

  it("says by name what it does not know, and what a Python lacks", async () => {
    for (const [args, wanted] of [
      [["--only", "step,sleep"], /--only has 'sleep', wanted some of step, step-cls, encode, evaluate and start-up/],
      [["decline"], /no bench 'decline'; wanted growth, or nothing/],
      [
        ["--python", cli.path("no-python")],
        /no-python: wanted a Python with torch, transformers, sentence-transformers/,
      ],
    ] as const) {
      const { code, stderr } = await cli.run(["bench", ...args, "--work", cli.path("work")]);
      expect(code).toBe(2);
      expect(stderr).toMatch(wanted);
    }
  });
});
