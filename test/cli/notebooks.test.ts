import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseNotebook } from "../../lib/notebook/format.ts";
import { runStamp, staleness } from "../../lib/notebook/stale.ts";
import { notebookFolder, writeNotebook } from "../notebook/notebooks.ts";
import { useCli } from "./child.ts";

const cli = useCli();
let folder = "";
beforeAll(() => {
  folder = notebookFolder();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (path: string): string => readFileSync(path, "utf8");

/** The processes of this test's kernels. */
async function kernels(): Promise<string[]> {
  const script = join(dirname(cli.script), "..", "notebook", "tslab-kernel.js");
  const { stdout } = await promisify(execFile)("ps", ["-eo", "pid=,args="], { maxBuffer: 2 ** 24 });
  return stdout.split("\n").filter((row) => row.includes(script));
}

describe("notebooks", () => {
  it("writes outputs into a notebook that ran, and leaves one that failed as it was", async () => {
    const good = writeNotebook(
      folder,
      "good",
      'import { HEADS } from "bert-few-shot";\nconsole.log(HEADS.length, process.env.BERT_FEW_SHOT_QUICK);',
      "console.log(HEADS[0]);",
    );
    const bad = writeNotebook(folder, "bad", "const x = 1;", "\n// why\nconst y: string = x;");
    const before = read(bad);
    const { code, stdout, stderr } = await cli.run(["notebooks", "--quick", bad, join(folder, "good")]);
    expect(code, stderr).toBe(1);
    expect(stdout).toBe("");
    const lines = stderr.trimEnd().split("\n");
    expect(lines[0]).toMatch(/^bad\.ipynb, cell 1\/2, \d+\.\d s: const x = 1;$/);
    expect(lines[1]).toMatch(/^bad\.ipynb, cell 2\/2, \d+\.\d s: \/\/ why$/);
    expect(lines.slice(2, 5)).toEqual([
      `${bad}: cell 2 of 2 failed: Type 'number' is not assignable to type 'string'.`,
      "  line 3: const y: string = x;",
      "  | 3:7 - Type 'number' is not assignable to type 'string'.",
    ]);
    expect(lines[6]).toMatch(/^good\.ipynb, cell 2\/2, \d+\.\d s: console\.log\(HEADS\[0\]\);$/);
    expect(lines[7]).toBe(`bert-few-shot notebooks: 1 of 2 notebooks failed: ${bad} (cell 2)`);
    expect(lines).toHaveLength(8);
    expect(read(bad)).toBe(before);
    const ran = parseNotebook(read(good), good);
    expect(staleness(ran)).toBeUndefined();
    expect(runStamp(ran)).toMatchObject({ kernel: "tslab", quick: true });
    expect(ran.cells[1]).toMatchObject({
      execution_count: 1,
      outputs: [{ output_type: "stream", name: "stdout", text: "3 1\n" }],
    });
  }, 120_000);

  it("writes nothing with --check, and copies with --out", async () => {
    const path = writeNotebook(folder, "checked", "1 + 2");
    const before = read(path);
    const check = await cli.run(["notebooks", "--check", path]);
    expect(check.code, check.stderr).toBe(0);
    expect(check.stdout).toMatch(/^1 notebook, 1 cell: all ran with tslab 1\.0\.22 in \d+ s\n$/);
    expect(read(path)).toBe(before);
    const endless = writeNotebook(folder, "endless", 'console.log("so far");', "for (;;) {}");
    const exits = writeNotebook(folder, "exits", "process.exit(7);");
    const out = join(folder, "out");
    const { code, stderr } = await cli.run(["notebooks", "--timeout", "6", "--out", out, endless, exits, path]);
    expect(code, stderr).toBe(1);
    expect(stderr).toContain(`${endless}: cell 2 of 2 failed: no end after 6 s\n  it begins: for (;;) {}\n`);
    expect(stderr).toContain(`${exits}: cell 1 of 1 failed: the tslab kernel ended with exit code 7\n`);
    expect(stderr).toContain(`2 of 3 notebooks failed: ${endless} (cell 2), ${exits} (cell 1)\n`);
    expect(read(path)).toBe(before);
    expect(read(join(out, "checked.ipynb"))).toContain('"3\\n"');
    expect(read(join(out, "endless.ipynb"))).toContain('"so far\\n"');
    expect(await kernels()).toEqual([]);
  }, 120_000);

  it("ends its kernel on Ctrl-C, exits with 130 and leaves the notebook as it was", async () => {
    const path = writeNotebook(folder, "waits", "console.log(1);", `await new Promise((r) => setTimeout(r, 60_000));`);
    const before = read(path);
    let started: string[] = [];
    const { code, stderr } = await cli.run(["notebooks", path], {
      started: (child) => {
        child.stderr!.on("data", async (text: string) => {
          if (!text.includes("cell 1/2")) return;
          await wait(300);
          started = await kernels();
          for (let i = 0; i < 2; i++) child.kill("SIGINT"); // as npm does
        });
      },
    });
    expect(code, stderr).toBe(130);
    expect(stderr).toContain("\nending the kernel\n");
    expect(stderr).toContain("bert-few-shot notebooks: interrupted; the notebook that ran is as it was\n");
    expect(read(path)).toBe(before);
    expect(started).toHaveLength(1);
    expect(await kernels()).toEqual([]);
  }, 120_000);

  it("says what is wrong with its arguments", async () => {
    const twice = join(folder, "twice");
    mkdirSync(twice);
    const [a, b] = [writeNotebook(folder, "same", "1"), writeNotebook(twice, "same", "1")];
    const cases: [string[], RegExp][] = [
      [["--check", "--out", "x"], /--check writes nothing, and --out says where to/],
      [["nothing-of-this-name"], /no notebook 'nothing-of-this-name'/],
      [["--timeout", "0"], /--timeout is '0', wanted a number of at least 1/],
      [["--out", join(folder, "o"), a, b], /two of the notebooks have the same name/],
      [["--kernel", "python"], /--kernel is 'python', wanted tslab, deno/],
    ];
    for (const [args, message] of cases) {
      const { code, stderr } = await cli.run(["notebooks", ...args]);
      expect(stderr).toMatch(message);
      expect(code, stderr).toBe(2);
    }
    const { stdout } = await cli.run(["notebooks", "--help"]);
    expect(stdout).toContain("BERT_FEW_SHOT_QUICK=1");
  }, 60_000);
});

describe("kernels", () => {
  it("writes a kernel's spec, and says where it is and how to remove it", async () => {
    const prefix = join(folder, "prefix");
    const { code, stdout, stderr } = await cli.run(["kernels", "--kernel", "tslab", "--prefix", prefix]);
    expect(code, stderr).toBe(0);
    const file = join(prefix, "share", "jupyter", "kernels", "bert-few-shot-tslab", "kernel.json");
    expect(stdout).toContain(`TypeScript (tslab, bert-few-shot), tslab 1.0.22: ${file}\n`);
    expect(stdout).toContain("jupyter kernelspec remove bert-few-shot-tslab");
    const { argv } = JSON.parse(read(file)) as { argv: string[] };
    expect(argv[0]).toBe(process.execPath);
    expect(argv[2]).toBe("{connection_file}");
    expect(read(argv[1]!)).toContain("startKernel");
  });

  it("names a Deno that does not run", async () => {
    const args = ["kernels", "--kernel", "deno", "--prefix", join(folder, "prefix")];
    const { code, stderr } = await cli.run(args, { env: { DENO: join(folder, "nowhere") } });
    expect(code).toBe(2);
    expect(stderr).toContain(`DENO is ${join(folder, "nowhere")}: cannot run it`);
  });
});
