/** A loss as a program: its value and the gradients of its parameters by name. */
import * as tf from "@tensorflow/tfjs";
import { list } from "../core/errors.ts";
import type { FloatTensor, HostTensor, Tensors } from "../core/tensor.ts";
import { float32 } from "../core/tensor.ts";
import { IDS_SUFFIX, ROWS_SUFFIX } from "./lower.ts";
import { namedTensors } from "./outputs.ts";
import type { GraphFunction } from "./types.ts";

/** A function of named tensors whose outputs hold a scalar `loss`. */
export type LossFunction = (inputs: Readonly<Record<string, tf.Tensor>>) => Readonly<Record<string, tf.Tensor>> & {
  readonly loss: tf.Tensor;
};

const PREFIX = "grad:";

/** The output that holds a parameter's gradient. */
export function gradientName(parameter: string): string {
  return PREFIX + parameter;
}

export interface GradientOptions {
  /** What to do with a parameter that the loss does not depend on: an error that names it, or no output. Default "error". */
  unused?: "error" | "skip";
}

/** The function that returns what `fn` returns and d loss / d p for every input p in `parameters`, as `grad:p`. */
export function withGradients(
  fn: LossFunction,
  parameters: readonly string[],
  options: GradientOptions = {},
): GraphFunction {
  const { unused = "error" } = options;
  return (inputs) => {
    const missing = parameters.filter((p) => !inputs[p]);
    if (missing.length) throw new Error(`gradients: no input has the name ${missing.join(", ")}`);
    const kept: Record<string, tf.Tensor> = {};
    const { value, grads } = differentiate(
      () => {
        const { loss, ...rest } = namedTensors(fn(inputs));
        if (!loss) throw new TypeError(`gradients: the function returned ${list(Object.keys(rest))}, but no 'loss'`);
        // Clones, kept: the tape's tidy would free these on the way out.
        for (const [name, t] of Object.entries(rest)) kept[name] = tf.keep(tf.clone(t));
        return tf.reshape(loss, []);
      },
      parameters.map((p) => inputs[p] as tf.Tensor),
      () => tf.dispose(kept),
    );
    const others = Object.fromEntries(Object.entries(kept).map(([name, t]) => [name, tf.clone(t)]));
    tf.dispose(kept);
    const idle = parameters.filter((_, i) => !grads[i]);
    if (idle.length && unused === "error") {
      throw new Error(`gradients: the loss does not depend on ${list(idle.map((p) => `'${p}'`))}`);
    }
    const named = parameters.flatMap((p, i) => (grads[i] ? [[gradientName(p), grads[i] as tf.Tensor]] : []));
    return { loss: value, ...others, ...Object.fromEntries(named) };
  };
}

/**
 * The engine's call rather than tf.valueAndGrads, which cannot say which parameter has no gradient. When it fails,
 * tfjs leaves behind what the tape saved; that and `cleanup` are seen to here.
 */
function differentiate(fn: () => tf.Tensor, xs: tf.Tensor[], cleanup: () => void) {
  const engine = tf.engine();
  try {
    return engine.gradients(fn, xs, undefined, true);
  } catch (error) {
    cleanup();
    if (engine.state.gradientDepth === 0) {
      for (const node of engine.state.activeTape ?? []) tf.dispose(node.saved);
      engine.state.activeTape = [];
    }
    throw error;
  }
}

/** Rows of a gradient: row i of `rows` [R, ...] adds to row `ids[i]` of a tensor whose other rows get nothing. */
export interface SparseRows {
  readonly rows: FloatTensor;
  readonly ids: Int32Array;
}

/** A parameter's gradient among a program's outputs: dense, or as rows alone; rows beside a dense part are added to it. */
export function gradientOf(outputs: Tensors, parameter: string): FloatTensor | SparseRows {
  const name = gradientName(parameter);
  const dense = outputs[name] as FloatTensor | undefined;
  const rows = outputs[name + ROWS_SUFFIX] as FloatTensor | undefined;
  const ids = outputs[name + IDS_SUFFIX] as Extract<HostTensor, { dtype: "int32" }> | undefined;
  if (!rows || !ids) {
    if (dense) return dense;
    throw new Error(`no gradient of '${parameter}' among the outputs`);
  }
  if (!dense) return { rows, ids: ids.data };
  const sum = float32(dense.data.slice(), dense.shape);
  addRows(sum.data, { rows, ids: ids.data });
  return sum;
}

export function isSparse(g: FloatTensor | SparseRows): g is SparseRows {
  return "rows" in g;
}

/** The dense tensor [V, ...] of the given shape that the rows add up to, summed in order. */
export function densify(sparse: SparseRows, shape: readonly number[]): FloatTensor {
  const out = new Float32Array(shape.reduce((a, b) => a * b, 1));
  addRows(out, sparse);
  return float32(out, shape);
}

function addRows(to: Float32Array, { rows, ids }: SparseRows): void {
  const width = rows.data.length / ids.length;
  for (let r = 0; r < ids.length; r++) {
    const at = (ids[r] as number) * width;
    for (let j = 0; j < width; j++) to[at + j] = (to[at + j] as number) + (rows.data[r * width + j] as number);
  }
}
