/** The two kernels: how each is started, and what notebooks and Jupyter call it. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { InputError } from "../core/errors.ts";
import { findDeno, GET_DENO } from "./deno.ts";
import type { TslabArguments } from "./tslab-kernel.ts";

export const KERNELS = ["tslab", "deno"] as const;
export type KernelName = (typeof KERNELS)[number];

/** What Jupyter calls a kernel: `metadata.kernelspec` of a notebook. */
export const KERNEL_SPECS = {
  tslab: { display_name: "TypeScript (tslab, bert-few-shot)", language: "typescript", name: "bert-few-shot-tslab" },
  deno: { display_name: "Deno (bert-few-shot)", language: "typescript", name: "bert-few-shot-deno" },
} as const;

/** A kernel that can be started here. */
export interface Launch {
  readonly name: KernelName;
  /** Program and arguments, without the connection file. */
  readonly command: readonly string[];
  /** Such as `2.8.1`. */
  readonly version: string;
}

/** Adds the connection file to the command; `{connection_file}` is what Jupyter replaces. */
export function commandLine(launch: Launch, connectionFile: string): string[] {
  return [...launch.command, connectionFile];
}

/** How to get tslab, for messages. */
export const GET_TSLAB = "get it with `npm install --save-dev tslab@1.0.22`";

/**
 * Finds a kernel's program.
 *
 * @param script the built `notebook/tslab-kernel.js`; tslab is looked for from there, as Node looks for packages
 * @param folder where `.cache/deno` is looked for
 * @throws InputError that says how to get what is missing
 */
export async function findKernel(name: KernelName, script: string, folder: string): Promise<Launch> {
  if (name === "deno") {
    const deno = await findDeno(folder);
    if (!deno) throw new InputError(`the Deno kernel needs Deno, which is not here: ${GET_DENO}`);
    return { name, command: [deno.path, "jupyter", "--kernel", "--conn"], version: deno.version };
  }
  if (!existsSync(script)) throw new InputError(`the tslab kernel needs ${script}: run \`npm run build\``);
  const require = createRequire(script);
  let version: string;
  try {
    version = (require("tslab/package.json") as { version: string }).version;
  } catch {
    throw new InputError(`the tslab kernel needs the package tslab, which is not here: ${GET_TSLAB}`);
  }
  return { name, command: [process.execPath, script], version };
}

/** Arguments that only the runner gives, after the connection file. */
export const RUNNER_ARGUMENTS: Readonly<Record<KernelName, readonly string[]>> = {
  tslab: ["--end-with-stdin"] satisfies TslabArguments[1][],
  deno: [],
};
