/** show(): figures, tables and texts in a notebook of either kernel, or in a console. */
import { currentDisplay, type MimeBundle } from "./kernel.ts";
import { type BundleOptions, mimeBundle, plainText, type Showable } from "./mime.ts";

export interface ShowOptions extends BundleOptions {
  /** Where lines go outside of notebooks. Default: console.log. */
  readonly print?: (line: string) => void;
}

/**
 * Shows a figure, a table, a danfojs DataFrame or a text in the output of the running cell, as one output with several
 * forms: live plotly for front ends that have it, a picture for the others. In a console it prints tables and texts, and one
 * line for a figure. Await it: pictures take a moment. An InputError says what can be shown.
 */
export async function show(thing: Showable, options: ShowOptions = {}): Promise<void> {
  const { print = console.log } = options;
  const display = currentDisplay(); // before the first await: of the cell that asks, not of a later one
  if (!display) {
    print(plainText(thing, options).trimEnd());
    return;
  }
  const { data, metadata } = await mimeBundle(thing, options);
  await display.send(data as MimeBundle, metadata);
}
