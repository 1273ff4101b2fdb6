/** Steps on copies of the parameters that stay where the executor computes. */
import { InputError } from "../core/errors.ts";
import { type FloatTensor, float32, type Params, type Tensors } from "../core/tensor.ts";
import { specsOf } from "../executor/compiled.ts";
import { gradientName, withGradients } from "../executor/gradients.ts";
import { trace } from "../executor/trace.ts";
import type { Executor, Program } from "../executor/types.ts";
import { type Packed, packedMasks } from "./bits.ts";
import { type Flat, flats, pack, unpack } from "./flat.ts";
import { CONTROL, graphStep, NORM, STATE, stateNames } from "./graph-step.ts";
import { type AdamWState, type adamWSettings, checkState } from "./optimizer.ts";
import { copyParams } from "./selection.ts";
import { checkTwins, gradientsAt, type StepOutcome, type Stepper, scalarsOf } from "./step.ts";
import type { Objective } from "./types.ts";

/** What a loss is multiplied with, first, where gradients pass through float16: they are 0 there below 6e-8. */
const LOSS_SCALE = 1024;

type Settings = ReturnType<typeof adamWSettings>;

interface Started {
  readonly vectors: readonly Flat[];
  readonly program: Program;
  readonly pack: Packed["pack"];
}

/**
 * Steps in a program that also updates: parameters and running means go to the executor once and stay there; the batch
 * goes in, loss and norm come out.
 */
export function residentStepper(
  objective: Objective,
  executor: Executor,
  settings: Settings,
  restored?: AdamWState,
): Stepper {
  const { params, constants = {}, unused = "error", options, masks = [] } = objective;
  const { betas, biasCorrection, decay } = settings;
  if (restored) checkState(restored, params);
  let t = restored ? stepsOf(restored) : 0;
  let started: Promise<Started> | undefined;

  const start = async (batch: Tensors) => {
    const trained = trainedBy(objective, { ...constants, ...batch });
    const vectors = flats(params, trained, settings.noDecay);
    const still = Object.keys(params).filter((name) => !trained.includes(name));
    if (still.length && unused === "error") throw new InputError(`training: the loss does not depend on '${still[0]}'`);
    const state = stateNames(vectors);
    const packed = packedMasks(objective.fn, masks, batch, options.symbols);
    const program = executor.program(graphStep(packed.fn, vectors, settings), {
      ...options,
      symbols: packed.symbols,
      sparse: [],
      state,
    });
    await program.load({
      ...constants,
      ...Object.fromEntries(still.map((name) => [name, params[name] as FloatTensor])),
    });
    for (const [i, vector] of vectors.entries()) {
      const means = (values?: Params): FloatTensor =>
        values ? pack(vector, values) : float32(new Float32Array(vector.length), [vector.length]);
      await program.load({
        [STATE.params + i]: pack(vector, params),
        [STATE.m + i]: means(restored?.m),
        [STATE.v + i]: means(restored?.v),
      });
    }
    return { vectors, program, pack: packed.pack };
  };
  /** One kind of state of all vectors, by parameter. */
  const read = async (kind: string): Promise<Params> => {
    if (!started) return {};
    const { vectors, program } = await started;
    const found: Record<string, FloatTensor> = {};
    for (const [i, vector] of vectors.entries()) {
      const { [kind + i]: tensor } = await program.read([kind + i]);
      Object.assign(found, unpack(vector, tensor as FloatTensor));
    }
    return found;
  };
  const sync = async (): Promise<void> => {
    const now = await read(STATE.params);
    copyParams(now, Object.fromEntries(Object.keys(now).map((name) => [name, params[name] as FloatTensor])));
  };

  return {
    async step(batch, { lr, clip }) {
      checkTwins(batch, params);
      started ??= start(batch);
      const { program, pack } = await started;
      const inputs = pack(batch);
      const [beta1, beta2] = betas;
      const lacks = (beta: number): number => (biasCorrection ? 1 - beta ** (t + 1) : 1);
      const control = {
        [CONTROL.rate]: lr / lacks(beta1),
        [CONTROL.keep]: 1 - lr * decay,
        [CONTROL.root]: 1 / Math.sqrt(lacks(beta2)),
        [CONTROL.clip]: Math.min(clip, 3e38),
      };
      const at = async (scale: number) => {
        const numbers = Object.entries({ ...control, [CONTROL.scale]: scale });
        const scalarInputs = Object.fromEntries(numbers.map(([name, value]) => [name, float32([value], [])]));
        const { [NORM]: norm, ...outputs } = await program.run({ ...inputs, ...scalarInputs });
        return { scalars: scalarsOf(outputs), gradNorm: norm?.data[0] as number };
      };
      const fine = (line: StepOutcome): boolean => Number.isFinite(line.scalars.loss) && Number.isFinite(line.gradNorm);
      // Gradients that the scale makes too large for halves leave the state as it is: the step is taken again with less.
      let scale = executor.scaledLoss ? LOSS_SCALE : 1;
      let line = await at(scale);
      while (!fine(line) && Number.isFinite(line.scalars.loss) && scale > 1) {
        scale /= 4;
        line = await at(scale);
      }
      if (fine(line)) {
        t++;
        return line;
      }
      const { scalars, gradNorm } = line;
      await sync();
      return { scalars, gradNorm, fault: await faultOf(objective, executor, { ...constants, ...batch }) };
    },
    sync,
    async state() {
      if (!started) return restored ?? { steps: {}, m: {}, v: {} };
      const [m, v] = [await read(STATE.m), await read(STATE.v)];
      return { steps: Object.fromEntries(Object.keys(m).map((name) => [name, t])), m, v };
    },
    async dispose() {
      await (await started?.catch(() => undefined))?.program.dispose();
    },
  };
}

/** The parameters that the loss depends on. */
function trainedBy({ fn, params, options }: Objective, batch: Tensors): string[] {
  const names = Object.keys(params);
  const specs = specsOf({ ...batch, ...params }, options.symbols ?? {});
  const { outputs } = trace(withGradients(fn, names, { unused: "skip" }), specs);
  return names.filter((name) => outputs[gradientName(name)]);
}

/** Updates so far, which must be as many for all parameters: they have one bias correction in a vector. */
function stepsOf({ steps }: AdamWState): number {
  const counts = [...new Set(Object.values(steps))];
  if (counts.length > 1) {
    const found = counts.sort((a, b) => a - b).join(", ");
    throw new InputError(
      `training: the checkpoint's parameters had ${found} updates; on this executor all must have as many`,
    );
  }
  return counts[0] ?? 0;
}

/** What is not finite, found by a program that gives every gradient. */
async function faultOf(objective: Objective, executor: Executor, batch: Tensors): Promise<string> {
  const { fn, params, unused = "error", options } = objective;
  const program = executor.program(withGradients(fn, Object.keys(params), { unused }), options);
  try {
    const { fault } = await gradientsAt(program, objective, batch);
    return fault ?? "the gradients' squares add up to more than float32 holds";
  } finally {
    await program.dispose();
  }
}
