import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { TOLERANCES } from "../../lib/bench/device-steps.ts";
import { vulkanDrivers, worded } from "../../lib/bench/gpu-name.ts";
import { kernelTimes, readProfile } from "../../lib/bench/gpu-profile.ts";
import { runLines } from "../../lib/bench/lines.ts";
import type { BenchResult } from "../../lib/bench/results.ts";
import type { PointsTask } from "../../lib/bench/tasks.ts";
import { float32 } from "../../lib/core/tensor.ts";
import { compiledExecutor } from "../../lib/executor/compiled.ts";
import { useCli } from "../cli/child.ts";
import { noWebgpu, webgpuEnvironment } from "../webgpu.ts";

const reason = await noWebgpu();
const because = reason ? ` (${reason})` : "";
const cli = useCli();
const tiny = ["--models", "tiny", "--data", "data/intents/en", "--quick", "--steps", "2", "--threads", "1"];

interface Losses {
  readonly losses: readonly number[];
}

/** A Python that says it has CUDA, and answers a task of points with these losses at each of them. */
function python(name: string, losses: readonly number[]): string {
  const path = cli.path(name);
  const versions = '{"python": "3", "torch": "2", "gpu": "Some GPU"}';
  const lines = Array.from({ length: 3 }, (_, point) => JSON.stringify({ point, losses, ms: [4, 4] }));
  const answer = lines.map((line) => `echo '${line}'`).join("; ");
  writeFileSync(path, `#!/bin/sh\nif [ "$1" = -c ]; then echo '${versions}'; else ${answer}; fi\n`, { mode: 0o755 });
  return path;
}

