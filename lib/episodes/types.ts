/** What an episode is: indices into a pool of texts. N way, K shot, Q queries a class, O other queries, M = N*Q + O. */

/** Texts of one part of a data set, flat, with their classes. */
export interface TextPool {
  readonly classes: readonly string[];
  readonly texts: readonly string[];
  /** For each class the indices of its texts. */
  readonly members: readonly (readonly number[])[];
  /** Indices of texts of no class (out of scope), where there are any. */
  readonly other?: readonly number[];
}

export interface EpisodeShape {
  /** N: classes in an episode. */
  readonly nWay: number;
  /** K: supports a class. */
  readonly nShot: number;
  /** Q: queries a class. */
  readonly nQuery: number;
  /** O: queries from classes outside the episode. */
  readonly nOther: number;
}

/** Where other queries come from: classes outside the episode, the pool's texts of no class, or either by even chance. */
export type OtherFrom = "classes" | "set" | "both";

export interface Episode {
  /** N indices into the pool's classes. */
  readonly classes: readonly number[];
  /** N lists of K indices into the pool's texts. */
  readonly support: readonly (readonly number[])[];
  /** M indices into the pool's texts. */
  readonly query: readonly number[];
  /** For each query its class as a position 0 .. N-1 in the episode, or -1 for "other". */
  readonly label: readonly number[];
}

/** Episodes of one shape and the pool they index. */
export interface EpisodeList {
  /** Where they come from, in a few words: set, split, part and seed. */
  readonly about?: string;
  readonly pool: TextPool;
  readonly shape: EpisodeShape;
  readonly episodes: readonly Episode[];
}

/** Two texts (indices into the pool) and whether they are of the same class. */
export interface Pair {
  readonly a: number;
  readonly b: number;
  readonly same: boolean;
}
