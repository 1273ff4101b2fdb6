/** Folders of runs for tests. */
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type Checkpoint, loadCheckpoint } from "../../lib/train/checkpoint.ts";

/** An empty folder that is removed after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "train-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A copy of a folder as it is now, removed after the test. */
export function copyFolder(folder: string): string {
  const copy = temporaryFolder();
  cpSync(folder, copy, { recursive: true });
  return copy;
}

export interface End {
  /** The state at the last checkpoint, and digests of its arrays' bits by name. */
  readonly checkpoint: { readonly step: number; readonly arrays: Record<string, string> } & Record<string, unknown>;
  readonly log: unknown[];
}

/** What a run left, without the times it took. */
export async function endOf(out: string): Promise<End> {
  const checkpoint = (await loadCheckpoint(join(out, "checkpoint.safetensors"))) as Checkpoint;
  const { seconds: _, params, bestParams, optimizer, ...state } = checkpoint;
  const { m, v, steps } = optimizer;
  const arrays: Record<string, string> = {};
  for (const [group, tensors] of Object.entries({ params, bestParams, m, v })) {
    for (const [name, { shape, data }] of Object.entries(tensors ?? {})) {
      arrays[`${group} ${name} ${shape}`] = createHash("sha256").update(data).digest("hex");
    }
  }
  return { checkpoint: { ...state, updates: steps, arrays }, log: logOf(out) };
}

/** The lines of the log without the times. */
export function logOf(out: string): Record<string, unknown>[] {
  const lines = readFileSync(join(out, "log.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { seconds: _, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return rest;
  });
}
