/** Which GPU a bench ran on, by the driver's own word, and through which Vulkan driver. */
import { readFileSync } from "node:fs";
import { nvidiaGpus } from "../executor/cuda.ts";
import type { BenchDevice } from "./tasks.ts";

/** Name and driver of each NVIDIA GPU. For WebGPU it is to be asked in a process that has opened it. */
export function gpuName(device: BenchDevice): string {
  const known = nvidiaGpus()
    .map(({ name, driver }) => `${name}, driver ${driver}`)
    .join("; ");
  return worded(device, known, device === "webgpu" ? vulkanDrivers(ownMaps()) : []);
}

/** The same from what is known. A software renderer beside a GPU must not be taken for it. */
export function worded(device: BenchDevice, known: string, drivers: readonly string[]): string {
  if (device === "cpu") return "none is used";
  const names = { webgpu: "WebGPU", cuda: "CUDA", tensorflow: "TensorFlow" };
  const by = drivers.length ? ` by ${drivers.join(", ")}` : "";
  if (!known) return `${names[device]}${by}, no NVIDIA driver answers`;
  if (by && !drivers.some((name) => name.includes("nvidia"))) return `WebGPU${by}, which is not of ${known}`;
  return known + by;
}

/** Files of Vulkan drivers among the libraries of a process, by Linux' list of them. */
export function vulkanDrivers(maps: string): string[] {
  const found = maps.matchAll(/\/((?:libvulkan_|libvk_|libGLX_|libEGL_)\w+\.so[\w.]*)$/gm);
  return [...new Set([...found].map((m) => m[1] as string))].sort();
}

function ownMaps(): string {
  try {
    return readFileSync("/proc/self/maps", "utf8");
  } catch {
    return ""; // no Linux
  }
}
