/** One step of training: loss and gradients of a batch, clipping, update. */
import { InputError, list } from "../core/errors.ts";
import { type Params, sizeOf, type Tensors } from "../core/tensor.ts";
import { gradientName, gradientOf, isSparse } from "../executor/gradients.ts";
import { IDS_SUFFIX } from "../executor/lower.ts";
import type { StepProgram } from "../executor/types.ts";
import { clipFactor, globalNorm, type Norm } from "./clip.ts";
import type { AdamW, AdamWState } from "./optimizer.ts";
import { type Gradient, type Gradients, mergeRows } from "./rows.ts";
import type { Objective } from "./types.ts";

export interface StepOptions {
  readonly lr: number;
  /** Largest global norm of the gradients. */
  readonly clip: number;
}

export interface StepOutcome {
  /** The loss and all other scalars that the loss function gave. */
  readonly scalars: Readonly<Record<string, number>> & { readonly loss: number };
  /** Global norm before clipping. */
  readonly gradNorm: number;
  /** `the loss is NaN`, or the first gradient at fault: no parameter was changed then. */
  readonly fault?: string;
}

/** Takes the steps of a training, one after the other. */
export interface Stepper {
  step(batch: Tensors, options: StepOptions): Promise<StepOutcome>;
  /** Brings the objective's parameters up to date, where the steps change copies of them. */
  sync(): Promise<void>;
  /** What the next update depends on, as it is now. */
  state(): Promise<AdamWState>;
  dispose(): Promise<void>;
}

/** Runs a program made with `withGradients` and updates the parameters in place. */
export async function trainStep(
  program: StepProgram,
  objective: Pick<Objective, "params" | "unused">,
  batch: Tensors,
  optimizer: AdamW,
  { lr, clip }: StepOptions,
  norm: Norm = globalNorm,
): Promise<StepOutcome> {
  const { gradients, ...outcome } = await gradientsAt(program, objective, batch, norm);
  if (outcome.fault === undefined)
    optimizer.update(objective.params, gradients, lr, clipFactor(outcome.gradNorm, clip));
  return outcome;
}

/** Loss and gradients of a batch at the parameters as they are. After a fault in the loss there are none. */
export async function gradientsAt(
  program: StepProgram,
  { params, unused = "error" }: Pick<Objective, "params" | "unused">,
  batch: Tensors,
  norm: Norm = globalNorm,
): Promise<StepOutcome & { readonly gradients: Gradients }> {
  checkTwins(batch, params);
  const outputs = await program.run({ ...batch, ...params });
  const scalars = scalarsOf(outputs);
  if (!Number.isFinite(scalars.loss)) {
    return { scalars, gradNorm: Number.NaN, gradients: {}, fault: `the loss is ${scalars.loss}` };
  }
  const gradients = gradientsOf(outputs, Object.keys(params), unused);
  const { norm: gradNorm, notFinite } = norm(gradients);
  if (notFinite === undefined) return { scalars, gradNorm, gradients };
  return { scalars, gradNorm, gradients, fault: `the gradient of '${notFinite}' has a NaN or an infinity` };
}

/** Throws where a tensor of the batch has a parameter's name. */
export function checkTwins(batch: Tensors, params: Params): void {
  const twins = Object.keys(batch).filter((name) => Object.hasOwn(params, name));
  if (twins.length) throw new InputError(`training: ${list(twins)} is in the batch and among the parameters`);
}

/** The loss and all other outputs of one number. */
export function scalarsOf(outputs: Tensors): StepOutcome["scalars"] {
  const found = Object.entries(outputs).filter(
    ([name, t]) => !name.startsWith(gradientName("")) && sizeOf(t.shape) === 1,
  );
  return Object.fromEntries(found.map(([name, t]) => [name, t.data[0] as number])) as StepOutcome["scalars"];
}

function gradientsOf(outputs: Tensors, parameters: readonly string[], unused: "error" | "skip"): Gradients {
  const gradients: Record<string, Gradient> = {};
  for (const name of parameters) {
    const output = gradientName(name);
    if (unused === "skip" && !(output in outputs) && !(output + IDS_SUFFIX in outputs)) continue;
    const gradient = gradientOf(outputs, name);
    gradients[name] = isSparse(gradient) ? mergeRows(gradient) : gradient;
  }
  return gradients;
}
