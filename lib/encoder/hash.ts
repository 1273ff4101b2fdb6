/** A fingerprint of an encoder, to stand beside every result that was computed with it. */
import { createHash } from "node:crypto";
import { configJson } from "./config.ts";
import type { Encoder } from "./encoder.ts";

/** 16 hexadecimal digits (sha256) of the configuration and of every parameter's name, shape and values; not of its path. */
export function encoderHash(encoder: Pick<Encoder, "config" | "params">): string {
  const hash = createHash("sha256").update(JSON.stringify(configJson(encoder.config)));
  for (const [name, { shape, data }] of Object.entries(encoder.params).sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`\n${name} ${shape.join(",")}\n`);
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex").slice(0, 16);
}
