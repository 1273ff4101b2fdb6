/** A fingerprint of a set's classes and texts, to stand beside every result. */
import { createHash } from "node:crypto";
import { PARTS } from "./parts.ts";
import type { IntentSet, Part } from "./types.ts";

/**
 * 16 hexadecimal digits (sha256) of the classes and texts of all parts and of the other texts, in their order: the
 * order counts because episodes are drawn by it. Name, path and warnings do not count.
 */
export function datasetHash(set: Pick<IntentSet, Part | "other">): string {
  const hash = createHash("sha256");
  for (const part of PARTS) {
    for (const entry of Object.entries(set[part])) hash.update(`${part} ${JSON.stringify(entry)}\n`);
  }
  hash.update(`other ${JSON.stringify(set.other)}\n`);
  return hash.digest("hex").slice(0, 16);
}
