/** A headless Chromium, spoken to over a pipe in its own protocol. */
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** The browser's path: $CHROMIUM, or the first of the usual names on PATH. */
export const chromium: string | undefined =
  process.env.CHROMIUM ??
  ["chromium", "chromium-browser", "google-chrome"].find((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });

export interface Tab {
  /** Sends a command of the protocol. */
  send(method: string, params?: object): Promise<Record<string, unknown>>;
  /** The value of an expression, promises awaited. */
  evaluate<T>(expression: string): Promise<T>;
  /** Events so far, by name. */
  events(method: string): Record<string, unknown>[];
  close(): Promise<void>;
}

/** Opens a page in a browser of its own, which cannot reach any network host. */
export async function openTab(url: string, width = 1280, height = 1600): Promise<Tab> {
  const home = mkdtempSync(join(tmpdir(), "chromium-"));
  const browser = spawn(
    chromium as string,
    [
      ...["--headless", "--disable-gpu", "--remote-debugging-pipe", `--user-data-dir=${home}`, "--no-first-run"],
      ...["--host-resolver-rules=MAP * ~NOTFOUND", `--window-size=${width},${height}`],
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
    { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] },
  );
  const ended = new Promise<void>((resolve) => browser.on("close", () => resolve()));
  const [input, output] = [browser.stdio[3] as Writable, browser.stdio[4] as Readable];
  const waiting = new Map<number, (answer: Record<string, unknown>) => void>();
  const seen: { method: string; params: Record<string, unknown> }[] = [];
  let rest = "";
  output.setEncoding("utf8").on("data", (text: string) => {
    const messages = (rest + text).split("\0");
    rest = messages.pop() as string;
    for (const message of messages.map((m) => JSON.parse(m))) {
      if (message.id === undefined) seen.push(message);
      else waiting.get(message.id)?.(message);
    }
  });
  let sessionId: unknown;
  let last = 0;
  const send: Tab["send"] = async (method, params = {}) => {
    const id = ++last;
    const answer = new Promise<Record<string, unknown>>((resolve) => waiting.set(id, resolve));
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${JSON.stringify(error)}`);
    return result as Record<string, unknown>;
  };
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  for (const domain of ["Page", "Runtime", "Network", "Log"]) await send(`${domain}.enable`);
  await send("Page.navigate", { url });
  while (!seen.some((event) => event.method === "Page.loadEventFired")) await new Promise((r) => setTimeout(r, 20));
  return {
    send,
    async evaluate<T>(expression: string) {
      const answer = await send("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
      if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
      return (answer.result as { value: T }).value;
    },
    events: (method) => seen.filter((event) => event.method === method).map((event) => event.params),
    async close() {
      sessionId = undefined;
      await send("Browser.close").catch(() => {});
      await ended;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
