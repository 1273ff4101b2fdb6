/** What the study "ablation" is run on: the settings of the grid that `npm run reproduce -- ablation` fills. */
import type { Pooling } from "../encoder/pooling.ts";
import { DISTANCES, type Distance } from "../heads/distances.ts";
import { HEADS, type HeadName } from "../heads/types.ts";
import { INTENTS } from "./comparison-config.ts";
import type { SubjectConfig } from "./subject.ts";
import type { HeadTraining } from "./train-task.ts";

export interface AblationConfig extends SubjectConfig {
  /** Name of the study. Default "ablation". */
  readonly study?: string;
  readonly heads: readonly HeadName[];
  readonly poolings: readonly Pooling[];
  /** As in ModelSettings: -1 the last. */
  readonly layers: readonly number[];
  readonly distances: readonly Distance[];
  /** Supports a class of the test episodes. Default 1. */
  readonly nShot?: number;
  /** Test episodes. Default 600. */
  readonly episodes?: number;
  /** How each setting is trained; without it only the raw encoder is scored. Default: not. */
  readonly training?: HeadTraining & {
    /** Layers that are trained, of those above. Default: all. */
    readonly layers?: readonly number[];
  };
  /** Default 1. */
  readonly seed?: number;
}

/** The embedded encoder as it is on the embedded intents: every head, pooling, distance and the two last layers. */
export const RAW_ABLATION: AblationConfig = {
  study: "ablation-raw",
  encoder: INTENTS.encoder,
  encoderName: INTENTS.encoderName,
  sets: INTENTS.sets,
  heads: HEADS,
  poolings: ["cls", "mean", "max", "first-last"], // the embedded encoder has no pooler
  layers: [-1, -2],
  distances: DISTANCES,
  nShot: 1,
  episodes: 600,
  seed: 1,
};

/** The same, with the last layer also trained, by the recipe of INTENTS in a third of its steps. */
export const ABLATION: AblationConfig = {
  ...RAW_ABLATION,
  study: "ablation",
  training: {
    ...{ nWay: INTENTS.training.nWay, nShot: INTENTS.training.nShot, nQuery: INTENTS.training.nQuery },
    ...{ layers: [-1], steps: 100, lr: INTENTS.training.lr, evaluations: 4, devEpisodes: 100 },
  },
};

/** One language and layer, without training and with few episodes: it shows that all works. */
export const ABLATION_QUICK: AblationConfig = {
  ...RAW_ABLATION,
  study: "ablation-quick",
  sets: INTENTS.sets.slice(1),
  layers: [-1],
  episodes: 100,
};
