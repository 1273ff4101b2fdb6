import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { loadIntents } from "../../lib/data/load.ts";
import { PARTS } from "../../lib/data/parts.ts";

const PUBLIC = process.env.FEWSHOT_DATA ?? "../shared/datasets";

/** Lower case, letters and digits only. */
const folded = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

let found: Set<string> | undefined;

/** Every text of the public sets, folded; read once. */
function publicTexts(): Set<string> {
  if (found) return found;
  const texts = new Set<string>();
  found = texts;
  const add = (lines: Iterable<string>): void => {
    for (const line of lines) texts.add(folded(line));
  };
  for (const set of readdirSync(PUBLIC)) {
    const folder = join(PUBLIC, set);
    if (set.includes(".")) continue;
    for (const file of readdirSync(folder)) {
      const path = join(folder, file);
      if (file === "data.json")
        add(Object.values(JSON.parse(readFileSync(path, "utf8")) as Record<string, string[]>).flat());
      else if (file === "oos.json") add(JSON.parse(readFileSync(path, "utf8")) as string[]);
      else if (file === "pairs.tsv")
        add(
          readFileSync(path, "utf8")
            .split("\n")
            .flatMap((l) => l.split("\t").slice(0, 2)),
        );
      else if (/\.txt\.gz$/.test(file)) add(gunzipSync(readFileSync(path)).toString("utf8").split("\n"));
      else if (/\.txt$/.test(file) && !/licen[cs]e/i.test(file)) add(readFileSync(path, "utf8").split("\n"));
    }
  }
  return texts;
}

describe.each(["en", "zh"])("the intents in %s", (language) => {
  const load = () => loadIntents(`data/intents/${language}`, { strict: true });

  it("have at least 60 classes of 24 texts over 10 domains, and 200 others", async () => {
    const set = await load();
    const classes = PARTS.flatMap((p) => Object.entries(set[p]));
    expect(classes.length).toBeGreaterThanOrEqual(60);
    expect(new Set(classes.map(([name]) => name.split(".")[0])).size).toBeGreaterThanOrEqual(10);
    for (const [name, texts] of classes) expect(texts.length, name).toBeGreaterThanOrEqual(24);
    expect(set.other.length).toBeGreaterThanOrEqual(200);
    expect(set.warnings).toEqual([]);
  });

  it("repeat no text, case and punctuation folded", async () => {
    const set = await load();
    const texts = [...PARTS.flatMap((p) => Object.values(set[p]).flat()), ...set.other].map(folded);
    expect(texts.filter((t, i) => texts.indexOf(t) !== i)).toEqual([]);
  });

  it("are not one template filled in: few texts of a class begin alike", async () => {
    const set = await load();
    for (const [name, texts] of PARTS.flatMap((p) => Object.entries(set[p]))) {
      const begins = texts.map((t) =>
        language === "en" ? folded(t.split(/\s+/).slice(0, 2).join(" ")) : folded(t).slice(0, 2),
      );
      const most = Math.max(...begins.map((b) => begins.filter((x) => x === b).length));
      expect(most / texts.length, name).toBeLessThan(0.2);
    }
  });

  it.skipIf(!existsSync(PUBLIC))(
    "stand in no public set (needs the public sets)",
    async () => {
      const known = publicTexts();
      expect(known.size).toBeGreaterThan(100_000);
      const set = await load();
      const texts = [...PARTS.flatMap((p) => Object.values(set[p]).flat()), ...set.other];
      expect(texts.filter((t) => known.has(folded(t)))).toEqual([]);
    },
    60_000,
  );
});
