/** The Python that runs the peers: the user's, or a virtual environment of the bench's own. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { run } from "../core/programs.ts";

const PACKAGES = ["torch", "transformers", "sentence-transformers"];
const IMPORTS = "import json, platform, torch, transformers, sentence_transformers as s";
const VERSIONS = `"python": platform.python_version(), "torch": torch.__version__, "transformers": transformers.__version__, "sentence-transformers": s.__version__`;
// The CPU build is a tenth of the size; where that index cannot be reached, pip takes the one that it knows.
const CPU_INDEX = "https://download.pytorch.org/whl/cpu";

const GPU = `"gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else None`;

export interface Python {
  readonly path: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** The Python of a virtual environment. */
export function venvPython(venv: string): string {
  return process.platform === "win32" ? join(venv, "Scripts", "python.exe") : join(venv, "bin", "python");
}

/** Makes the virtual environment and installs the peers into it; does nothing where they are in it. */
export async function installPeers(venv: string, say: (line: string) => void): Promise<void> {
  const python = venvPython(venv);
  if (existsSync(python) && (await run(python, ["-c", IMPORTS])).code === 0) return;
  const bare = process.platform === "win32" ? "python" : "python3";
  const steps: [string, string[]][] = [
    [bare, ["-m", "venv", venv]],
    [python, ["-m", "pip", "install", "--retries", "1", "--extra-index-url", CPU_INDEX, ...PACKAGES]],
  ];
  for (const [program, args] of steps) {
    say(`${program} ${args.join(" ")}`);
    const { code, stderr } = await run(program, args);
    if (code !== 0)
      throw new InputError(`installing the peers: ${program} ${args.join(" ")} failed: ${stderr.trim().slice(-500)}`);
  }
}

/** The Python at a path with the versions of the peers, or an InputError that says what is missing in it. */
export async function openPython(path: string): Promise<Python> {
  return { path, versions: (await askPython(path, VERSIONS)) as Python["versions"] };
}

/** The same where PyTorch finds a GPU, or an InputError. */
export async function openCudaPython(path: string): Promise<Python> {
  const { gpu, ...versions } = await askPython(path, `${VERSIONS}, ${GPU}`);
  if (!gpu) throw new InputError(`--python ${path}: PyTorch ${versions.torch} finds no CUDA GPU`);
  return { path, versions: { ...versions, gpu } as Python["versions"] };
}

async function askPython(path: string, fields: string): Promise<Record<string, string | null>> {
  const { code, stdout, stderr } = await run(path, ["-c", `${IMPORTS}; print(json.dumps({${fields}}))`]);
  if (code !== 0)
    throw new InputError(
      `--python ${path}: wanted a Python with ${PACKAGES.join(", ")}: ${stderr.trim().split("\n").at(-1)}`,
    );
  return JSON.parse(stdout.trim().split("\n").at(-1) as string) as Record<string, string | null>;
}
