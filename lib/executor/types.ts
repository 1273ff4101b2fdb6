/** What every executor offers: a tfjs function as a program that runs on host tensors. */
import type { Tensor } from "@tensorflow/tfjs";
import type { Tensors } from "../core/tensor.ts";

/** A pure function of named tensors in tfjs operations. It is traced, so what it reads from JavaScript is frozen. */
export type GraphFunction = (inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>;

export interface CompileOptions {
  /**
   * Axes whose size may differ from run to run, by input name: `{ ids: ["P"], mask: ["B", "T"], table: ["S", 0] }`.
   * A text names the size (equal names are equal sizes); a number keeps the axis as it is. One program then serves
   * all sizes. Default {}: every other size is compiled anew.
   */
  symbols?: Readonly<Record<string, readonly (string | number)[]>>;
  /**
   * Outputs that are sums of rows by index (gradients of embedding tables) and may be given as the rows and their
   * indices, `NAME#rows` and `NAME#ids`, instead of the dense tensor; where a dense part remains, it is `NAME` and the
   * rows are to be added to it. Eager executors ignore it. Default [].
   */
  sparse?: readonly string[];
  /**
   * Loaded inputs (see `Program.load`) that the output of the same name replaces at each run. It stays where the
   * executor computes: `run` does not return it, `read` does. Default [].
   */
  state?: readonly string[];
  /** Programs kept for other shapes; the one unused longest is released. Default 4. */
  keep?: number;
}

/** A function ready to run; compiled for the shapes of its first inputs, and anew for others. */
export interface Program {
  /** Runs on the inputs and those loaded before. An input that the function does not use may be given all the same. */
  run(inputs: Tensors): Promise<Tensors>;
  /**
   * Inputs that later runs need not bring; it adds to those loaded before and replaces those of the same name. An
   * executor with memory of its own copies them there now. The others keep the arrays and read them at each run.
   */
  load(inputs: Tensors): Promise<void>;
  /** Loaded inputs as they are now, what outputs have replaced among them. Throws for a name that was not loaded. */
  read(names: readonly string[]): Promise<Tensors>;
  /** How many shapes were compiled since the start, and how many are kept. */
  stats(): { compiled: number; kept: number };
  /** Frees what the program holds; it cannot run afterwards. */
  dispose(): Promise<void>;
}

/** What a step of training needs of a program. */
export type StepProgram = Pick<Program, "run" | "stats" | "dispose">;

export interface Executor {
  /** `compiled cpu`, `eager tensorflow`, ... */
  readonly name: string;
  /** Has memory of its own, where parameters had better stay from step to step. */
  readonly ownMemory?: boolean;
  /** Some gradients are too small for its numbers unless the loss is scaled up. */
  readonly scaledLoss?: boolean;
  program(fn: GraphFunction, options?: CompileOptions): Program;
}
