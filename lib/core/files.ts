/** Files that are either the old one or the whole new one, whatever moment the process is killed at. */
import { randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError, messageOf } from "./errors.ts";
import { lineAt, scanJson } from "./json.ts";

/** Writes a file under a temporary name beside it, flushes it to the disk and renames it into place. */
export async function writeAtomic(path: string, content: string | readonly Uint8Array[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`; // a name of its own: two writes of one file may overlap
  try {
    const file = await open(temporary, "w");
    try {
      if (typeof content === "string") await file.writeFile(content);
      else for (const part of content) await file.writeFile(part);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Reads a text file as UTF-8 without its byte order mark; an InputError says what it was wanted for. */
export async function readText(path: string, what: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new InputError(`${path}: cannot read ${what}: ${messageOf(error)}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`${path}: cannot read ${what}: the file is not UTF-8; save it in that encoding`);
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
    const line = lineAt(text, scanJson(text)); // not every message of JSON.parse has the position
    throw new InputError(`${path}:${line}: ${what} is not JSON: ${messageOf(error)}`);
  }
}
