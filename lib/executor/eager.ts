/** Programs that run operation by operation on a tfjs backend: TensorFlow's, or the slow one that is always there. */
import * as tf from "@tensorflow/tfjs";
import type { HostTensor, Tensors } from "../core/tensor.ts";
import { hostLoaded } from "./loaded.ts";
import { namedTensors } from "./outputs.ts";
import type { CompileOptions, Executor, GraphFunction, Program } from "./types.ts";

/**
 * An executor on the tfjs backend of that name ("cpu", "tensorflow"), which must be registered.
 * It computes what the compiled one does, and reads no options: nothing is traced, gradients stay dense.
 */
export function eagerExecutor(backend = "cpu"): Executor {
  return { name: `eager ${backend}`, program: (fn, options) => eagerProgram(fn, backend, options) };
}

function eagerProgram(fn: GraphFunction, backend: string, { state = [] }: CompileOptions = {}): Program {
  const loaded = hostLoaded();
  let disposed = false;
  return {
    async run(inputs) {
      if (disposed) throw new Error("this program was disposed and cannot run");
      if (!(await tf.setBackend(backend))) throw new Error(`the tfjs backend '${backend}' cannot be started`);
      // tfjs in JavaScript advises another backend at its first tensor: here it is chosen on purpose.
      if (backend === "cpu") Object.assign(tf.backend(), { firstUse: false });
      void tf.setBackend(backend); // again, at once: another program may have chosen its own while this one waited
      const outputs = tf.tidy(() => {
        const tensors = Object.fromEntries(
          Object.entries({ ...loaded.shapes, ...inputs }).map(([name, t]) => [name, toTensor(t)]),
        );
        // Clones, because a function may return a tensor that is not ours to dispose.
        return Object.fromEntries(Object.entries(namedTensors(fn(tensors))).map(([k, t]) => [k, tf.clone(t)]));
      });
      try {
        const host: [string, HostTensor][] = [];
        for (const [name, t] of Object.entries(outputs)) {
          if (state.includes(name)) loaded.replace(name, await toHost(t));
          else host.push([name, await toHost(t)]);
        }
        return Object.fromEntries(host) satisfies Tensors;
      } finally {
        tf.dispose(outputs);
      }
    },
    load: (inputs) => loaded.load(inputs),
    read: (names) => loaded.read(names),
    stats: () => ({ compiled: 0, kept: 0 }),
    async dispose() {
      disposed = true;
      await loaded.dispose();
    },
  };
}

function toTensor(t: HostTensor): tf.Tensor {
  return tf.tensor(t.data, [...t.shape], t.dtype);
}

/** Copies the numbers: tfjs hands out its own array, at times the input's, and after a cast one of another type. */
async function toHost(t: tf.Tensor): Promise<HostTensor> {
  const data = await t.data();
  const shape = t.shape;
  if (t.dtype === "int32") return { dtype: "int32", shape, data: Int32Array.from(data) };
  if (t.dtype === "bool") return { dtype: "bool", shape, data: Uint8Array.from(data) };
  return { dtype: "float32", shape, data: Float32Array.from(data) };
}
