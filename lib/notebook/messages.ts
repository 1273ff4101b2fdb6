/** Jupyter's messages as ZeroMQ frames, signed with HMAC-SHA256 (jupyter-client, "The wire protocol"). */
import { createHmac, randomUUID } from "node:crypto";

const DELIMITER = "<IDS|MSG>";

/** A message that came from a kernel. */
export interface Message {
  readonly type: string;
  /** The id of the request that it answers; "" where there is none. */
  readonly parent: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Who signs and sends: the connection file's key, and an id of this client. */
export interface Session {
  readonly key: string;
  readonly id: string;
}

/** The signature of a message: HMAC-SHA256 over its parts one after the other, in hex. */
export function sign(key: string, parts: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac("sha256", key);
  for (const part of parts) hmac.update(part);
  return hmac.digest("hex");
}

/** The frames of a request, and the id by which its answers name it. */
export function encode(session: Session, type: string, content: object): { id: string; frames: string[] } {
  const id = randomUUID();
  const header = {
    msg_id: id,
    session: session.id,
    username: "bert-few-shot",
    date: new Date().toISOString(),
    msg_type: type,
    version: "5.3",
  };
  const parts = [header, {}, {}, content].map((part) => JSON.stringify(part));
  return { id, frames: [DELIMITER, sign(session.key, parts), ...parts] };
}

/** Reads a message's frames. Throws where they are no message, or where the signature is not the key's. */
export function decode(key: string, frames: readonly Uint8Array[]): Message {
  const text = (frame: Uint8Array): string => new TextDecoder().decode(frame);
  const start = frames.findIndex((frame) => frame.length === DELIMITER.length && text(frame) === DELIMITER);
  // Frames before the delimiter are the sender's address, those after the content are buffers.
  const [signature, ...parts] = start < 0 ? [] : frames.slice(start + 1);
  if (!signature || parts.length < 4)
    throw new Error(`a kernel's message has ${frames.length} frames, wanted ${DELIMITER}, a signature and four parts`);
  const signed = parts.slice(0, 4);
  if (sign(key, signed) !== text(signature)) throw new Error("a kernel's message has a wrong signature");
  const [header, parent, , content] = signed.map((part) => JSON.parse(text(part)));
  return { type: String(header.msg_type), parent: String(parent?.msg_id ?? ""), content: content ?? {} };
}
