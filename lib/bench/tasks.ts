/** The work of one process of the bench, as a file that the kit's side and a peer's side read alike. */

/** Training steps: forward, backward, clipping and AdamW on all parameters. */
export interface StepWork {
  readonly encoder: string;
  readonly threads: number;
  readonly nWay: number;
  readonly nShot: number;
  readonly nQuery: number;
  readonly lr: number;
  /** Token ids of the supports, class by class, then of the queries; labels of the queries. */
  readonly episodes: readonly { readonly ids: readonly (readonly number[])[]; readonly labels: readonly number[] }[];
  /** How tokens become a sentence's vector. Default "mean". */
  readonly pooling?: "mean" | "cls";
  /** A tfjs backend to run on instead of the compiled executor. */
  readonly backend?: TfjsBackend;
  /** PyTorch: through torch.compile. */
  readonly compile?: boolean;
}

/** All steps, each timed. */
export interface StepTask extends StepWork {
  readonly kind: "step";
}

/** The moments of a process until its steps, of which there is one, are done. */
export interface StartUpTask extends StepWork {
  readonly kind: "start-up";
}

export type TfjsBackend = "tensorflow" | "wasm";

/** All these texts to vectors, once, after the first `warm` of them. */
export interface EncodeTask {
  readonly kind: "encode";
  readonly encoder: string;
  readonly threads: number;
  readonly maxLength: number;
  readonly texts: readonly string[];
  readonly warm: number;
  readonly backend?: TfjsBackend;
  /** sentence-transformers: sentences in a batch. */
  readonly batchSize?: number;
}

/** sentence-transformers: which batch size is the fastest. */
export interface TuneTask {
  readonly kind: "tune";
  readonly encoder: string;
  readonly threads: number;
  readonly maxLength: number;
  readonly texts: readonly string[];
  readonly batchSizes: readonly number[];
}

/** From texts to accuracy on test classes, without dev classes. */
export interface EvaluateTask {
  readonly kind: "evaluate";
  readonly encoder: string;
  readonly threads: number;
  readonly maxLength: number;
  /** Set by name or path, for the side that draws by itself: seed 1. */
  readonly data: string;
  readonly episodes: number;
  /** The first of those episodes, drawn, for the side that does not: places in `texts`. */
  readonly texts?: readonly string[];
  readonly drawn?: readonly {
    readonly support: readonly (readonly number[])[];
    readonly query: readonly number[];
    readonly label: readonly number[];
  }[];
}

/** Products [M, K] x [K, N], each in an onnxruntime session of its own. */
export interface MatmulTask {
  readonly kind: "matmul";
  readonly threads: number;
  readonly products: readonly Product[];
  /** Runs of each, of which the median counts. */
  readonly runs: number;
}

export interface Product {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** How often a step has it. */
  readonly count: number;
}

export type Task = StepTask | StartUpTask | EncodeTask | TuneTask | EvaluateTask | MatmulTask;

/** What a process gives back, by the kind of its task. */
export interface Outcomes {
  step: { losses: number[]; ms: number[]; memoryMB: number };
  /** Moments in ms since 1970. */
  "start-up": { losses: number[]; imported: number; loaded: number; stepped: number };
  /** `vectors` are the first few, of length 1, to see that both sides have done the same. */
  encode: { seconds: number; vectors: number[][]; memoryMB: number };
  tune: { batchSize: number };
  evaluate: { seconds: number; accuracy: number; accuracies: number[]; memoryMB: number };
  /** Products of the step a second, counted as 2 M K N, weighted by what each takes. */
  matmul: { gflops: number };
}

export type OutcomeOf<T extends Task> = Outcomes[T["kind"]];
