/** A whole step of training as one function: loss, gradients, clipping and AdamW, for executors that keep the parameters. */
import * as tf from "@tensorflow/tfjs";
import { gradientName, type LossFunction, withGradients } from "../executor/gradients.ts";
import type { GraphFunction } from "../executor/types.ts";
import { type Flat, join, split, sumOfSquares } from "./flat.ts";
import type { adamWSettings } from "./optimizer.ts";

/** Names of the state: vector number i of the parameters, of the running means and of those of the squares. */
export const STATE = { params: "adam.p", m: "adam.m", v: "adam.v" } as const;
/** Names of the scalars that a step takes: learning rates and such depend on the step. */
export const CONTROL = {
  rate: "adam.rate",
  keep: "adam.keep",
  root: "adam.root",
  clip: "adam.clip",
  scale: "adam.scale",
} as const;
/** The output with the global norm before clipping. */
export const NORM = "adam.norm";

// The loss as it is, beside the scaled one.
const LOSS = "adam.loss";
// Sums of squares above it count as infinite; a comparison, since graphs have no test for NaN.
const LARGEST = 3e38;

/** The names of all state of these vectors. */
export function stateNames(vectors: readonly Flat[]): string[] {
  return vectors.flatMap((_, i) => Object.values(STATE).map((name) => name + i));
}

/**
 * The function of a batch, the state and the scalars that gives what `fn` gives, the norm, and the new state:
 * as `adamW` with `clipFactor`, m <- b1 m + (1 - b1) g, v <- b2 v + (1 - b2) g^2, p <- keep p - rate m / (root sqrt(v) + eps)
 * with g times min(1, clip / (norm + 1e-6)). Gradients are those of the loss times the scale, divided by it again. Where loss or gradients are not finite, the state stays as it is.
 */
export function graphStep(
  fn: LossFunction,
  vectors: readonly Flat[],
  { betas, eps }: Pick<ReturnType<typeof adamWSettings>, "betas" | "eps">,
): GraphFunction {
  const names = vectors.flatMap((v) => v.parts.map((p) => p.name));
  return (inputs) => {
    const get = (name: string): tf.Tensor => inputs[name] as tf.Tensor;
    const params = Object.assign({}, ...vectors.map((v, i) => split(v, get(STATE.params + i)))) as typeof inputs;
    const scaled: LossFunction = (all) => {
      const { loss, ...rest } = fn(all);
      return { ...rest, [LOSS]: loss, loss: tf.mul(loss, get(CONTROL.scale)) };
    };
    const { loss: _, [LOSS]: loss, ...outputs } = withGradients(scaled, names)({ ...inputs, ...params });
    const gradients = Object.fromEntries(names.map((name) => [name, outputs[gradientName(name)] as tf.Tensor]));
    const scalars = Object.entries(outputs).filter(([name]) => !name.startsWith(gradientName("")));

    const joined = vectors.map((v) => tf.div(join(v, gradients), get(CONTROL.scale)));
    const squares = joined.map((g, i) => sumOfSquares(vectors[i] as Flat, g)).reduce((x, y) => tf.add(x, y));
    const norm = tf.sqrt(squares);
    const finite = (x: tf.Tensor): tf.Tensor => tf.lessEqual(tf.abs(x), LARGEST);
    const fine = tf.logicalAnd(finite(squares), finite(loss as tf.Tensor));
    /** A factor of the update, or the one that changes nothing. */
    const factor = (value: tf.Tensor | number, still: number): tf.Tensor => tf.where(fine, value, still);
    const [a, b] = betas.map((beta) => factor(beta, 1)) as [tf.Tensor, tf.Tensor];
    const [rate, keep] = [factor(get(CONTROL.rate), 0), factor(get(CONTROL.keep), 1)];
    const scale = tf.minimum(1, tf.div(get(CONTROL.clip), tf.add(norm, 1e-6)));

    const state = vectors.flatMap(({ decays }, i): [string, tf.Tensor][] => {
      const [p, m, v] = [get(STATE.params + i), get(STATE.m + i), get(STATE.v + i)];
      const raw = joined[i] as tf.Tensor;
      // A choice and not a product with 0, which NaN would survive.
      const g = tf.where(fine, tf.mul(raw, scale), 0);
      const nextM = tf.add(tf.mul(m, a), tf.mul(g, 1 - betas[0]));
      const nextV = tf.add(tf.mul(v, b), tf.mul(tf.square(g), 1 - betas[1]));
      const step = tf.div(tf.mul(nextM, rate), tf.add(tf.mul(tf.sqrt(nextV), get(CONTROL.root)), eps));
      const kept = decays ? tf.mul(p, keep) : p;
      return [
        [STATE.params + i, tf.sub(kept, step)],
        [STATE.m + i, nextM],
        [STATE.v + i, nextV],
      ];
    });
    return { loss: loss as tf.Tensor, ...Object.fromEntries(scalars), [NORM]: norm, ...Object.fromEntries(state) };
  };
}
