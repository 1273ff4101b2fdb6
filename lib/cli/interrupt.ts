/** Ctrl-C in a long command: the first ends the work in order, another one at once. */

/** The work was ended by the user before it was done: no fault, but no result either. The message says how to go on. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** The exit code of shells for a process that SIGINT (2) has ended. */
export const INTERRUPTED = 128 + 2;

// npm passes on the SIGINT that the terminal has sent to all: the second one comes at once and is no one's wish.
const TWICE_MS = 500;

/** Listens for Ctrl-C until `end` is called; the first one calls `say` with a line for the user, and aborts `signal`. */
export function onInterrupt(say: (line: string) => void): { readonly signal: AbortSignal; end(): void } {
  const stop = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  const listener = (): void => {
    const now = performance.now();
    if (stop.signal.aborted) {
      if (now - first > TWICE_MS) process.exit(INTERRUPTED);
      return;
    }
    first = now;
    say("stopping after this step; press Ctrl-C again to stop at once");
    stop.abort();
  };
  process.on("SIGINT", listener);
  return { signal: stop.signal, end: () => void process.off("SIGINT", listener) };
}
