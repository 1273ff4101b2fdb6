/** What a set of intents is made of: its parts in numbers, some of its texts, and how long texts are. */
import { random, sample } from "../core/random.ts";
import { PARTS } from "../data/parts.ts";
import type { ClassTexts, IntentSet } from "../data/types.ts";
import { DEFAULT_MODEL } from "../model/model.ts";
import type { Tokenizer } from "../tokenizer/types.ts";
import type { Row } from "./table.ts";

/**
 * A row for each part that has classes, and one for the texts of no class: classes, texts, texts a class, the mean and the
 * most tokens of a text, [CLS] and [SEP] among them, and how many texts have more than `maxLength`, so that models cut them.
 */
export function describeSet(set: IntentSet, tokenizer: Tokenizer, maxLength = DEFAULT_MODEL.maxLength): Row[] {
  const rowOf = (part: string, texts: readonly string[], classes?: ClassTexts): Row => {
    const counts = tokenCounts(texts, tokenizer);
    const mean = counts.reduce((a, b) => a + b, 0) / counts.length;
    return {
      set: set.name,
      part,
      classes: classes && Object.keys(classes).length,
      texts: texts.length,
      "texts a class": classes && span(Object.values(classes).map((own) => own.length)),
      "mean tokens": mean.toFixed(1),
      "most tokens": counts.reduce((a, b) => Math.max(a, b), 0),
      [`longer than ${maxLength}`]: `${((100 * counts.filter((n) => n > maxLength).length) / counts.length).toFixed(1)} %`,
    };
  };
  const parts = PARTS.filter((part) => Object.keys(set[part]).length > 0);
  return [
    ...parts.map((part) => rowOf(part, Object.values(set[part]).flat(), set[part])),
    ...(set.other.length ? [rowOf("other", set.other)] : []),
  ];
}

/** Tokens of each text, uncut, [CLS] and [SEP] among them. */
export function tokenCounts(texts: readonly string[], tokenizer: Tokenizer): number[] {
  return texts.map((text) => tokenizer.tokens(text).length + 2);
}

export interface ExamplesOptions {
  /** Classes that are shown, at most. Default 5. */
  readonly classes?: number;
  /** Texts of each, at most. Default 3. */
  readonly texts?: number;
  /** Fixes the draw. Default 1. */
  readonly seed?: number | string;
}

/** Some classes and some texts of each, drawn evenly: a row a text, classes and texts in their own order. */
export function exampleTexts(classes: ClassTexts, options: ExamplesOptions = {}): Row[] {
  const { classes: most = 5, texts: each = 3, seed = 1 } = options;
  const rng = random(seed).stream("examples");
  const some = <T>(items: readonly T[], n: number, stream: string): T[] => {
    const places = sample([...items.keys()], Math.min(n, items.length), rng.stream(stream));
    return places.sort((a, b) => a - b).map((i) => items[i] as T);
  };
  return some(Object.entries(classes), most, "classes").flatMap(([name, own]) =>
    some(own, each, `texts of ${name}`).map((text, i): Row => ({ class: i === 0 ? name : "", text })),
  );
}

/** `28`, or `27 - 29` where numbers differ. */
function span(numbers: readonly number[]): string {
  const least = Math.min(...numbers);
  const most = Math.max(...numbers);
  return least === most ? String(least) : `${least} - ${most}`;
}
