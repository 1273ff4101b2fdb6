/** One error class for wrong input, so that the command line can tell it from a fault of the kit. */

/**
 * The user's input cannot be used: a file, an option, a shape.
 * The message says what was being done, what was found and what is wanted, naming file, class, line or tensor.
 */
export class InputError extends Error {
  override name = "InputError";
}

/** `1 class`, `2 classes`: a count with its noun. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n.toLocaleString("en-US")} ${n === 1 ? noun : plural}`;
}

/** `a, b and c`, at most `limit` of them by name. */
export function list(names: readonly string[], limit = 8): string {
  if (names.length > limit) return `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
  return names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
