/** WebGPU for tests: a GPU where there is one, else Chromium's software renderer; and which provider ran which node. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { float32, type HostTensor, type Tensors } from "../lib/core/tensor.ts";
import { reasonOf } from "../lib/executor/available.ts";
import { compiledExecutor } from "../lib/executor/compiled.ts";
import type { Lowered } from "../lib/executor/lower.ts";
import { PROVIDERS, sessionOptions } from "../lib/executor/providers.ts";
import { sizeFeeds, toOrt } from "../lib/executor/session.ts";
import type { Spec } from "../lib/executor/trace.ts";

/** Debian's chromium carries it. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

export const webgpu = compiledExecutor({ provider: "webgpu", threads: 1 });

/** The environment in which another process finds the renderer too. */
export function webgpuEnvironment(): Record<string, string> {
  const set = process.env.VK_ICD_FILENAMES ?? process.env.VK_DRIVER_FILES;
  return set === undefined && existsSync(SWIFTSHADER) ? { VK_ICD_FILENAMES: SWIFTSHADER } : {};
}

/** Why WebGPU cannot be tested here; undefined where it can. */
export async function noWebgpu(): Promise<string | undefined> {
  Object.assign(process.env, webgpuEnvironment()); // before the first session: the Vulkan loader reads it once
  const program = webgpu.program(({ x }) => ({ y: (x as NonNullable<typeof x>).add(1) }));
  try {
    await program.run({ x: float32([1, 2, 3], [3]) });
    return undefined;
  } catch (error) {
    return `${reasonOf("webgpu", error)}; Debian's chromium carries a renderer that does`;
  } finally {
    await program.dispose();
  }
}

/** Runs a model once and counts the nodes that each provider ran: `{ "WebGpuExecutionProvider Add": 3 }`. */
export async function placement(
  model: Pick<Lowered, "bytes" | "inputs" | "sizes">,
  inputs: Tensors,
  specs: Readonly<Record<string, Spec>> = {},
): Promise<{ placed: Record<string, number>; outputs: Record<string, ort.Tensor> }> {
  const folder = mkdtempSync(join(tmpdir(), "placement-"));
  try {
    const session = await ort.InferenceSession.create(model.bytes, {
      ...sessionOptions(PROVIDERS.webgpu, 1),
      enableProfiling: true,
      profileFilePrefix: join(folder, "profile"),
    });
    const feeds = sizeFeeds(ort, model.sizes, specs, inputs);
    for (const name of model.inputs) feeds[name] = toOrt(ort, inputs[name] as HostTensor);
    const outputs = (await session.run(feeds)) as Record<string, ort.Tensor>;
    session.endProfiling();
    await session.release();
    const file = readdirSync(folder)[0] as string;
    type Event = { cat?: string; name: string; args: { provider?: string; op_name?: string } };
    const placed: Record<string, number> = {};
    for (const { cat, name, args } of JSON.parse(readFileSync(join(folder, file), "utf8")) as Event[]) {
      if (cat !== "Node" || !name.endsWith("_kernel_time")) continue;
      const key = `${args.provider} ${args.op_name}`;
      placed[key] = (placed[key] ?? 0) + 1;
    }
    return { placed, outputs };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
