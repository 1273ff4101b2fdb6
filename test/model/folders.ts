/** Folders that are removed after a test, with a trained model where that is wanted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { saveModel } from "../../lib/model/model.ts";
import { type TinyOptions, tinyModel } from "./tiny.ts";

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "export-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A trained folder, and one to export it to. */
export async function trained(options: TinyOptions): Promise<{ from: string; out: string }> {
  const path = folder();
  await saveModel(join(path, "from"), await tinyModel(options), { otherThreshold: 0.25 });
  return { from: join(path, "from"), out: join(path, "out") };
}
