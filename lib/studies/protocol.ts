/** Published ways to train, as defaults for a model and a training (what they say of episodes: episodes/protocols.ts). */
import { PROTOCOLS, type ProtocolName } from "../episodes/protocols.ts";
import { headSettings, seedSettings } from "../heads/head.ts";
import type { HeadName, HeadSettings } from "../heads/types.ts";
import type { ModelOverrides } from "../model/model.ts";
import type { FitOptions } from "./fit.ts";

export interface ProtocolDefaults {
  readonly model: ModelOverrides;
  readonly fit: Partial<FitOptions>;
}

/** Defaults of a protocol with a head (default prototypical); none without a protocol. */
export function protocolDefaults(
  protocol: ProtocolName | undefined,
  head: HeadName = "prototypical",
): ProtocolDefaults {
  if (!protocol) return { model: {}, fit: {} };
  const p = PROTOCOLS[protocol];
  const seed = protocol === "seed";
  // FewShotText and ProtAugment score as the heads' own defaults do, on the pooler's output.
  const { head: _, ...settings }: HeadSettings = seed ? seedSettings(head) : headSettings(head);
  return {
    model: {
      head,
      pooling: "pooler",
      layer: -1,
      maxLength: p.maxTokens,
      textForm: seed ? "seed" : "plain",
      headSettings: settings,
    },
    fit: {
      ...p.shape,
      steps: seed && head === "matching" ? SEED_MATCHING_STEPS : p.steps,
      episodesPerStep: p.episodesPerStep,
      evaluateEvery: p.evaluateEvery,
      evaluateFrom: p.evaluateFrom,
      devEpisodes: p.evaluationEpisodes,
      selectBy: p.selectBy,
      ...(p.patience !== null && { patience: p.patience }),
      ...(seed ? SEED_TRAINING : ADAM_TRAINING),
    },
  };
}

/** The seed sets the steps of its matching network by themselves. */
const SEED_MATCHING_STEPS = 38_766;

/** AdamW of google-research/bert, as the seed has it. */
const SEED_TRAINING: Partial<FitOptions> = {
  lr: 1e-5,
  warmup: 0.1,
  schedule: "bert",
  clip: 1,
  optimizer: { decay: 0.01, eps: 1e-6, biasCorrection: false },
};

/** Plain Adam at a constant rate: FewShotText and ProtAugment. */
const ADAM_TRAINING: Partial<FitOptions> = {
  lr: 2e-5,
  warmup: 0,
  schedule: "constant",
  clip: Number.POSITIVE_INFINITY,
  optimizer: { decay: 0, eps: 1e-8 },
};
