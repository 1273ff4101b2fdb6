/** What the study "ablation" is run on: the settings of the grid that `npm run reproduce -- ablation` fills. */
import { DISTANCES } from "../heads/distances.ts";
import { HEADS } from "../heads/types.ts";
import type { AblationConfig } from "./ablation.ts";
import { INTENTS } from "./comparison-config.ts";

/** Embedded encoder and intents: both layers raw, the last one trained with the recipe of INTENTS in a third of its steps. */
export const ABLATION: AblationConfig = {
  study: "ablation",
  encoder: INTENTS.encoder,
  encoderName: INTENTS.encoderName,
  sets: INTENTS.sets,
  heads: HEADS,
  poolings: ["cls", "mean", "max", "first-last"], // the embedded encoder has no pooler
  layers: [-1, -2],
  distances: DISTANCES,
  nShot: 1,
  episodes: 600,
  training: {
    ...{ nWay: INTENTS.training.nWay, nShot: INTENTS.training.nShot, nQuery: INTENTS.training.nQuery },
    ...{ layers: [-1], steps: 100, lr: INTENTS.training.lr, evaluations: 4, devEpisodes: 100 },
  },
  seed: 1,
};

/** The same grid in one language, without training and with fewer episodes. */
const { training: _, ...RAW } = ABLATION;
export const ABLATION_QUICK: AblationConfig = {
  ...RAW,
  study: "ablation-quick",
  sets: RAW.sets.slice(1),
  layers: [-1],
  episodes: 100,
};
