/** Where the Deno runtime is, and which version. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";

export interface Deno {
  /** The program itself, not a script that starts it: a kernel must be one process that can be ended. */
  readonly path: string;
  readonly version: string;
}

/** How to get Deno, for messages. */
export const GET_DENO =
  "get it with `npm install --prefix .cache/deno deno@2.8.1`, or put deno on PATH, or set DENO to the program";

/**
 * Looks for Deno as $DENO, then on PATH, then in `.cache/deno` of `folder`, where npm may have put it. Undefined where
 * there is none. Throws an InputError where the program does not run.
 */
export async function findDeno(folder: string, env: NodeJS.ProcessEnv = process.env): Promise<Deno | undefined> {
  const windows = process.platform === "win32";
  const file = windows ? "deno.exe" : "deno";
  const onPath = (env.PATH ?? "").split(delimiter).filter(Boolean);
  const cache = join(folder, ".cache", "deno", "node_modules", windows ? "deno" : ".bin");
  const found = env.DENO || [...onPath, cache].map((dir) => join(dir, file)).find((path) => existsSync(path));
  if (!found) return undefined;
  // What npm links may be a script of Node around the program: Deno itself says where it is.
  const script = "console.log(JSON.stringify([Deno.execPath(), Deno.version.deno]))";
  const text = await new Promise<string>((resolve, reject) => {
    execFile(found, ["eval", "--no-config", script], { env: { ...env, NO_COLOR: "1" } }, (error, stdout) => {
      if (error) reject(new InputError(`${env.DENO ? "DENO is " : ""}${found}: cannot run it: ${messageOf(error)}`));
      else resolve(stdout);
    });
  });
  const [path, version] = JSON.parse(text) as [string, string];
  return { path, version };
}

/** What is known to go wrong with this version in Jupyter's own runner; undefined where nothing is. */
export function denoFault(version: string): string | undefined {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map((n) => Number.parseInt(n, 10));
  if (major < 2 || (major === 2 && (minor < 8 || (minor === 8 && patch < 2)))) return undefined;
  return `Deno ${version} sends a cell's output after its end, so nbconvert and papermill lose some of it; 2.8.1 does not. \`npm run notebooks\` works with both`;
}
