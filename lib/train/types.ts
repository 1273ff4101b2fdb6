/** What is trained and how: the contract between the trainer, which knows nothing of BERT, and its callers. */
import type { ProgressOptions } from "../core/progress.ts";
import type { Params, Tensors } from "../core/tensor.ts";
import type { LossFunction } from "../executor/gradients.ts";
import type { CompileOptions, Executor, StepProgram } from "../executor/types.ts";
import type { AdamWOptions } from "./optimizer.ts";
import type { ScheduleName } from "./schedule.ts";

/** Results on dev data: a loss, often an accuracy, and whatever else is worth a line. */
export interface Metrics {
  readonly loss: number;
  readonly accuracy?: number;
  readonly [name: string]: number | undefined;
}

export interface Objective {
  /** Trainable parameters by name; the trainer updates their arrays in place. */
  readonly params: Params;
  /** Inputs that are the same at every step, such as parameters that are not trained. Default {}. */
  readonly constants?: Params;
  /** Inputs that are 0 and one other number, such as dropout masks: they go to a GPU as bits. Default []. */
  readonly masks?: readonly string[];
  /** Loss (and other scalars, such as `accuracy`) of named inputs: the parameters and a batch. */
  readonly fn: LossFunction;
  /** Symbols of the inputs, and which gradients may come as rows (`grad:NAME`). */
  readonly options: CompileOptions;
  /**
   * A step's program where it is not one of `fn` with its gradients: it has the same inputs and outputs. Default: that.
   */
  program?(executor: Executor): StepProgram;
  /** A parameter that the loss does not depend on: an error, or it stays as it is. Default "error". */
  readonly unused?: "error" | "skip";
  /**
   * The inputs of one step besides the parameters; steps count from 0. It must depend on the step (and a seed) alone:
   * a resumed run asks for steps anew.
   */
  batch(step: number): Promise<Tensors> | Tensors;
  /** Dev metrics of the parameters as they are now, always the same for the same parameters. Absent: no evaluation. */
  evaluate?(): Promise<Metrics>;
}

export interface TrainOptions {
  /** Updates in all. */
  steps: number;
  /** The learning rate, which the schedule's factor multiplies. */
  lr: number;
  /** Steps of linear warm-up: below 1 a share of `steps`, cut to whole steps. Default 0.1. */
  warmup?: number;
  /** How the learning rate goes on after the warm-up. Default "linear". */
  schedule?: ScheduleName;
  /** Largest global norm of the gradients; Infinity clips nothing. Default 1. */
  clip?: number;
  /** AdamW's settings. Default: see AdamWOptions. */
  optimizer?: AdamWOptions;
  /** Steps from one evaluation to the next. The last step is always followed by one. Default `steps`. */
  evaluateEvery?: number;
  /** Finished steps before which there is no evaluation. Default 0. */
  evaluateFrom?: number;
  /** Steps from one checkpoint to the next. The last step is always followed by one. Default `evaluateEvery`. */
  checkpointEvery?: number;
  /** Which dev metric decides what is best: the lowest loss or the highest accuracy. Default "loss". */
  selectBy?: "loss" | "accuracy";
  /** Evaluations in a row without a better one after which training stops early. Default Infinity: never. */
  patience?: number;
  /** The seed that the objective draws its batches from, kept with the settings. Default 1. */
  seed?: number | string;
  /** Folder for `checkpoint.safetensors` and `log.jsonl`. Default: nothing is written. */
  out?: string;
  /** Goes on from the checkpoint in `out` where there is one; without this a checkpoint there is an error. Default false. */
  resume?: boolean;
  /** What else a run must have in common with the checkpoint it resumes: data, model, executor. JSON values. Default {}. */
  settings?: Readonly<Record<string, unknown>>;
  /** Ends training after the running step: a checkpoint is saved and the status is "interrupted". */
  signal?: AbortSignal;
  /**
   * Called with the parameters when an evaluation was the best so far, before the checkpoint that knows of it: after a
   * kill between the two, the resumed run calls it with the same again.
   */
  onBest?: (params: Params, step: number, metrics: Metrics) => Promise<void> | void;
  /** Called after each step, for a display of the caller's own. */
  onStep?: (line: StepLine) => void;
  /** The progress bar: its title (default "train"), stream and quietness. */
  progress?: { title?: string } & Pick<ProgressOptions, "quiet" | "stream" | "plainEvery">;
}

/** What is known of one step; `step` counts finished ones, from 1. Other scalars of the loss function stand beside. */
export interface StepLine {
  readonly step: number;
  readonly loss: number;
  /** The learning rate of this step. */
  readonly lr: number;
  /** Global norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** What the step took. */
  readonly seconds: number;
  readonly [scalar: string]: number;
}

/** An evaluation after `step` finished steps. */
export interface DevLine {
  readonly step: number;
  readonly dev: Metrics;
}

export interface Best {
  /** Finished steps at that evaluation. */
  readonly step: number;
  readonly metrics: Metrics;
}

export interface TrainResult {
  readonly status: "done" | "stopped early" | "interrupted";
  /** Finished steps. */
  readonly step: number;
  /** The best evaluation. Absent where none took place. */
  readonly best?: Best;
  /** Steps and evaluations in order, those before a resume included (from log.jsonl). */
  readonly history: readonly (StepLine | DevLine)[];
  /** Time spent training and evaluating, that before a resume included. */
  readonly seconds: number;
}
