/** `bert-few-shot gpu-kit`: packs all that a machine with a GPU and without a network needs for the bench. */
import { join } from "node:path";
import { packGpuKit } from "../bench/gpu-kit.ts";
import { command } from "./options.ts";
import { printJson } from "./shared.ts";

export const gpuKitCommand = command({
  name: "gpu-kit",
  summary: "Packs Node, the kit and a Vulkan loader for a Linux machine with a GPU: `sh run.sh` there measures it.",
  positional: "",
  options: {
    out: {
      kind: "text",
      value: "DIR",
      default: join(".cache", "gpu-kit"),
      help: "folder for the kit; DIR.tar.gz beside it holds the same",
    },
    json: { kind: "flag", help: "print one JSON object and nothing else on stdout" },
  },
  async run(v) {
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    const kit = await packGpuKit({ out: v.out, say });
    if (v.json) return printJson(kit);
    const size = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    process.stdout.write(
      `${kit.folder}: ${size(kit.bytes)}\n${kit.archive}: ${size(kit.archiveBytes)}\nThere: sh run.sh, or sh gpu-kit/run.sh after unpacking; results go to $OUT, else ./out\n`,
    );
  },
});
