/** What a tfjs function may return: tensors by name. */
import * as tf from "@tensorflow/tfjs";

/** The tensors that a function returned, after a check that they are some. Throws a TypeError that says what came. */
export function namedTensors(returned: unknown): Readonly<Record<string, tf.Tensor>> {
  if (returned instanceof Promise) returned.catch(() => {}); // it will fail, after the error below has said why
  const entries = returned instanceof tf.Tensor ? [] : Object.entries((returned ?? {}) as Record<string, unknown>);
  for (const [name, t] of entries) {
    if (!(t instanceof tf.Tensor)) throw new TypeError(`output '${name}' is ${describe(t)}, wanted a tensor`);
  }
  if (!entries.length) throw new TypeError(`the function returned ${describe(returned)}, wanted tensors by name`);
  return returned as Record<string, tf.Tensor>;
}

function describe(t: unknown): string {
  if (t === null || t === undefined) return String(t);
  if (t instanceof Promise) return "a promise (functions must not be async)";
  if (t instanceof tf.Tensor) return "a tensor without a name";
  if (Array.isArray(t)) return "an array";
  return typeof t === "object" ? "an object" : `a ${typeof t}`;
}
