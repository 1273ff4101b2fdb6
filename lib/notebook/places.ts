/** Outputs without the machine's paths: a committed notebook must not tell where it ran. */
import { isTextMime, type Output } from "./format.ts";

/** A folder of this machine, and what stands for it in outputs. */
export interface Place {
  readonly folder: string;
  readonly name: string;
}

/** The places of a notebook: its root as `.`, the folder around it as `..`, the home folder as `~`. */
export function placesOf(root: string, home: string): Place[] {
  const parent = root.replace(/[\\/][^\\/]+$/, "");
  const places = [
    { folder: root, name: "." },
    { folder: parent, name: ".." },
    { folder: home, name: "~" },
  ];
  // The longest first: the home folder may hold the root. A drive or "/" is no place: it is in every path.
  return places.filter((p) => /[\\/][^\\/]/.test(p.folder)).sort((a, b) => b.folder.length - a.folder.length);
}

/** The text with every place's name in its folder's place; folders that only begin alike stay. */
export function withoutPlaces(text: string, places: readonly Place[]): string {
  let out = text;
  for (const { folder, name } of places) {
    const whole = folder.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    out = out.replace(new RegExp(`(?<![\\w.~-]|[^/:]/|[^/]:/)${whole}(?![\\w~-]|\\.\\w)`, "g"), name);
  }
  return out;
}

/** The output with `withoutPlaces` applied to its texts; pictures stay as they are. */
export function outputWithoutPlaces(output: Output, places: readonly Place[]): Output {
  const clean = (value: unknown): unknown => {
    if (typeof value === "string") return withoutPlaces(value, places);
    if (Array.isArray(value)) return value.map(clean);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, clean(v)]));
  };
  if (output.output_type === "stream" || output.output_type === "error") return clean(output) as Output;
  const data = Object.entries(output.data).map(([mime, v]) => [
    mime,
    typeof v !== "string" || isTextMime(mime) ? clean(v) : v,
  ]);
  return { ...output, data: Object.fromEntries(data) as Record<string, unknown> };
}
