import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { float32 } from "../../lib/core/tensor.ts";
import { availableExecutors } from "../../lib/executor/available.ts";
import { cudaFaults, cudaInstalled, GET_CUDA } from "../../lib/executor/cuda.ts";
import { DEVICE, DEVICES, defaultDevice, executorOf, openDevice } from "../../lib/executor/device.ts";
import { eagerExecutor } from "../../lib/executor/eager.ts";

const before = { device: process.env[DEVICE], path: process.env.LD_LIBRARY_PATH };
afterEach(() => {
  for (const [name, value] of [
    [DEVICE, before.device],
    ["LD_LIBRARY_PATH", before.path],
  ] as const) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

describe("a device by name", () => {
  it.each([
    ["cpu", "compiled cpu"],
    ["eager", "eager cpu"],
  ] as const)("%s is the executor %s", async (device, name) => {
    const { executor, ...rest } = await openDevice(device, { threads: 1 });
    expect(executor.name).toBe(name);
    expect(rest).toEqual({ device, why: "as it was asked for" });
    const program = executor.program(({ x }) => ({ y: (x as NonNullable<typeof x>).mul(2) }));
    expect((await program.run({ x: float32([3, 5], [2]) })).y?.data).toEqual(Float32Array.from([6, 10]));
    await program.dispose();
  });

  it.skipIf(cudaInstalled())("that is not installed says what is wanted", async () => {
    const refused = openDevice("cuda");
    await expect(refused).rejects.toThrow(
      /^device cuda: the (provider is not installed: ONNX|CUDA provider is made for)/,
    );
    await expect(refused).rejects.toThrow("`doctor` lists what works here");
  });

  it("comes from the environment where a call names none, and the run's executor before that", async () => {
    delete process.env[DEVICE];
    expect(defaultDevice()).toBe("cpu");
    process.env[DEVICE] = "eager";
    expect(defaultDevice()).toBe("eager");
    expect((await executorOf({})).name).toBe("eager cpu");
    expect((await executorOf({ device: "cpu" })).name).toBe("compiled cpu");
    const own = eagerExecutor();
    expect(await executorOf({}, own)).toBe(own);
    expect(await executorOf({ executor: own, device: "cpu" })).toBe(own);
    expect((await executorOf({ device: "cpu" }, own)).name).toBe("compiled cpu"); // said in so many words
    process.env[DEVICE] = "gpu";
    expect(defaultDevice).toThrow(
      "$FEWSHOT_DEVICE is 'gpu', wanted one of cpu, webgpu, cuda, tensorflow, eager and auto",
    );
  });

  it("auto is the fastest of those that work, and says what it took", { timeout: 60_000 }, async () => {
    const { executor, device, why } = await openDevice("auto");
    expect(DEVICES).toContain(device);
    expect(executor.name).toContain(device);
    const times = [...why.matchAll(/(\w+) ([\d.]+) ms/g)].map(([, name, ms]) => ({ name, ms: Number(ms) }));
    expect(times[0]?.name).toBe(device);
    expect(times.map((t) => t.name)).toContain("cpu");
    expect(times.map((t) => t.ms)).toEqual(times.map((t) => t.ms).sort((a, b) => a - b));
  });
});

describe("what works here", () => {
  it("is found out for every executor, with a reason where one does not", async () => {
    const found = await availableExecutors();
    expect(found.map((f) => f.name)).toEqual([
      ...["compiled cpu", "compiled webgpu", "compiled cuda", "eager cpu", "eager tensorflow"],
    ]);
    for (const { works, detail } of found) {
      if (works) expect(detail).toContain("a small product came out right");
      else expect(detail).toMatch(/\w{5}/);
    }
    expect(found[0]?.works).toBe(true);
  });

  it.skipIf(process.platform !== "linux" || process.arch !== "x64")(
    "for CUDA means provider, driver and libraries, each by name",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "cuda-"));
      process.env.LD_LIBRARY_PATH = folder;
      const missing = (): string => cudaFaults().find((fault) => fault.startsWith("the loader")) ?? "";
      expect(cudaFaults().some((fault) => fault.includes(GET_CUDA))).toBe(!cudaInstalled());
      if (missing().includes("libcudnn.so.9")) {
        writeFileSync(join(folder, "libcudnn.so.9"), "");
        expect(missing()).not.toContain("libcudnn.so.9");
      }
      rmSync(folder, { recursive: true });
    },
  );
});