describe("a profile of onnxruntime", () => {
  const run = (...kernels: number[]) => [
    { cat: "Session", name: "model_run", dur: 90_000 },
    ...kernels.map((dur) => ({ cat: "Api", name: "MatMul", dur })),
    { cat: "Node", name: "MatMul_kernel_time", dur: 70_000 },
  ];
  const loading = { cat: "Session", name: "model_loading_array", dur: 5000 };

  it("gives the kernels' time of each run in milliseconds, without what the CPU took to send them off", () => {
    // Kernels stand behind the runs, as onnxruntime writes them, or between them.
    const events = [loading, ...run(1500, 250), ...run(70, 30), ...run(900, 11)];
    const behind = [...events.filter((e) => e.cat !== "Api"), ...events.filter((e) => e.cat === "Api")];
    const rounded = (all: typeof events): number[] => kernelTimes(all).map((ms) => Number(ms.toFixed(6)));
    for (const order of [events, behind]) expect(rounded(order)).toEqual([1.75, 0.1, 0.911]);
    expect(rounded([...run(500, 100), ...run(300)])).toEqual([0.45, 0.45]); // not as many in each: the mean
    expect(kernelTimes([loading, ...run()])).toEqual([]);
  });

  it("is read by how its path begins, the median of its runs; there is none where the GPU timed nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "profile-"));
    const write = (name: string, content: unknown): void => writeFileSync(join(folder, name), JSON.stringify(content));
    write("a-1_now.json", [loading, ...run(9000), ...run(200)]);
    write("a-2_now.json", run(300));
    write("ab-1_now.json", run());
    expect(await readProfile(join(folder, "a"))).toBeCloseTo(0.3, 12);
    expect(await readProfile(join(folder, "ab"))).toBeUndefined();
    rmSync(folder, { recursive: true });
  });

  it.skipIf(reason)(`has kernels of a real run on WebGPU, in less time than the run took${because}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "profile-"));
    const executor = compiledExecutor({ provider: "webgpu", threads: 1, profile: join(folder, "p") });
    const program = executor.program(({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D) }));
    const start = performance.now();
    for (let run = 0; run < 3; run++) await program.run({ x: float32(new Float32Array(127 * 127), [127, 127]) });
    const ms = performance.now() - start;
    await program.dispose();
    const kernelMs = await readProfile(join(folder, "p"));
    expect(kernelMs).toBeGreaterThan(0);
    expect(3 * (kernelMs as number)).toBeLessThan(ms);
    rmSync(folder, { recursive: true });
  });
});

describe("the GPU's name", () => {
  const maps = ["/lib/libvulkan.so.1.4", "/a/libvulkan_lvp.so", "/b/libGLX_nvidia.so.580.1", "/a/libvulkan_lvp.so"]
    .map((path) => `7f-7f r--p 0 0:1 2 ${path}`)
    .join("\n");

  it("says which Vulkan driver is loaded, and not the loader", () => {
    expect(vulkanDrivers(maps)).toEqual(["libGLX_nvidia.so.580.1", "libvulkan_lvp.so"]);
  });

  it("is not that of a GPU which a software renderer stands beside", () => {
    expect(worded("webgpu", "NVIDIA X, driver 580", ["libGLX_nvidia.so.580.1"])).toMatch(
      /^NVIDIA X, driver 580 by lib/,
    );
    expect(worded("webgpu", "NVIDIA X", ["libvulkan_lvp.so"])).toBe(
      "WebGPU by libvulkan_lvp.so, which is not of NVIDIA X",
    );
    expect(worded("webgpu", "", [])).toBe("WebGPU, no NVIDIA driver answers");
    expect(worded("cuda", "NVIDIA X, driver 580", [])).toBe("NVIDIA X, driver 580");
  });
});

describe("a process that answers line by line", () => {
  it("gives what it said before it crashed, or before its time was over", async () => {
    const task = { kind: "points", threads: 1 } as unknown as PointsTask;
    const run = (script: string, seconds?: number) =>
      runLines(["sh", "-c", script], task, { folder: cli.path("lines"), ...(seconds !== undefined && { seconds }) });
    expect(await run("echo noise; echo '{\"point\":0}'; echo '{NaN'; echo alas >&2; exit 3")).toEqual({
      lines: [{ point: 0 }],
      fault: "ended with code 3: alas",
    });
    const late = await run("echo '{\"point\":0}'; exec sleep 20", 0.5);
    expect(late).toEqual({ lines: [{ point: 0 }], fault: "ended after 1 s, its share of the time" });
  });
});

describe("bench --device", () => {
  const args = (out: string): string[] => ["bench", ...tiny, "--out", cli.path(out), "--work", cli.path("work")];

  it("measures parity, steps and encoding, and says what it ran on", async () => {
    const { lines, notes } = (await cli.json([...args("cpu"), "--device", "cpu"])) as unknown as BenchResult;
    expect([...new Set(lines.map((l) => l.part))]).toEqual(["parity", "step", "encode"]);
    const parity = lines.find((l) => l.part === "parity");
    expect(parity).toMatchObject({ figure: "largest difference of 3 losses from the CPU's", kit: { median: 0 } });
    expect(lines.filter((l) => l.figure === "time of a step").map((l) => l.x)).toEqual([6]);
    for (const { part, kit } of lines.filter((l) => l.part !== "parity")) expect(kit!.median, part).toBeGreaterThan(0);
    expect(notes).toEqual([]);
    const table = readFileSync(cli.path("cpu/table.md"), "utf8");
    expect(table).toMatch(/^GPU: none is used.*\. The kit's device is cpu, in float32/m);
    expect(table).toContain(`${TOLERANCES.bf16} with bf16`);
    const run = JSON.parse(readFileSync(cli.path("cpu/run.json"), "utf8")) as Record<string, unknown>;
    expect(run).toMatchObject({ device: "cpu", packed: null, python: null, options: { models: ["tiny"] } });
  }, 60_000);

  it.skipIf(reason)(
    `on WebGPU tells kernels, transfers and bytes apart, beside the CPU and a PyTorch of the same losses${because}`,
    async () => {
      const env = webgpuEnvironment();
      const options = ["--device", "webgpu", "--only", "step"];
      const first = (await cli.json([...args("gpu"), ...options], { env })) as unknown as BenchResult;
      const at = (figure: string) => first.lines.filter((l) => l.figure === figure && l.x === 6);
      const kernels = at("kernels on the GPU")[0]!.kit!.median;
      const step = at("time of a step")[0]!.kit!.median;
      expect(kernels).toBeGreaterThan(0);
      expect(at("transfers, dispatch and waiting")[0]!.kit!.median).toBeCloseTo(Math.max(0, step - kernels), 6);
      expect(at("up to the GPU in a step")[0]!.kit!.median).toBeGreaterThan(0.1);
      expect(at("down in a step")[0]!.kit!.median).toBeCloseTo((4 * 3) / 1000, 9); // loss, accuracy, norm
      const sides = first.lines.filter((l) => l.figure === "time of a step").map((l) => [l.x, l.side]);
      expect(sides).toContainEqual([6, "kit, cpu"]);
      expect(first.notes.join("\n")).toContain("--python PATH names a Python that has it");
      expect(readFileSync(cli.path("gpu/table.md"), "utf8")).toMatch(
        /^GPU: (NVIDIA|WebGPU by lib.*, no NVIDIA driver)/m,
      );
    },
    300_000,
  );

  it("is void at its end, with everything written, where PyTorch's losses are others", async () => {
    const options = ["--device", "cpu", "--only", "step", "--python", python("other", [42, 42])];
    const { code, stderr } = await cli.run([...args("void"), ...options]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/this bench is void: tiny-bert, 6 sentences: .* that of PyTorch CUDA, TF32 42/);
    expect(readFileSync(cli.path("void/table.md"), "utf8")).not.toContain("| PyTorch CUDA");
    const rows = readFileSync(cli.path("void/rows.jsonl"), "utf8").trimEnd().split("\n");
    const theirs = rows
      .map((r) => JSON.parse(r) as { side: string; void?: true })
      .filter((r) => /PyTorch/.test(r.side));
    expect(theirs.map((r) => r.side)).toContain("PyTorch CUDA, bf16");
    expect(theirs.every((r) => r.void)).toBe(true);
  }, 60_000);

  it("stands beside a PyTorch of the same losses, and goes on without one that has no CUDA", async () => {
    const step = ["--device", "cpu", "--only", "step"];
    const alone = (await cli.json([...args("alone"), ...step, "--python", "sh"])) as unknown as BenchResult;
    expect(alone.notes.join("\n")).toMatch(/PyTorch with CUDA was not measured: --python sh: wanted a Python with/);
    const rows = readFileSync(cli.path("alone/rows.jsonl"), "utf8");
    expect(rows).not.toContain("PyTorch");
    const { losses } = JSON.parse((await cli.run(["bench", "--task", cli.path("work/task.json")])).stdout) as Losses;
    const beside = [...step, "--python", python("same", losses)];
    const { lines } = (await cli.json([...args("beside"), ...beside])) as unknown as BenchResult;
    const sides = lines.filter((l) => l.figure === "time of a step").map((l) => [l.side, l.peer?.median]);
    expect(sides).toEqual([
      ["PyTorch CUDA", 4],
      ["PyTorch CUDA, TF32", 4],
      ["PyTorch CUDA, bf16", 4],
    ]);
  }, 60_000);

  it("begins nothing when its time is over, and says so", async () => {
    const options = ["--device", "cpu", "--only", "step", "--seconds", "1"];
    const { notes } = (await cli.json([...args("late"), ...options])) as unknown as BenchResult;
    expect(notes.join("\n")).toMatch(/kit \(step, tiny-bert\): (ended after|not begun)/);
    expect(existsSync(cli.path("late/table.md"))).toBe(true);
  }, 60_000);

  it("says what does not go with it, and which device does not work", async () => {
    for (const [given, wanted] of [
      [["growth", "--device", "cpu"], /growth is made on the CPU; --device has its own curve/],
      [["--seconds", "5"], /--seconds goes with --device/],
      [["--device", "cpu", "--only", "evaluate"], /--only has 'evaluate', wanted some of parity, step and encode/],
      [["--device", "webgpu"], /device webgpu: no GPU was found: .*; `doctor` lists what works here/],
    ] as const) {
      const env = { VK_ICD_FILENAMES: "no-driver.json", VK_DRIVER_FILES: "no-driver.json" };
      const rest = ["--out", cli.path("no"), "--work", cli.path("work")];
      const { code, stderr } = await cli.run(["bench", ...given, ...rest], { env });
      expect(stderr).toMatch(wanted);
      expect(code).toBe(2);
    }
  });
});
