/** Progress in a notebook: one line below the running cell, drawn over and over, and gone at the end. */
import { currentDisplay, type Display } from "../plots/kernel.ts";
import type { TrainOptions } from "../train/types.ts";

const WIDTH = 100;

/** The options of a training with its bar drawn in the running cell, unless they say where; as they are outside of notebooks. */
export function withCellProgress<T extends Pick<TrainOptions, "progress">>(options: T): T {
  const stream = cellStream();
  return stream ? { ...options, progress: { stream, ...options.progress } } : options;
}

/**
 * A stream for `progress` that draws in the running cell; undefined outside of notebooks. The line is wiped when the bar
 * ends, so that a saved notebook has no times in it; lines that a bar would leave behind are not written.
 */
export function cellStream(display: Display | undefined = currentDisplay()): NodeJS.WriteStream | undefined {
  if (!display) return undefined;
  let wide = 0; // what stands there and must be overwritten, as front ends know no code that wipes a line
  const write = (text: string): boolean => {
    const line = text.endsWith("\n") ? "" : text.slice(text.lastIndexOf("\u001b[2K") + 4);
    if (line || wide) display.write(`\r${line.padEnd(wide)}${line ? "" : "\r"}`);
    wide = line.length;
    return true;
  };
  return { isTTY: true, columns: WIDTH, write } as unknown as NodeJS.WriteStream;
}
