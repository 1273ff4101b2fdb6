/** Files that come with the kit, found also by programs that run in another folder, such as a notebook's. */
import { existsSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the kit's package.json: two above this file, in lib/ as in dist/. */
export function packageRoot(): string {
  return fileURLToPath(new URL("../..", import.meta.url));
}

/**
 * The path itself where it exists, absolute or from the current folder; else the same path from the kit's folder, where
 * that exists; else the path as it was, for the caller's message. A bare name is not looked for in the kit's folder.
 */
export function placeOf(path: string): string {
  if (isAbsolute(path) || existsSync(path) || !/[\\/]/.test(path)) return path;
  const embedded = join(packageRoot(), path);
  return existsSync(embedded) ? relative(process.cwd(), embedded) : path;
}
