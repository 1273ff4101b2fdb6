/** What the study of domain-adaptive pre-training is run on. */
import type { SubjectConfig } from "./subject.ts";
import type { HeadTraining } from "./train-task.ts";

export interface AdaptationConfig extends SubjectConfig {
  /** Name of the study. Default "adaptation". */
  readonly study?: string;
  /**
   * More texts to adapt on, each by itself: files with one a line, or public sets by name whose folder has unlabeled.txt. A
   * public set that is not here is left out, and the tables say so. Default: none.
   */
  readonly unlabelled?: readonly string[];
  readonly pretraining: {
    /** Steps of the new masked-word head alone, on the encoder as it came. */
    readonly headSteps: number;
    /** Steps of encoder and head, from there. */
    readonly steps: number;
    readonly lr: number;
    /** Of the head alone. Default 3e-3. */
    readonly headLr?: number;
    /** Sentences in a step. Default 32. */
    readonly batchSize?: number;
    /** Measurements of perplexity in each part. Default 8. */
    readonly evaluations?: number;
  };
  /** How each encoder is then trained as a prototypical network; without it only raw vectors are scored. */
  readonly training?: HeadTraining & Required<Pick<HeadTraining, "nWay" | "nQuery">>;
  /** Supports a class of the test episodes. Default [1, 5]. */
  readonly shots?: readonly number[];
  /** Test episodes. Default 600. */
  readonly episodes?: number;
  /** Default 1. */
  readonly seed?: number;
}
