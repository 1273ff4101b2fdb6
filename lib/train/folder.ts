/** The folder of a run: its checkpoint and its log. Without a folder all stays in memory. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { type Checkpoint, checkParams, loadCheckpoint, saveCheckpoint } from "./checkpoint.ts";
import { type Log, memoryLog, openLog } from "./log.ts";
import { differences, type Json } from "./settings.ts";
import type { Objective } from "./types.ts";

export interface RunFolder {
  readonly log: Log;
  /** The last checkpoint of this run, and its step. */
  readonly saved: { readonly file: string; readonly step: number } | undefined;
  save(checkpoint: Checkpoint): Promise<void>;
}

const CHECKPOINT = "checkpoint.safetensors";
const LOG = "log.jsonl";

/**
 * Opens the folder `out`, and gives the checkpoint to go on from. A checkpoint there must fit the settings, and is an
 * error unless `resume` is set.
 */
export async function openFolder(
  out: string | undefined,
  resume: boolean,
  objective: Objective,
  settings: Json,
): Promise<{ folder: RunFolder; checkpoint: Checkpoint | undefined }> {
  if (out === undefined) {
    if (resume) throw new InputError("training: resume is set, but out, the folder to resume from, is not");
    return { folder: { log: memoryLog(), saved: undefined, save: async () => {} }, checkpoint: undefined };
  }
  const file = join(out, CHECKPOINT);
  const checkpoint = await loadCheckpoint(file);
  if (checkpoint) {
    if (!resume) {
      throw new InputError(
        `${file}: a run is already there, at step ${checkpoint.step}; resume it, or train into another folder`,
      );
    }
    const differ = differences(settings, checkpoint.settings);
    if (differ.length) {
      throw new InputError(
        `${file}: cannot resume with other settings: ${differ.join("; ")}; resume with those of the run, or train into another folder`,
      );
    }
    checkParams(checkpoint.params, objective.params, file);
    if (checkpoint.bestParams) checkParams(checkpoint.bestParams, objective.params, file);
  }
  await removeUnfinished(out);
  const log = await openLog(join(out, LOG), checkpoint?.step ?? 0);
  let saved = checkpoint && { file, step: checkpoint.step };
  const folder: RunFolder = {
    log,
    get saved() {
      return saved;
    },
    async save(next) {
      await log.flush(); // a checkpoint never knows of steps that the log has lost
      await saveCheckpoint(file, next);
      saved = { file, step: next.step };
    },
  };
  return { folder, checkpoint };
}

/** Removes what a run that was killed while it wrote a checkpoint has left. */
async function removeUnfinished(out: string): Promise<void> {
  const names = await readdir(out).catch(() => []);
  for (const name of names) {
    if (name.startsWith(`${CHECKPOINT}.`) && name.endsWith(".tmp")) await rm(join(out, name), { force: true });
  }
}
