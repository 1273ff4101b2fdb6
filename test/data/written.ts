/** Files for a test that needs wrong or odd ones. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** Writes the files, by their path, into a new folder, which goes when the test ends. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "few-shot-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
  return folder;
}

/** Writes one file and returns its path. */
export async function fileWith(name: string, content: string | Uint8Array): Promise<string> {
  return join(await folderWith({ [name]: content }), name);
}

/** The folder of the hand-made good files. */
export const FIXTURES = "test/fixtures/data";
