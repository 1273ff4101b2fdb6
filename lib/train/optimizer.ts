/** AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101): Adam whose weight decay is not in the gradient. */
import { InputError } from "../core/errors.ts";
import type { FloatTensor, Params } from "../core/tensor.ts";
import { describeTensor, float32 } from "../core/tensor.ts";
import { isSparse, type SparseRows } from "../executor/gradients.ts";
import { type Factors, type Kernels, kernels, type Moments } from "./kernels.ts";
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

// Bytes of moments in one memory: those of WebAssembly end at four times as many.
const MEMORY = 2 ** 30;

/** What does not have the weights drawn towards 0. */
export const NO_DECAY = /(^|\.)bias$|norm/i;

interface Slot extends Moments {
  steps: number;
  readonly shape: readonly number[];
  /** Those whose memory the moments are in. */
  readonly kernels: Kernels;
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

  /** Slots for the parameters that have none, in as few memories as hold them. */
  const make = (names: readonly string[], params: Params): void => {
    const missing = names.filter((name) => !slots.has(name));
    for (const group of groups(missing, (name) => 8 * (params[name] as FloatTensor).data.length)) {
      const own = kernels(group.map((name) => (params[name] as FloatTensor).data.length));
      for (const [i, name] of group.entries()) {
        const { shape } = params[name] as FloatTensor;
        slots.set(name, { steps: 0, shape, kernels: own, ...(own.moments[i] as Moments) });
      }
    }
  };

  return {
    update(params, gradients, lr, scale = 1) {
      const odd = Object.keys(gradients).find((name) => !params[name]);
      if (odd !== undefined) throw new Error(`AdamW: a gradient for '${odd}', which is no parameter`);
      make(Object.keys(gradients), params);
      for (const [name, gradient] of Object.entries(gradients)) {
        const { data } = params[name] as FloatTensor;
        const slot = slots.get(name) as Slot;
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
        if (isSparse(gradient)) updateRows(data, gradient, slot, factors);
        else {
          delete slot.touched;
          slot.kernels.adam(data, slot, 0, data.length, gradient.data, 0, factors);
        }
      }
    },
    state: () => ({
      steps: Object.fromEntries([...slots].map(([name, s]) => [name, s.steps])),
      m: Object.fromEntries([...slots].map(([name, s]) => [name, float32(s.m, s.shape)])),
      v: Object.fromEntries([...slots].map(([name, s]) => [name, float32(s.v, s.shape)])),
    }),
    restore({ steps, m, v }, params) {
      checkState({ steps, m, v }, params);
      slots.clear();
      make(Object.keys(steps), params);
      for (const [name, slot] of slots) {
        slot.steps = steps[name] as number;
        slot.m.set((m[name] as FloatTensor).data);
        slot.v.set((v[name] as FloatTensor).data);
      }
    },
  };
}

/**
 * Rows that have had a gradient get the whole update, with gradient 0 where they have none now. The others have running
 * means of 0, so that only the decay is left of it.
 */
function updateRows(p: Float32Array, { rows, ids }: SparseRows, slot: Slot, factors: Factors): void {
  const { kernels, shape } = slot;
  const count = shape[0] as number;
  const width = p.length / count;
  slot.touched ??= touchedRows(slot, count, width);
  const { touched } = slot;
  const place = new Int32Array(count).fill(-1); // where a row's gradient stands in `rows`
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!(id >= 0 && id < count)) throw new RangeError(`AdamW: a gradient for row ${id} of ${count}`);
    place[id] = i;
    touched[id] = 1;
  }
  const zeros = new Float32Array(width);
  let still = 0; // from here on no row was touched
  const decay = (end: number): void => {
    if (factors.keep !== 1 && end > still) kernels.scale(p, still * width, end * width, factors.keep);
  };
  for (let row = 0; row < count; row++) {
    if (!touched[row]) continue;
    decay(row);
    still = row + 1;
    const from = place[row]!;
    const [g, at] = from >= 0 ? [rows.data, from * width] : [zeros, 0];
    kernels.adam(p, slot, row * width, still * width, g, at, factors);
  }
  decay(count);
}

/** Rows whose running means have a bit set; the others behave as if they had never had a gradient. */
function touchedRows({ m, v }: Moments, count: number, width: number): Uint8Array {
  const touched = new Uint8Array(count);
  for (const data of [m, v]) {
    const bits = new Uint32Array(data.buffer, data.byteOffset, data.length); // -0 is not 0 here
    for (let i = 0; i < bits.length; i++) if (bits[i] !== 0) touched[Math.floor(i / width)] = 1;
  }
  return touched;
}

/** Runs of items that are together no larger than a memory should be; one that is larger stands alone. */
function groups<T>(items: readonly T[], bytes: (item: T) => number): T[][] {
  const made: T[][] = [];
  let room = 0;
  for (const item of items) {
    room -= bytes(item);
    if (room < 0) {
      made.push([]);
      room = MEMORY - bytes(item);
    }
    made.at(-1)?.push(item);
  }
  return made;
}

/** Throws an InputError where a state does not fit the parameters. */
export function checkState({ steps, m, v }: AdamWState, params: Params): void {
  for (const name of Object.keys(steps)) {
    for (const [what, from] of Object.entries({ m, v })) check(what, name, from, params);
  }
}

function check(what: string, name: string, from: Params, params: Params): void {
  const [tensor, param] = [from[name], params[name]];
  if (!param) throw new InputError(`the optimizer's state has '${name}', which is not among the parameters`);
  if (!tensor) throw new InputError(`the optimizer's state lacks ${what} of '${name}'`);
  if (describeTensor(tensor) !== describeTensor(param)) {
    throw new InputError(`${what} of '${name}' is ${describeTensor(tensor)}, the parameter ${describeTensor(param)}`);
  }
}
