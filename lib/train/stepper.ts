/** Which way the steps of a training are taken: on the host's arrays, or on copies of them where the executor computes. */
import { InputError } from "../core/errors.ts";
import { withGradients } from "../executor/gradients.ts";
import type { Executor } from "../executor/types.ts";
import { normMaker } from "./clip.ts";
import { type AdamWState, adamW, type adamWSettings } from "./optimizer.ts";
import { residentStepper } from "./resident.ts";
import { type Stepper, trainStep } from "./step.ts";
import type { Objective } from "./types.ts";

type Settings = ReturnType<typeof adamWSettings>;

/** The stepper that fits the executor. `restored` is the optimizer's state in a checkpoint. */
export function createStepper(
  objective: Objective,
  executor: Executor,
  settings: Settings,
  restored?: AdamWState,
): Stepper {
  if (objective.program) {
    // Its gradients come in parts, and are added up outside.
    if (executor.scaledLoss)
      throw new InputError(`training: micro-batches need float32 gradients; ${executor.name} has others`);
    return hostStepper(objective, executor, settings, restored);
  }
  const inGraph = executor.ownMemory || executor.scaledLoss;
  return (inGraph ? residentStepper : hostStepper)(objective, executor, settings, restored);
}

/** Steps in a program with its gradients, and updates on the host: parameters go in and gradients come out at each. */
export function hostStepper(
  objective: Objective,
  executor: Executor,
  settings: Settings,
  restored?: AdamWState,
): Stepper {
  const { params, constants = {}, unused = "error" } = objective;
  const optimizer = adamW(settings);
  const norm = normMaker();
  if (restored) optimizer.restore(restored, params);
  const fn = withGradients(objective.fn, Object.keys(params), { unused });
  const program = objective.program?.(executor) ?? executor.program(fn, objective.options);
  return {
    step: (batch, options) => trainStep(program, objective, { ...constants, ...batch }, optimizer, options, norm),
    sync: async () => {},
    state: async () => optimizer.state(),
    dispose: () => program.dispose(),
  };
}
