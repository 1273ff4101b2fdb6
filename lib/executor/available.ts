/** Which executors work here, found out by running a small program on each, and why the others do not. */
import * as tf from "@tensorflow/tfjs";
import { messageOf } from "../core/errors.ts";
import { float32 } from "../core/tensor.ts";
import { compiledExecutor } from "./compiled.ts";
import { eagerExecutor } from "./eager.ts";
import type { Executor } from "./types.ts";

export interface Availability {
  readonly name: string;
  readonly works: boolean;
  /** What was tried, or why it does not work. */
  readonly detail: string;
}

/** Tries every executor the kit knows. */
export async function availableExecutors(): Promise<Availability[]> {
  const found: Availability[] = [];
  for (const executor of [compiledExecutor(), eagerExecutor("cpu")]) found.push(await attempt(executor));
  for (const name of ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"]) found.push(await attemptTensorFlow(name));
  return found;
}

async function attempt(executor: Executor): Promise<Availability> {
  try {
    const program = executor.program(({ x }) => ({ y: tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true) }));
    const { y } = await program.run({ x: float32([1, 2, 3, 4, 5, 6], [2, 3]) });
    await program.dispose();
    const values = [...(y?.data ?? [])].join(" ");
    if (values !== "14 32 32 77") throw new Error(`a 2 x 3 product gave ${values}, wanted 14 32 32 77`);
    return { name: executor.name, works: true, detail: "a small product came out right" };
  } catch (error) {
    return { name: executor.name, works: false, detail: messageOf(error) };
  }
}

/** TensorFlow's native half is an optional package: absent or unbuilt, it is reported and nothing else. */
async function attemptTensorFlow(name: string): Promise<Availability> {
  try {
    await import(name);
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND" && messageOf(error).includes(name);
    const detail = absent ? `not installed (optional: npm install ${name})` : (messageOf(error).split("\n")[0] ?? "");
    return { name: `eager tensorflow (${name})`, works: false, detail };
  }
  if (!tf.findBackendFactory("tensorflow")) {
    const detail = "the package of that name is plain tfjs here (an override, for danfojs-node): it has no TensorFlow";
    return { name: `eager tensorflow (${name})`, works: false, detail };
  }
  return { ...(await attempt(eagerExecutor("tensorflow"))), name: `eager tensorflow (${name})` };
}
