/** `bert-few-shot kernels`: makes the kit's kernels known to JupyterLab and VS Code. */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { denoFault } from "../notebook/deno.ts";
import { findKernel, KERNEL_SPECS, KERNELS, type Launch } from "../notebook/kernels.ts";
import { jupyterFolder, writeSpec } from "../notebook/specs.ts";
import { command } from "./options.ts";

/** The script of the tslab kernel: built beside the command line that runs. */
export function kernelScript(): string {
  return join(dirname(realpathSync(process.argv[1] ?? "")), "..", "notebook", "tslab-kernel.js");
}

export const kernelsCommand = command({
  name: "kernels",
  summary: "Installs kernel specs, so that JupyterLab and VS Code run notebooks with the kit. No Python is needed.",
  positional: "",
  options: {
    kernel: { kind: "text", values: [...KERNELS, "both"], default: "both", help: "which kernel" },
    venv: { kind: "text", value: "DIR", help: "for the Jupyter of this virtual environment" },
    prefix: { kind: "text", value: "DIR", help: "below DIR/share/jupyter" },
    user: {
      kind: "flag",
      help: "in the user's Jupyter folder, which every Jupyter reads; so without any of the three",
    },
  },
  async run(v) {
    const folder = jupyterFolder(v);
    const missing: string[] = [];
    const launches: Launch[] = [];
    for (const name of KERNELS) {
      if (v.kernel !== "both" && v.kernel !== name) continue;
      try {
        launches.push(await findKernel(name, kernelScript(), process.cwd()));
      } catch (error) {
        if (!(error instanceof InputError) || v.kernel !== "both") throw error;
        missing.push(messageOf(error));
      }
    }
    if (!launches.length) throw new InputError(missing.join("\n"));
    for (const launch of launches) {
      const written = await writeSpec(launch, folder);
      const { display_name, name } = KERNEL_SPECS[launch.name];
      const fault = launch.name === "deno" && denoFault(launch.version);
      process.stdout.write(
        `${display_name}, ${launch.name} ${launch.version}: ${join(written, "kernel.json")}\n` +
          `  remove it with \`jupyter kernelspec remove ${name}\`, or by removing that folder\n${fault ? `  note: ${fault}\n` : ""}`,
      );
    }
    for (const text of missing) process.stderr.write(`note: ${text}\n`);
  },
});
