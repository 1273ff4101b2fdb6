/** JSON text as Jupyter writes it, so that a notebook saved by either changes only where its content did. */
import { isFields } from "../core/json.ts";

/** JSON as Python's json.dumps(indent=1, sort_keys=True, ensure_ascii=False) writes it, where both know the value. */
export function sortedJson(value: unknown, indent = ""): string {
  const inner = `${indent} `;
  const block = (open: string, parts: readonly string[], close: string): string =>
    parts.length ? `${open}\n${parts.map((p) => inner + p).join(",\n")}\n${indent}${close}` : open + close;
  if (Array.isArray(value))
    return block(
      "[",
      value.map((v) => sortedJson(v, inner)),
      "]",
    );
  if (!isFields(value)) return JSON.stringify(value ?? null);
  // Not by JSON.stringify of a sorted object: that puts keys such as "10" first, in numeric order.
  const keys = Object.keys(value).filter((k) => value[k] !== undefined);
  const parts = keys.sort(byCodePoint).map((k) => `${JSON.stringify(k)}: ${sortedJson(value[k], inner)}`);
  return block("{", parts, "}");
}

function byCodePoint(a: string, b: string): number {
  const [x, y] = [[...a], [...b]];
  const i = x.findIndex((c, at) => c !== y[at]);
  if (i < 0) return x.length - y.length;
  return y[i] === undefined ? 1 : (x[i]!.codePointAt(0) as number) - (y[i]!.codePointAt(0) as number);
}
