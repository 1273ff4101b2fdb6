/** What went wrong in a cell, read from what its kernel sent. */
import type { Output } from "./format.ts";

export interface Failure {
  /** The error in one line, such as `TypeError: x is not a function`. */
  readonly message: string;
  /** The line of the cell that it names, from 1, where it names one. */
  readonly line?: number;
  /** All that the kernel said of it. */
  readonly details: string;
}

// How tslab words an error of types: `3:7 - Cannot find name 'x'.`, with the file before it where it is another one.
const DIAGNOSTIC = /^(?:(.+) )?(\d+):(\d+) - ([^\n]*)/;
// What tslab says of errors that no cell awaits; it goes on after them.
const UNHANDLED = /^(?:UncaughtException|UnhandledPromiseRejection): ([^\n]*)/m;

/**
 * The failure of a cell, or undefined.
 *
 * @param status of the kernel's reply: "ok", "error", or tslab's "abort"
 * @param outputs of the cell
 * @param stderr the texts that the kernel sent as stderr, one a message: tslab sends its errors there and nowhere else
 * @param cell the cell's number, from 1
 */
export function failureOf(
  status: string,
  outputs: readonly Output[],
  stderr: readonly string[],
  cell: number,
): Failure | undefined {
  const error = outputs.find((output) => output.output_type === "error");
  if (error) {
    // Deno's traceback names lines of what it compiled, without blank lines and comments: of no use here.
    const traceback = error.traceback.join("\n").trim();
    const message = `${error.ename}: ${error.evalue}`;
    return {
      message: firstLine(message),
      details: traceback.includes(error.evalue) ? traceback : `${message}\n${traceback}`.trim(),
    };
  }
  if (status === "ok") {
    const unhandled = stderr.find((text) => UNHANDLED.test(text));
    if (unhandled === undefined) return undefined;
    return {
      message: `${UNHANDLED.exec(unhandled)?.[1]}, which no cell awaited`,
      ...lineIn(unhandled, cell),
      details: unhandled.trim(),
    };
  }
  const diagnostics = stderr.map((text) => DIAGNOSTIC.exec(text)).filter((match) => match !== null);
  const [first] = diagnostics;
  if (first) {
    const own = first[1] === undefined;
    return {
      message: own ? (first[4] as string) : `${first[1]}: ${first[4]}`,
      ...(own && { line: Number(first[2]) }),
      details: diagnostics.map((match) => match.input.trim()).join("\n"),
    };
  }
  // console.error writes an error with its stack in one message, the last one.
  const last = (stderr.at(-1) ?? "").trim();
  const named = last.match(/^(?:Uncaught )?[\w$.]*Error\b[^\n]*/m)?.[0];
  return {
    message: named ?? (firstLine(last) || `the kernel's reply is "${status}"`),
    ...lineIn(last, cell),
    details: last,
  };
}

/** The first line of this cell in a stack, as our tslab kernel words it: the place nearest to the error. */
function lineIn(stack: string, cell: number): { line?: number } {
  const line = new RegExp(`\\bcell ${cell}, line (\\d+)`).exec(stack)?.[1];
  return line === undefined ? {} : { line: Number(line) };
}

function firstLine(text: string): string {
  return text.split("\n")[0] as string;
}
