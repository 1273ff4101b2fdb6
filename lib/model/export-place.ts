/** Where an export may go: a new or empty folder, or one that holds an export of the same model. */
import { existsSync } from "node:fs";
import { readdir, realpath } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import { InputError, list } from "../core/errors.ts";
import { type Encoder, loadEncoder } from "../encoder/encoder.ts";
import { encoderHash } from "../encoder/hash.ts";
import type { ModelSettings } from "./model.ts";
import { readModelSettings } from "./saved.ts";

/** Throws an InputError that names what is in `out` where writing the model there would mix it with something else. */
export async function refuseOther(out: string, encoder: Encoder, settings: ModelSettings | undefined): Promise<void> {
  if (!existsSync(out)) return;
  const names = await readdir(out).catch(() => {
    throw new InputError(`${out}: a file is there; wanted a folder to export into`);
  });
  if (!names.length) return;
  if ((await realpath(out)) === (await realpath(encoder.source)))
    throw new InputError(`${out}: this is the folder of the model itself; export it into another`);
  const [there, theirs] = await modelIn(out);
  const wanted = "wanted a new or empty folder, or an earlier export of the same model with the same dtype";
  if (!there) throw new InputError(`${out}: holds ${list(names.sort(), 4)}, which is no exported model; ${wanted}`);
  const hashes = [encoderHash(there), encoderHash(encoder)] as const;
  if (hashes[0] !== hashes[1])
    throw new InputError(`${out}: holds another model, of hash ${hashes[0]} and not ${hashes[1]}; ${wanted}`);
  if (!isDeepStrictEqual(theirs, settings))
    throw new InputError(`${out}: holds the same encoder with other settings in fewshot.json; ${wanted}`);
}

/** The encoder and the settings in a folder, as far as they can be read. */
async function modelIn(folder: string): Promise<[Encoder | undefined, ModelSettings | undefined]> {
  try {
    return [await loadEncoder(folder), await readModelSettings(folder)];
  } catch (error) {
    if (error instanceof InputError) return [undefined, undefined];
    throw error;
  }
}
