/** What the study "raw against trained" is run on: the settings of the tables that `npm run reproduce` makes. */
import type { Pooling } from "../encoder/pooling.ts";
import type { OtherFrom } from "../episodes/types.ts";
import { HEADS, type HeadName } from "../heads/types.ts";
import type { SubjectConfig } from "./subject.ts";

export interface ComparisonConfig extends SubjectConfig {
  /** Name of the study, and of its folder in results/. */
  readonly study: string;
  /** Title of its page and table. */
  readonly title: string;
  readonly heads: readonly HeadName[];
  /** Poolings that the raw encoder is scored with. */
  readonly rawPoolings: readonly Pooling[];
  /** Pooling of the trained models. */
  readonly pooling: Pooling;
  readonly training: {
    readonly nWay: number;
    readonly nShot: number;
    readonly nQuery: number;
    readonly episodesPerStep: number;
    readonly steps: number;
    readonly lr: number;
    /** Steps from one evaluation on dev classes to the next. */
    readonly evaluateEvery: number;
    readonly devEpisodes: number;
  };
  readonly evaluation: {
    readonly nWay: number;
    readonly shots: readonly number[];
    readonly nQuery: number;
    readonly nOther: number;
    readonly otherFrom: OtherFrom;
    readonly episodes: number;
  };
  /** Whether maps of the test classes are drawn, of how many of them. 0 draws none. */
  readonly mapClasses: number;
  readonly seed: number;
}

/** The embedded encoder and intents: what a bare clone has. */
export const INTENTS: ComparisonConfig = {
  study: "intents",
  title: "Raw BERT against trained networks, English and Chinese intents",
  encoder: "data/models/tiny-bert",
  encoderName: "tiny-bert",
  sets: [
    { name: "en", data: "data/intents/en" },
    { name: "zh", data: "data/intents/zh" },
  ],
  heads: HEADS,
  rawPoolings: ["cls", "mean", "max", "first-last"],
  pooling: "mean",
  training: {
    nWay: 10, // more classes than at test time, as Snell et al. 2017 advise: best on dev classes of both languages
    nShot: 2,
    nQuery: 3,
    episodesPerStep: 1,
    steps: 300,
    lr: 1e-3,
    evaluateEvery: 30,
    devEpisodes: 100,
  },
  evaluation: { nWay: 5, shots: [1, 5], nQuery: 5, nOther: 5, otherFrom: "both", episodes: 600 },
  mapClasses: 8, // as many as there are colours
  seed: 1,
};

/** Every part of INTENTS, small: it shows that all works, not how well. */
export const INTENTS_QUICK: ComparisonConfig = {
  ...INTENTS,
  study: "intents-quick",
  training: { ...INTENTS.training, steps: 24, evaluateEvery: 12, devEpisodes: 20 },
  evaluation: { ...INTENTS.evaluation, episodes: 100 },
};

/** Public sets and an encoder of the user's. One-shot episodes leave more to learn: better on dev at one shot and at five. */
export const FIRST_TABLES: Omit<ComparisonConfig, "encoder" | "encoderName"> = {
  study: "first-tables",
  title: "First tables: raw BERT against trained networks on public sets",
  sets: [
    { name: "clinc150", data: "clinc150", split: "01" },
    { name: "banking77", data: "banking77", split: "01" },
  ],
  heads: HEADS,
  rawPoolings: ["mean"],
  pooling: "mean",
  training: {
    nWay: 5,
    nShot: 1,
    nQuery: 5,
    episodesPerStep: 1,
    steps: 500,
    lr: 5e-5,
    evaluateEvery: 50,
    devEpisodes: 100,
  },
  evaluation: { nWay: 5, shots: [1, 5], nQuery: 5, nOther: 5, otherFrom: "classes", episodes: 600 },
  mapClasses: 0,
  seed: 1,
};
