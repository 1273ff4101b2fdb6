/** The log of a run as JSON lines: one a step, one an evaluation. */
import { type FileHandle, mkdir, open, readFile, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import type { DevLine, StepLine } from "./types.ts";

export type LogLine = StepLine | DevLine;

export interface Log {
  /** The lines so far, those of a resumed run included. */
  readonly lines: readonly LogLine[];
  append(line: LogLine): Promise<void>;
  /** Waits until the lines are on the disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a log to append to it. Lines after `step` steps, and a last one that is torn, are cut off first. */
export async function openLog(path: string, step: number): Promise<Log> {
  await mkdir(dirname(path), { recursive: true });
  const { lines, bytes } = await readLog(path, step);
  const file = await open(path, "a");
  await truncate(path, bytes);
  return fileLog(file, lines);
}

/** A log without a file. */
export function memoryLog(): Log {
  const lines: LogLine[] = [];
  return {
    lines,
    async append(line) {
      lines.push(line);
    },
    async flush() {},
    async close() {},
  };
}

/** The lines of a run's log.jsonl, for whoever draws them. No file: no lines. */
export async function readLogFile(path: string): Promise<readonly LogLine[]> {
  return (await readLog(path, Number.POSITIVE_INFINITY)).lines;
}

function fileLog(file: FileHandle, lines: LogLine[]): Log {
  return {
    lines,
    async append(line) {
      lines.push(line);
      await file.appendFile(`${JSON.stringify(line)}\n`);
    },
    flush: () => file.datasync(),
    close: () => file.close(),
  };
}

/** The whole lines up to `step`, and how many bytes of the file they are. No file: no lines. */
async function readLog(path: string, step: number): Promise<{ lines: LogLine[]; bytes: number }> {
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return Buffer.alloc(0);
    throw new InputError(`${path}: cannot read the log: ${messageOf(error)}`);
  });
  const lines: LogLine[] = [];
  let bytes = 0;
  for (let end = content.indexOf("\n"); end >= 0; end = content.indexOf("\n", bytes)) {
    const line = parseLine(content.toString("utf8", bytes, end), `${path}:${lines.length + 1}`);
    if (line.step > step) break;
    lines.push(line);
    bytes = end + 1;
  }
  return { lines, bytes };
}

function parseLine(text: string, where: string): LogLine {
  let line: unknown;
  try {
    // JSON has no NaN: it was written as null.
    line = JSON.parse(text, (_, value: unknown) => (value === null ? Number.NaN : value));
  } catch (error) {
    throw new InputError(`${where}: the line of the log is not JSON: ${messageOf(error)}`);
  }
  if (typeof (line as LogLine | undefined)?.step !== "number") {
    throw new InputError(`${where}: the line of the log has no number 'step'`);
  }
  return line as LogLine;
}
