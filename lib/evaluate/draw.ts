/** The episodes of an evaluation: drawn from a part's classes by seed alone, or a frozen list that is checked to fit. */
import { InputError, list as listed } from "../core/errors.ts";
import { random } from "../core/random.ts";
import type { IntentSet, Part } from "../data/types.ts";
import { sampleEpisodes } from "../episodes/sample.ts";
import type { EpisodeList, EpisodeShape, OtherFrom } from "../episodes/types.ts";
import { poolOfPart } from "./pool.ts";

export interface DrawOptions extends Partial<EpisodeShape> {
  /** Number of episodes. Default 600. */
  episodes?: number;
  /** Fixes the episodes: equal seeds give equal ones for every model. Default 1. */
  seed?: number | string;
  /** Where other queries come from. Default "classes": classes of the same part outside the episode. */
  otherFrom?: OtherFrom;
}

/** Episodes of a part's classes, 5-way 5-shot with 5 queries a class unless told otherwise. */
export function drawEpisodes(set: IntentSet, part: Part, options: DrawOptions = {}): EpisodeList {
  const {
    episodes: count = 600,
    seed = 1,
    otherFrom = "classes",
    nWay = 5,
    nShot = 5,
    nQuery = 5,
    nOther = 0,
  } = options;
  const shape: EpisodeShape = { nWay, nShot, nQuery, nOther };
  if (!(Number.isInteger(count) && count >= 2))
    throw new InputError(`evaluate: ${count} episodes; wanted a whole number of at least 2`);
  const pool = poolOfPart(set, part, shape, "evaluation", otherFrom);
  const episodes = sampleEpisodes(pool, shape, count, random(seed).stream(`evaluate ${part}`), { otherFrom });
  return { about: `${set.name}, split ${set.split}, ${part} classes, seed ${seed}`, pool, shape, episodes };
}

/** Throws an InputError when a frozen list holds classes that the set trains on, or chooses thresholds on. */
export function checkFrozen(episodes: EpisodeList, set: IntentSet, part: Part): void {
  for (const other of (["train", "dev"] as const).filter((p) => p !== part)) {
    const seen = episodes.pool.classes.filter((name) => Object.hasOwn(set[other], name));
    if (!seen.length) continue;
    throw new InputError(
      `frozen episodes: ${seen.length} of their ${episodes.pool.classes.length} classes are ${other} classes of ${set.name} ` +
        `(split ${set.split}): ${listed(seen, 3)}; they must be unseen`,
    );
  }
  if (episodes.episodes.length < 2) throw new InputError("frozen episodes: there are fewer than 2");
}
