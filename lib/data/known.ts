/** The public sets the kit knows by name: what they are, where they come from and under which licence. */

export interface KnownSet {
  readonly kind: "intents" | "pairs";
  readonly language: "en" | "zh";
  /** Where its authors, or the project whose version is used, publish it. */
  readonly origin: string;
  readonly licence: string;
}

const set = (
  kind: KnownSet["kind"],
  language: KnownSet["language"],
  repository: string,
  licence: string,
): KnownSet => ({
  kind,
  language,
  origin: `https://github.com/${repository}`,
  licence,
});

const NONE = "none stated";

/** Sets by name. The class splits 01 to 05 of clinc150, banking77, hwu64 and liu54 are those of ProtAugment. */
export const KNOWN_SETS: ReadonlyMap<string, KnownSet> = new Map([
  ["clinc150", set("intents", "en", "clinc/oos-eval", "CC BY 3.0")],
  ["banking77", set("intents", "en", "PolyAI-LDN/task-specific-datasets", "CC BY 4.0")],
  ["hwu64", set("intents", "en", "xliuhw/NLU-Evaluation-Data", "CC BY 4.0")],
  ["liu54", set("intents", "en", "xliuhw/NLU-Evaluation-Data", "CC BY 4.0")],
  ["trec28", set("intents", "en", "tdopierre/FewShotText", NONE)],
  ["snips", set("intents", "en", "sonos/nlu-benchmark", "CC0 1.0")],
  ["huffpost41", set("intents", "en", "ws-jiang/MetaPrompter_public", NONE)],
  ["xsid-en", set("intents", "en", "mainlp/xsid", "CC BY-SA 4.0")],
  ["xsid-zh", set("intents", "zh", "mainlp/xsid", "CC BY-SA 4.0")],
  ["sgd-intents", set("intents", "en", "google-research-datasets/dstc8-schema-guided-dialogue", "CC BY-SA 4.0")],
  ["fewjoint", set("intents", "zh", "AtmaHou/MetaDialog", "Apache-2.0")],
  ["cic118", set("intents", "zh", "CLUEbenchmark/DataCLUE", NONE)],
  ["tnews15", set("intents", "zh", "CLUEbenchmark/FewCLUE", NONE)],
  ["csldcp67", set("intents", "zh", "CLUEbenchmark/FewCLUE", NONE)],
  ["iflytek119", set("intents", "zh", "CLUEbenchmark/FewCLUE", NONE)],
  ["eprstmt2", set("intents", "zh", "CLUEbenchmark/FewCLUE", NONE)],
  ["cais", set("intents", "zh", "Adaxry/CM-Net", NONE)],
  ["bustm", set("pairs", "zh", "CLUEbenchmark/FewCLUE", NONE)],
  ["afqmc", set("pairs", "zh", "CLUEbenchmark/DataCLUE", NONE)],
  ["triclue", set("pairs", "zh", "CLUEbenchmark/DataCLUE", NONE)],
  ["mqp", set("pairs", "en", "curai/medical-question-pair-dataset", NONE)],
]);

/** The known names of a kind, in the order of the table. */
export function knownNames(kind: KnownSet["kind"]): string[] {
  return [...KNOWN_SETS].filter(([, known]) => known.kind === kind).map(([name]) => name);
}

/** The name nearest to a mistyped one, or undefined where none is near. Case, spaces, `-` and `_` do not count. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const plain = (s: string): string => s.toLowerCase().replace(/[\s_-]/g, "");
  const wanted = plain(name);
  let best: string | undefined;
  let least = Math.max(2, Math.ceil(wanted.length / 3)) + 1;
  for (const candidate of names) {
    const known = plain(candidate);
    const begins = wanted.length >= 3 && (known.startsWith(wanted) || wanted.startsWith(known));
    const far = begins ? 0.5 : editDistance(wanted, known);
    if (far < least) {
      least = far;
      best = candidate;
    }
  }
  return best;
}

/** Insertions, deletions and replacements from one text to another (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
