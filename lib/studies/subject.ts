/** What a study is run on: an encoder and data sets, loaded, and what its record says of them. */
import { datasetHash } from "../data/hash.ts";
import { loadIntents } from "../data/load.ts";
import { classNames } from "../data/parts.ts";
import type { IntentSet } from "../data/types.ts";
import { type Encoder, loadEncoder } from "../encoder/encoder.ts";
import { encoderHash } from "../encoder/hash.ts";

export interface SubjectConfig {
  /** BERT folder that everything starts from. */
  readonly encoder: string;
  /** Its name in the tables. */
  readonly encoderName: string;
  readonly sets: readonly {
    /** Name in the tables. */
    readonly name: string;
    /** Path or name of a public set. */
    readonly data: string;
    /** Published split by class. Default: the set's first. */
    readonly split?: string;
  }[];
}

/** A loaded set and its name in the tables. */
export interface NamedSet {
  readonly name: string;
  readonly set: IntentSet;
}

export interface Subject {
  readonly encoder: Encoder;
  readonly sets: readonly NamedSet[];
  /** For the study's record: hashes, splits and classes, but no paths, so that equal things have equal records. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** Loads encoder and sets. Errors as loadEncoder and loadIntents. */
export async function loadSubject(config: SubjectConfig): Promise<Subject> {
  const encoder = await loadEncoder(config.encoder);
  const sets: NamedSet[] = [];
  for (const { name, data, split } of config.sets) {
    sets.push({ name, set: await loadIntents(data, split === undefined ? {} : { split }) });
  }
  const described = sets.map(({ name, set }) => {
    return { name, split: set.split, hash: datasetHash(set), classes: classNames(set) };
  });
  return {
    encoder,
    sets,
    record: { encoderName: config.encoderName, encoderHash: encoderHash(encoder), sets: described },
  };
}
