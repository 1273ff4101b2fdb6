/** The shapes of data: classes with their texts, and sets split by class. */

/** `{class: [texts]}`, the form of every data file of the kit. */
export type ClassTexts = Readonly<Record<string, readonly string[]>>;

/** The three parts of a split by class. */
export type Part = "train" | "dev" | "test";

/** Intents split by class: no class stands in two parts. */
export interface IntentSet {
  /** Name or path it was asked for by. */
  readonly name: string;
  /** The folder or file it was read from. */
  readonly source: string;
  /** Name of the split, such as `01`, or how it was made, such as `drawn from seed 1`. */
  readonly split: string;
  readonly train: ClassTexts;
  readonly dev: ClassTexts;
  readonly test: ClassTexts;
  /** Texts of no class at all (out of scope), where the set has them. */
  readonly other: readonly string[];
  /** What is odd but usable, one sentence each: duplicates, texts under two classes. */
  readonly warnings: readonly string[];
}

/** Two texts and whether they mean the same. */
export interface TextPair {
  readonly a: string;
  readonly b: string;
  readonly same: boolean;
  /** The part of its set, or `all` where the set has no parts. */
  readonly part: Part | "all";
}

/** Sentence pairs, for siamese training. */
export interface PairSet {
  /** Name or path it was asked for by. */
  readonly name: string;
  /** The file it was read from. */
  readonly source: string;
  readonly pairs: readonly TextPair[];
  /** What is odd but usable, one sentence each. */
  readonly warnings: readonly string[];
}
