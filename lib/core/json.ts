/** What JSON.parse does not give: where things stand in JSON text, for messages, and what kind of value one is. */

/** Keys and indices from the root to a value. */
export type JsonPath = readonly (string | number)[];

class Fault extends Error {
  constructor(readonly offset: number) {
    super();
  }
}

/**
 * Walks JSON text and calls `visit` with the path and the offset of every value, outermost first; the path is reused
 * between calls. Returns the offset of the first fault of syntax, or -1 where there is none.
 */
export function scanJson(text: string, visit?: (path: JsonPath, offset: number) => void): number {
  const path: (string | number)[] = []; // one entry for every open container: a key in an object, an index in an array
  let at = 0;
  const space = (): void => {
    while (at < text.length && " \t\n\r".includes(text[at]!)) at++;
  };
  const key = (): string => {
    const start = at;
    if (text[at] !== '"') throw new Fault(at);
    at = endOfString(text, at);
    const name: unknown = JSON.parse(text.slice(start, at));
    space();
    if (text[at] !== ":") throw new Fault(at);
    at++;
    space();
    return String(name);
  };
  try {
    space();
    for (;;) {
      visit?.(path, at); // a value begins here
      const first = text[at];
      if (first === "{" || first === "[") {
        at++;
        space();
        if (text[at] !== (first === "{" ? "}" : "]")) {
          path.push(first === "{" ? key() : 0);
          continue;
        }
        at++;
      } else at = first === '"' ? endOfString(text, at) : endOfWord(text, at);
      for (;;) {
        space(); // a value has ended
        const last = path.at(-1);
        if (last === undefined) return at === text.length ? -1 : at;
        if (text[at] === ",") {
          at++;
          space();
          path[path.length - 1] = typeof last === "string" ? key() : last + 1;
          break;
        }
        if (text[at] !== (typeof last === "string" ? "}" : "]")) return at;
        path.pop();
        at++;
      }
    }
  } catch (error) {
    if (error instanceof Fault) return error.offset;
    throw error;
  }
}

/** The line (from 1) of the value at `path` in JSON text without faults; where a key stands twice, of the last. */
export function lineOfValue(text: string, path: JsonPath): number {
  let found = 0;
  scanJson(text, (here, offset) => {
    if (here.length === path.length && here.every((step, i) => step === path[i])) found = offset;
  });
  return lineAt(text, found);
}

/** The line (from 1) that an offset into a text stands on. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let i = text.indexOf("\n"); i >= 0 && i < offset; i = text.indexOf("\n", i + 1)) line++;
  return line;
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) return i + 1;
    if (code < 0x20) throw new Fault(i);
    if (code !== 0x5c) continue;
    if (!/^(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/.test(text.slice(i + 1, i + 6))) throw new Fault(i);
    i++; // the rest of \uXXXX are plain characters
  }
  throw new Fault(text.length);
}

function endOfWord(text: string, start: number): number {
  const word = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
  word.lastIndex = start;
  const match = word.exec(text);
  if (match === null) throw new Fault(start);
  return start + match[0].length;
}

/** An object with named fields, as JSON has them. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is an object of JSON, and neither a list nor null. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
