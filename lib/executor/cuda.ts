/** What onnxruntime's CUDA provider needs, and what of it is missing here. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { packageRoot } from "../core/place.ts";

/** How to get the provider: its files are too large for the npm registry. */
export const GET_CUDA = "ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node";

/** Libraries that the provider of onnxruntime-node 1.30 is linked with: CUDA 12 and cuDNN 9. */
const LIBRARIES = ["libcudart.so.12", "libcublas.so.12", "libcublasLt.so.12", "libcufft.so.11", "libcudnn.so.9"];

/** Whether the provider's file is there: onnxruntime prints a fault of its own where it is not. */
export function cudaInstalled(): boolean {
  const require = createRequire(join(packageRoot(), "package.json"));
  const folder = dirname(require.resolve("onnxruntime-node/package.json"));
  return existsSync(join(folder, "bin", "napi-v6", "linux", "x64", "libonnxruntime_providers_cuda.so"));
}

/** What is missing, a sentence each; none where all is there. */
export function cudaFaults(): string[] {
  if (process.platform !== "linux" || process.arch !== "x64")
    return [`the CUDA provider is made for Linux on x64, this is ${process.platform} on ${process.arch}`];
  const faults: string[] = [];
  if (!cudaInstalled()) faults.push(`the provider is not installed: ${GET_CUDA}`);
  const driver = nvidiaGpus().at(-1)?.driver;
  if (driver === undefined) faults.push("no NVIDIA driver answers (nvidia-smi): wanted 525 or later");
  else if (Number.parseFloat(driver) < 525) faults.push(`the NVIDIA driver is ${driver}, wanted 525 or later`);
  const known = answerOf("ldconfig", ["-p"]) ?? answerOf("/sbin/ldconfig", ["-p"]) ?? "";
  const folders = (process.env.LD_LIBRARY_PATH ?? "").split(":").filter(Boolean);
  const missing = LIBRARIES.filter((name) => !known.includes(name) && !folders.some((f) => existsSync(join(f, name))));
  if (missing.length)
    faults.push(`the loader does not find ${missing.join(", ")} (CUDA 12 and cuDNN 9; $LD_LIBRARY_PATH)`);
  return faults;
}

/** NVIDIA's GPUs by the driver's own word; none where no driver answers. */
export function nvidiaGpus(): { readonly name: string; readonly driver: string }[] {
  const said = answerOf("nvidia-smi", ["--query-gpu=name,driver_version", "--format=csv,noheader"]) ?? "";
  return said
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const at = line.lastIndexOf(",");
      return { name: line.slice(0, at), driver: line.slice(at + 1).trim() };
    });
}

function answerOf(program: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}
