/** The work of one process of the bench, as a file that the kit's side and a peer's side read alike. */
import type { Device } from "../executor/device.ts";

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

/** Devices of a GPU bench. The CPU is there to rehearse it, and to compare with. */
export const BENCH_DEVICES = ["webgpu", "cuda", "tensorflow", "cpu"] as const satisfies readonly Device[];
export type BenchDevice = (typeof BENCH_DEVICES)[number];

/** Numbers of the dense products: the kit has float32 and mixed (float16), PyTorch float32, TF32 and bf16 (autocast). */
export type DevicePrecision = "float32" | "mixed" | "tf32" | "bf16";

/** Training steps of one size on a device. */
export interface Point extends Pick<StepWork, "nWay" | "nShot" | "nQuery" | "episodes"> {
  readonly precision: DevicePrecision;
}

/** Training steps of several sizes in one process, each from the same weights: it prints a line for each as it goes. */
export interface PointsTask {
  readonly kind: "points";
  readonly encoder: string;
  readonly threads: number;
  readonly lr: number;
  readonly device: BenchDevice;
  readonly points: readonly Point[];
  /** The kit on WebGPU: profiles of onnxruntime go to this folder, and are read. It slows the steps. */
  readonly profile?: string;
}

/** What a process found at one point. */
export interface PointOutcome {
  /** Its place in the task. */
  readonly point: number;
  readonly losses: readonly number[];
  readonly ms: readonly number[];
  /** A step's kernels on the GPU, with a profile; absent where the GPU does not time them. */
  readonly kernelMs?: number;
  /** Bytes of a step's inputs and outputs, where parameters stay on the GPU. */
  readonly up?: number;
  readonly down?: number;
  /** Why it has no figures. */
  readonly fault?: string;
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
  /** A device to run on instead of the CPU. */
  readonly device?: BenchDevice;
  /** sentence-transformers: sentences in a batch. */
  readonly batchSize?: number;
  /** sentence-transformers: sizes of a batch, of which it takes the fastest. */
  readonly batchSizes?: readonly number[];
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
  encode: { seconds: number; vectors: number[][]; memoryMB: number; batchSize?: number };
  tune: { batchSize: number };
  evaluate: { seconds: number; accuracy: number; accuracies: number[]; memoryMB: number };
  /** Products of the step a second, counted as 2 M K N, weighted by what each takes. */
  matmul: { gflops: number };
}

export type OutcomeOf<T extends Task> = Outcomes[T["kind"]];
