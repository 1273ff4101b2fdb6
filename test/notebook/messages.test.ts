import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode, encode, sign } from "../../lib/notebook/messages.ts";

interface Signed {
  key: string;
  messages: { frames: string[]; type: string; parent: string; content: object }[];
}
// test/reference/notebook.py signed these with jupyter_client.
const signed = JSON.parse(readFileSync("test/fixtures/notebook/messages.json", "utf8")) as Signed;
const bytes = (frames: readonly string[]): Uint8Array[] => frames.map((frame) => new TextEncoder().encode(frame));

describe("a message's signature", () => {
  it("is the HMAC-SHA256 of RFC 4231, over the parts one after the other", () => {
    // test cases 2 and 1 of the RFC
    const expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    expect(sign("Jefe", ["what do ya want for nothing?"])).toBe(expected);
    expect(sign("Jefe", ["what do ", "", new TextEncoder().encode("ya want"), " for nothing?"])).toBe(expected);
    expect(sign("\u000b".repeat(20), ["Hi There"])).toBe(
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    );
  });
});

describe("a message", () => {
  it.each(signed.messages)("of jupyter_client is read: $type", ({ frames, type, parent, content }) => {
    expect(decode(signed.key, bytes(frames))).toEqual({ type, parent, content });
  });

  it("is read with buffers after it, which are not signed", () => {
    const { frames, type } = signed.messages[0]!;
    expect(decode(signed.key, [...bytes(frames), new Uint8Array([255, 0])]).type).toBe(type);
  });

  it("is refused when a byte of it, or the key, is another one", () => {
    const { frames } = signed.messages[0]!;
    const changed = [...frames.slice(0, -1), frames.at(-1)!.replace("意", "义")];
    expect(() => decode(signed.key, bytes(changed))).toThrow("wrong signature");
    expect(() => decode("other", bytes(frames))).toThrow("wrong signature");
  });

  it("is refused when it has no delimiter or too few parts", () => {
    const { frames } = signed.messages[0]!;
    expect(() => decode(signed.key, bytes(frames.slice(3)))).toThrow("has 5 frames, wanted <IDS|MSG>");
    expect(() => decode(signed.key, bytes(frames.slice(0, 7)))).toThrow("has 7 frames");
  });

  it("that is sent can be read, and has an id of its own", () => {
    const session = { key: "k", id: "me" };
    const [a, b] = [encode(session, "execute_request", { code: "意图 😀" }), encode(session, "execute_request", {})];
    expect(decode("k", bytes(a.frames))).toEqual({ type: "execute_request", parent: "", content: { code: "意图 😀" } });
    const header = JSON.parse(a.frames[2]!) as Record<string, unknown>;
    expect(header).toMatchObject({ msg_id: a.id, msg_type: "execute_request", session: "me", version: "5.3" });
    expect(a.id).not.toBe(b.id);
  });
});
