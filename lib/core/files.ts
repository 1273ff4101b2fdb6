/** Files that are either the old one or the whole new one, whatever moment the process is killed at. */
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError, messageOf } from "./errors.ts";

/** Writes a file under a temporary name beside it, flushes it to the disk and renames it into place. */
export async function writeAtomic(path: string, content: string | readonly Uint8Array[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, "w");
  try {
    if (typeof content === "string") await file.writeFile(content);
    else for (const part of content) await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Reads a text file as UTF-8 without its byte order mark; an InputError says what it was wanted for. */
export async function readText(path: string, what: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  } catch (error) {
    throw new InputError(`${path}: cannot read ${what}: ${messageOf(error)}`);
  }
}

/** Reads and parses a JSON file; the message of a syntax error has the file and the line. */
export async function readJson(path: string, what: string): Promise<unknown> {
  return parseJson(await readText(path, what), path, what);
}

/** Parses JSON text; the message of a syntax error has the file and the line. */
export function parseJson(text: string, path: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = messageOf(error);
    const at = /position (\d+)/.exec(message)?.[1];
    const where = at === undefined ? lastLine(text) : text.slice(0, Number(at)).split("\n").length;
    throw new InputError(`${path}:${where}: ${what} is not JSON: ${message}`);
  }
}

function lastLine(text: string): number {
  return text.trimEnd().split("\n").length;
}
