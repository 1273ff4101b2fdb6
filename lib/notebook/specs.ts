/** Kernel specs: the files by which JupyterLab and VS Code find the kit's kernels. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { InputError } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import { commandLine, KERNEL_SPECS, type Launch } from "./kernels.ts";

/** Where specs go: at most one of the three. */
export interface SpecPlace {
  /** A virtual environment of Python or conda. */
  venv?: string | undefined;
  /** A folder that has, or gets, share/jupyter. */
  prefix?: string | undefined;
  /** The user's own Jupyter folder. Default true where the others are not given. */
  user?: boolean;
}

/** Jupyter's data folder for the place (jupyter_core.paths), without asking Python. */
export function jupyterFolder(
  { venv, prefix, user = false }: SpecPlace,
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  const given = [venv !== undefined && "--venv", prefix !== undefined && "--prefix", user && "--user"].filter(Boolean);
  if (given.length > 1) throw new InputError(`${given.join(" and ")} were given; wanted one of them`);
  if (venv !== undefined && !["pyvenv.cfg", "conda-meta"].some((name) => existsSync(join(venv, name))))
    throw new InputError(
      `--venv ${venv} is no virtual environment: it has neither pyvenv.cfg nor conda-meta; --prefix takes any folder`,
    );
  const folder = venv ?? prefix;
  if (folder !== undefined) return join(resolve(folder), "share", "jupyter");
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR;
  if (platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (platform === "win32") return join(env.APPDATA || join(homedir(), "AppData", "Roaming"), "jupyter");
  return join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}

/** Writes the kernel's kernel.json below Jupyter's data folder, and returns its folder. */
export async function writeSpec(launch: Launch, dataFolder: string): Promise<string> {
  const { display_name, language, name } = KERNEL_SPECS[launch.name];
  const folder = join(dataFolder, "kernels", name);
  const spec = {
    argv: commandLine(launch, "{connection_file}"),
    display_name,
    language,
    interrupt_mode: "signal",
    env: { NO_COLOR: "1" }, // outputs are text, not a terminal
    metadata: { debugger: false },
  };
  await writeAtomic(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
  return folder;
}
