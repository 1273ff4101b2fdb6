/** AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101): Adam whose weight decay is not in the gradient. */
import { InputError } from "../core/errors.ts";
import type { FloatTensor, Params } from "../core/tensor.ts";
import { describeTensor, float32 } from "../core/tensor.ts";
import { isSparse, type SparseRows } from "../executor/gradients.ts";
import { type AdamKernel, adamKernel, type Factors } from "./adam-kernel.ts";
import type { Gradients } from "./rows.ts";

export interface AdamWOptions {
  /** How much of the two running means stays at a step. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the root of the second mean. Default 1e-8; google-research/bert has 1e-6. */
  eps?: number;
  /** Weight decay a step, times the learning rate. Default 0.01. */
  decay?: number;
  /** Parameters without decay. Default: biases and normalisations, by their names. */
  noDecay?: (name: string) => boolean;
  /** Divides the means, which start at 0, by what they still lack. google-research/bert has none. Default true. */
  biasCorrection?: boolean;
}

export interface AdamWState {
  /** Updates so far, by parameter. */
  readonly steps: Readonly<Record<string, number>>;
  /** Running means of gradients and of their squares, by parameter. */
  readonly m: Params;
  readonly v: Params;
}

export interface AdamW {
  /**
   * One update, in place, with the gradients times `scale`. A parameter without a gradient is left alone, decay
   * included. Sparse gradients must be merged (`mergeRows`); they give what the dense ones give, bit for bit.
   */
  update(params: Params, gradients: Gradients, lr: number, scale?: number): void;
  /** What the next update depends on: not copies, but the arrays in use. */
  state(): AdamWState;
  /** Takes over the state of another, copied. Throws InputError where it does not fit the parameters. */
  restore(state: AdamWState, params: Params): void;
}

/** What does not have the weights drawn towards 0. */
export const NO_DECAY = /(^|\.)bias$|norm/i;

interface Slot {
  steps: number;
  readonly m: FloatTensor;
  readonly v: FloatTensor;
  /** Rows that have had a gradient, for sparse ones; unknown after a dense one or a restore. */
  touched?: Uint8Array;
}

/** The options with the defaults in place. */
export function adamWSettings(options: AdamWOptions = {}): Required<AdamWOptions> {
  const { betas = [0.9, 0.999], eps = 1e-8, decay = 0.01, biasCorrection = true } = options;
  const { noDecay = (name: string) => NO_DECAY.test(name) } = options;
  if (!(eps > 0)) throw new InputError(`AdamW: eps is ${eps}, wanted more than 0`);
  return { betas, eps, decay, noDecay, biasCorrection };
}

/** An optimizer without state yet: the running means are made at the first gradient. */
export function adamW(options: AdamWOptions = {}): AdamW {
  const { betas, eps, decay, noDecay, biasCorrection } = adamWSettings(options);
  const [beta1, beta2] = betas;
  const slots = new Map<string, Slot>();
  const kernel = adamKernel();

  return {
    update(params, gradients, lr, scale = 1) {
      for (const [name, gradient] of Object.entries(gradients)) {
        const param = params[name];
        if (!param) throw new Error(`AdamW: a gradient for '${name}', which is no parameter`);
        let slot = slots.get(name);
        if (!slot) {
          slot = { steps: 0, m: zerosLike(param), v: zerosLike(param) };
          slots.set(name, slot);
        }
        const t = ++slot.steps;
        const factors: Factors = {
          beta1,
          beta2,
          eps,
          scale,
          keep: noDecay(name) ? 1 : 1 - lr * decay,
          rate: biasCorrection ? lr / (1 - beta1 ** t) : lr,
          root: biasCorrection ? 1 / Math.sqrt(1 - beta2 ** t) : 1,
        };
        if (isSparse(gradient)) updateRows(kernel, param, gradient, slot, factors);
        else {
          delete slot.touched;
          kernel(param.data, slot.m.data, slot.v.data, 0, param.data.length, gradient.data, 0, factors);
        }
      }
    },
    state: () => ({
      steps: Object.fromEntries([...slots].map(([name, s]) => [name, s.steps])),
      m: Object.fromEntries([...slots].map(([name, s]) => [name, s.m])),
      v: Object.fromEntries([...slots].map(([name, s]) => [name, s.v])),
    }),
    restore({ steps, m, v }, params) {
      slots.clear();
      for (const [name, n] of Object.entries(steps)) {
        slots.set(name, { steps: n, m: moment("m", name, m, params), v: moment("v", name, v, params) });
      }
    },
  };
}

/**
 * Rows that have had a gradient get the whole update, with gradient 0 where they have none now. The others have running
 * means of 0, so that only the decay is left of it.
 */
function updateRows(
  kernel: AdamKernel,
  param: FloatTensor,
  { rows, ids }: SparseRows,
  slot: Slot,
  factors: Factors,
): void {
  const count = param.shape[0] as number;
  const width = param.data.length / count;
  slot.touched ??= touchedRows(slot, count, width);
  const { touched } = slot;
  const place = new Int32Array(count).fill(-1); // where a row's gradient stands in `rows`
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!(id >= 0 && id < count)) throw new RangeError(`AdamW: a gradient for row ${id} of ${count}`);
    place[id] = i;
    touched[id] = 1;
  }
  const { keep } = factors;
  const [p, m, v, zeros] = [param.data, slot.m.data, slot.v.data, new Float32Array(width)];
  for (let row = 0; row < count; row++) {
    const at = row * width;
    const from = place[row]!;
    if (from >= 0) kernel(p, m, v, at, at + width, rows.data, from * width, factors);
    else if (touched[row]) kernel(p, m, v, at, at + width, zeros, 0, factors);
    else if (keep !== 1) for (let i = at; i < at + width; i++) p[i]! *= keep;
  }
}

/** Rows whose running means have a bit set; the others behave as if they had never had a gradient. */
function touchedRows({ m, v }: Slot, count: number, width: number): Uint8Array {
  const touched = new Uint8Array(count);
  for (const { data } of [m, v]) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length); // -0 is not 0 here
    for (let i = 0; i < bits.length; i++) if (bits[i] !== 0) touched[Math.floor(i / width)] = 1;
  }
  return touched;
}

function zerosLike({ shape, data }: FloatTensor): FloatTensor {
  return float32(new Float32Array(data.length), shape);
}

function moment(what: string, name: string, from: Params, params: Params): FloatTensor {
  const [tensor, param] = [from[name], params[name]];
  if (!param) throw new InputError(`the optimizer's state has '${name}', which is not among the parameters`);
  if (!tensor) throw new InputError(`the optimizer's state lacks ${what} of '${name}'`);
  if (describeTensor(tensor) !== describeTensor(param)) {
    throw new InputError(`${what} of '${name}' is ${describeTensor(tensor)}, the parameter ${describeTensor(param)}`);
  }
  return float32(tensor.data.slice(), tensor.shape);
}
