/** Episode lists as files that hold all they need: every method is then scored on the very same episodes. */
import { readText, writeAtomic } from "../core/files.ts";
import { FROZEN_FORMAT, FROZEN_VERSION, thawEpisodes } from "./thaw.ts";
import type { EpisodeList } from "./types.ts";

/** A list as JSON text, a text or an episode a line. `thawEpisodes` gives back exactly what was frozen. */
export function freezeEpisodes(list: EpisodeList): string {
  const { about, pool, shape, episodes } = list;
  const { nWay, nShot, nQuery, nOther } = shape;
  const fields: [string, string][] = [
    ["format", JSON.stringify(FROZEN_FORMAT)],
    ["version", JSON.stringify(FROZEN_VERSION)],
    ...(about === undefined ? [] : [["about", JSON.stringify(about)] as [string, string]]),
    ["shape", JSON.stringify({ nWay, nShot, nQuery, nOther })],
    ["classes", JSON.stringify(pool.classes)],
    ["texts", lines(pool.texts)],
    ["members", lines(pool.members)],
    ...(pool.other === undefined ? [] : [["other", JSON.stringify(pool.other)] as [string, string]]),
    ["episodes", lines(episodes.map(({ classes, support, query, label }) => ({ classes, support, query, label })))],
  ];
  return `{\n${fields.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(",\n")}\n}\n`;
}

/** Writes a frozen list. */
export async function writeEpisodes(path: string, list: EpisodeList): Promise<void> {
  await writeAtomic(path, freezeEpisodes(list));
}

/** Reads a list that `writeEpisodes` wrote. */
export async function readEpisodes(path: string): Promise<EpisodeList> {
  return thawEpisodes(await readText(path, "frozen episodes"), path);
}

function lines(items: readonly unknown[]): string {
  return items.length === 0 ? "[]" : `[\n${items.map((item) => JSON.stringify(item)).join(",\n")}\n]`;
}
