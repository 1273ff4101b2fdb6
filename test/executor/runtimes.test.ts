/** The compiled executor under Node and Deno, on the CPU and through WebGPU: alone, and in the kernels of notebooks. */
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findDeno, GET_DENO } from "../../lib/notebook/deno.ts";
import { findKernel } from "../../lib/notebook/kernels.ts";
import { runNotebook } from "../../lib/notebook/run.ts";
import { transpile } from "../built.ts";
import { notebookFolder, writeNotebook } from "../notebook/notebooks.ts";
import { noWebgpu } from "../webgpu.ts";

const noGpu = await noWebgpu();
const deno = await findDeno(process.cwd());
const noDeno = deno ? undefined : GET_DENO;
const missing = (...reasons: (string | undefined)[]): string | undefined => reasons.find((r) => r !== undefined);
const title = (name: string, why?: string): string => name + (why ? ` (${why})` : "");

interface Outcome {
  readonly executor: string;
  readonly losses: readonly number[];
  readonly vectors: readonly number[];
}

let [child, kernel] = [
  { folder: "", script: "" },
  { folder: "", script: "" },
];
let folder = "";
let onNode: Outcome;
beforeAll(() => {
  child = transpile("test/executor/train-child.ts");
  kernel = transpile("lib/notebook/tslab-kernel.ts");
  folder = notebookFolder();
  onNode = outcome(process.execPath, [], "cpu");
}, 60_000);
afterAll(() => {
  for (const path of [child.folder, kernel.folder, folder]) rmSync(path, { recursive: true, force: true });
});

function outcome(program: string, args: readonly string[], device: string): Outcome {
  return JSON.parse(execFileSync(program, [...args, child.script, device], { encoding: "utf8" })) as Outcome;
}

function expectLike(found: readonly number[], wanted: readonly number[], within: number): void {
  expect(found.length).toBe(wanted.length);
  expect(Math.max(...found.map((x, i) => Math.abs(x - (wanted[i] as number))))).toBeLessThan(within);
}

const runtimes = [
  { name: "Node", device: "webgpu", why: noGpu },
  { name: "Deno", device: "cpu", why: noDeno },
  { name: "Deno", device: "webgpu", why: missing(noDeno, noGpu) },
];

describe.each(runtimes)("training and encoding on $device under $name", ({ name, device, why }) => {
  it.skipIf(why)(title("give what the CPU gives under Node", why), { timeout: 600_000 }, () => {
    const flags = ["run", "-A", "--node-modules-dir=manual", "--no-lock"];
    const found =
      name === "Node" ? outcome(process.execPath, [], device) : outcome(deno?.path as string, flags, device);
    expect(found.executor).toBe(`compiled ${device}`);
    expect(onNode.losses.length).toBe(5);
    expectLike(found.losses, onNode.losses, 1e-4);
    expectLike(found.vectors, onNode.vectors, 1e-2);
  });
});

const CELLS = [
  'import { embed, loadEncoder, loadIntents, prototypical, train } from "bert-few-shot";',
  'const model = prototypical(await loadEncoder("test/fixtures/encoder/tiny-zh"));',
  'const set = { ...(await loadIntents("data/intents/zh")), dev: {} };',
  "const run = await train(model, set, { steps: 5, lr: 1e-4, nWay: 3, nShot: 2, nQuery: 1, seed: 7 });",
  'console.log(JSON.stringify([run.executor.name, ...run.result.history.flatMap((l) => ("loss" in l ? [l.loss] : []))]));',
];

describe.each(["tslab", "deno"] as const)("a notebook under %s", (name) => {
  const why = missing(name === "deno" ? noDeno : undefined, noGpu);
  it.skipIf(why)(
    title("moves to the GPU as a whole when $FEWSHOT_DEVICE says so", why),
    { timeout: 600_000 },
    async () => {
      const path = writeNotebook(
        folder,
        `device-${name}`,
        ["process.chdir(process.cwd().replace(/[\\\\/]\\.cache.*$/, ''));", ...CELLS].join("\n"),
      );
      process.env.FEWSHOT_DEVICE = "webgpu";
      try {
        const run = await runNotebook(path, await findKernel(name, kernel.script, process.cwd()), { timeout: 200 });
        expect(run.failure?.message).toBeUndefined();
        const said = JSON.stringify(run.notebook.cells);
        expect(said).toContain("compiled webgpu");
        const [, ...losses] = JSON.parse(
          /\["compiled webgpu".*?\]/.exec(said.replaceAll("\\", ""))?.[0] as string,
        ) as number[];
        expectLike(losses, onNode.losses, 1e-4);
      } finally {
        delete process.env.FEWSHOT_DEVICE;
      }
    },
  );
});
