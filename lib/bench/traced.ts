/** Which files programs of Node load, by the coverage that V8 writes of each process and its children. */
import { existsSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readJson } from "../core/files.ts";
import { run } from "../core/programs.ts";

/** Runs Node with each list of arguments, and gives the JavaScript files that were loaded, in order of their names. */
export async function tracedFiles(runs: readonly (readonly string[])[], folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const env = { ...process.env, NODE_V8_COVERAGE: folder };
  for (const args of runs) {
    const { code, stderr } = await run(process.execPath, args, env);
    if (code !== 0) throw new Error(`node ${args.join(" ")} ended with ${code}: ${stderr.trim().slice(-500)}`);
  }
  const found = new Set<string>();
  for (const name of await readdir(folder)) {
    const { result } = (await readJson(join(folder, name), "V8's coverage")) as { result: { url: string }[] };
    for (const { url } of result) if (url.startsWith("file:")) found.add(fileURLToPath(url));
  }
  return [...found].filter((file) => existsSync(file)).sort();
}
