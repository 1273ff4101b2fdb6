/** Texts given to a command: as arguments, from a file, or on standard input, one a line. */
import { InputError } from "../core/errors.ts";
import { readText } from "../core/files.ts";
import type { Option } from "./options.ts";

export const textsOption = {
  kind: "text",
  value: "FILE",
  help: "texts, one a line; - is standard input",
  defaultText: "the arguments, else standard input",
} as const satisfies Option;

/** Arguments first; then the file, `-` being standard input; standard input alone when nothing else was given. */
export async function textsFrom(args: readonly string[], file: string | undefined): Promise<string[]> {
  const texts = [...args];
  if (file === "-" || (file === undefined && !args.length)) {
    if (process.stdin.isTTY && file === undefined)
      throw new InputError("no texts: give them as arguments, with --texts FILE, or on standard input");
    texts.push(...lines(await standardInput()));
  } else if (file !== undefined) {
    texts.push(...lines(await readText(file, "the texts")));
  }
  if (!texts.length) throw new InputError("no texts: the input has no lines with text");
  return texts;
}

function lines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);
}

async function standardInput(): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of process.stdin) parts.push(part as Buffer);
  return Buffer.concat(parts)
    .toString("utf8")
    .replace(/^\uFEFF/, "");
}

/** Writes to stdout and waits until the reader took it; a reader that left (`| head`) is no error. */
export async function print(text: string): Promise<void> {
  await new Promise<void>((done, fail) => {
    process.stdout.write(text, (error) => {
      if (error && (error as NodeJS.ErrnoException).code !== "EPIPE") fail(error);
      else done();
    });
  });
}
