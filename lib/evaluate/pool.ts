/** The texts of one part of a set, as episodes draw them: its classes, and its own share of the texts of no class. */
import { count } from "../core/errors.ts";
import { PARTS, requirePart } from "../data/parts.ts";
import type { IntentSet, Part } from "../data/types.ts";
import { checkPool } from "../episodes/check.ts";
import { poolOf } from "../episodes/pool.ts";
import type { EpisodeShape, OtherFrom, TextPool } from "../episodes/types.ts";

/**
 * Texts of no class that belong to a part. Having no class they are not split by class, so each part with classes takes
 * every second or third of them: a threshold chosen on dev has not seen what it is tested on.
 */
export function otherOf(set: IntentSet, part: Part): string[] {
  const parts = PARTS.filter((p) => Object.keys(set[p]).length > 0);
  return [...new Set(set.other)].filter((_, i) => parts[i % parts.length] === part);
}

/** The pool of a part, checked to give episodes of the shape. `purpose` says who asks, such as "training". */
export function poolOfPart(
  set: IntentSet,
  part: Part,
  shape: EpisodeShape,
  purpose: string,
  otherFrom: OtherFrom,
): TextPool {
  const other = otherOf(set, part);
  const pool = poolOf(requirePart(set, part, purpose), other);
  const share =
    otherFrom === "classes" ? "" : `, with ${other.length} of ${count(set.other.length, "text")} of no class`;
  checkPool(pool, shape, `${set.source} (${part} classes${share})`, { otherFrom });
  return pool;
}
