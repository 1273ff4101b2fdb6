/**
 * A training step in parts that fit into memory, with the gradients of the whole (Gao et al. 2021, GradCache,
 * https://arxiv.org/abs/2101.06983): a loss of episodes needs all vectors at once, but the encoder does not need all sentences.
 */
import * as tf from "@tensorflow/tfjs";
import { type FloatTensor, float32, int32, type Tensors, takeRows } from "../core/tensor.ts";
import { gradientName, withGradients } from "../executor/gradients.ts";
import { IDS_SUFFIX, ROWS_SUFFIX } from "../executor/lower.ts";
import type { CompileOptions, Executor, Program, StepProgram } from "../executor/types.ts";
import { BATCH, batchSymbols, DROPOUT, dropoutSymbols } from "./inputs.ts";
import type { FewShotModel } from "./model.ts";
import { batchVectors, EMBEDDING_TABLES, type VectorLoss } from "./objective.ts";
import { type BatchPart, splitBatch } from "./split-batch.ts";

const VECTORS = "vectors";
const UPSTREAM = "upstream";

export interface MicroBatchOptions {
  /** Sentences in a part, about: a bin of attention's stays whole. */
  readonly sentences: number;
  /** Parameters whose gradients are wanted. Default: all. */
  readonly trained?: readonly string[];
}

/**
 * The program of `lossOf(model, loss)` with the gradients of the parameters, for so many sentences at a time:
 * the vectors of each part; the loss and its gradient by the vectors; then each part once more, with the gradients of the
 * encoder's parameters, which are added up. Dropout is that of the whole, and the outputs are too, but for rounding.
 */
export function microBatched(
  model: FewShotModel,
  loss: VectorLoss,
  executor: Executor,
  options: MicroBatchOptions,
): StepProgram {
  const { sentences, trained } = options;
  const { config } = model.encoder;
  const width = config.hiddenSize;
  const encoderNames = Object.keys(model.encoder.params);
  const wanted = (names: readonly string[]): string[] => names.filter((name) => !trained || trained.includes(name));
  const headNames = wanted(Object.keys(model.headParams));
  const sparse = EMBEDDING_TABLES.map(gradientName);
  // What the loss reads beside vectors: one program for all batches, whose sizes differ.
  const rest = (inputs: Tensors): Tensors =>
    Object.fromEntries(
      Object.entries(inputs).filter(
        ([name]) => !(name.startsWith(BATCH) || name.startsWith(DROPOUT) || name in model.encoder.params),
      ),
    );
  let programs: { forward: Program; middle: Program; backward: Program } | undefined;
  const made = (part: Tensors): NonNullable<typeof programs> => {
    if (programs) return programs;
    const symbols: CompileOptions["symbols"] = {
      ...batchSymbols("B"),
      ...dropoutSymbols(part, "B"),
      [UPSTREAM]: ["B", 0],
    };
    const loaded = (inputs: Readonly<Record<string, tf.Tensor>>) => ({
      loss: tf.sum(tf.mul(batchVectors(model, inputs), inputs[UPSTREAM] as tf.Tensor)),
    });
    programs = {
      forward: executor.program((inputs) => ({ [VECTORS]: batchVectors(model, inputs) }), { symbols }),
      middle: executor.program(
        withGradients((inputs) => loss(inputs, inputs[VECTORS] as tf.Tensor), [VECTORS, ...headNames], {
          unused: "skip",
        }),
      ),
      backward: executor.program(withGradients(loaded, wanted(encoderNames), { unused: "skip" }), { symbols, sparse }),
    };
    return programs;
  };
  return {
    async run(inputs) {
      const parts = splitBatch(inputs, config, sentences);
      const { forward, middle, backward } = made((parts[0] as BatchPart).inputs);
      const params = Object.fromEntries(encoderNames.map((name) => [name, inputs[name] as FloatTensor]));
      const count = parts.reduce((n, p) => n + p.sentences.length, 0);
      const all = float32(new Float32Array(count * width), [count, width]);
      for (const part of parts) {
        const { data } = (await forward.run({ ...params, ...part.inputs }))[VECTORS] as FloatTensor;
        for (const [i, s] of part.sentences.entries())
          all.data.set(data.subarray(i * width, (i + 1) * width), s * width);
      }
      const { [gradientName(VECTORS)]: upstream, ...outputs } = await middle.run({ ...rest(inputs), [VECTORS]: all });
      const sums: Record<string, Tensors[string]> = {};
      for (const part of parts) {
        const { loss: _, ...grads } = await backward.run({
          ...params,
          ...part.inputs,
          [UPSTREAM]: takeRows(upstream as FloatTensor, part.sentences),
        });
        for (const [name, gradient] of Object.entries(grads)) sums[name] = sum(name, sums[name], gradient);
      }
      return { ...outputs, ...sums };
    },
    stats: () => {
      const all = programs ? Object.values(programs).map((p) => p.stats()) : [];
      return { compiled: all.reduce((n, s) => n + s.compiled, 0), kept: all.reduce((n, s) => n + s.kept, 0) };
    },
    async dispose() {
      for (const program of programs ? Object.values(programs) : []) await program.dispose();
    },
  };
}

/** Dense gradients are added, in place of the first; sparse ones are strung together. */
function sum(name: string, before: Tensors[string] | undefined, now: Tensors[string]): Tensors[string] {
  if (!before) return now;
  if (name.endsWith(IDS_SUFFIX))
    return int32(Int32Array.from([...before.data, ...now.data]), [before.data.length + now.data.length]);
  if (name.endsWith(ROWS_SUFFIX)) {
    const data = new Float32Array(before.data.length + now.data.length);
    data.set(before.data as Float32Array);
    data.set(now.data as Float32Array, before.data.length);
    return float32(data, [(before.shape[0] as number) + (now.shape[0] as number), ...before.shape.slice(1)]);
  }
  const [to, from] = [before.data as Float32Array, now.data as Float32Array];
  for (let i = 0; i < to.length; i++) to[i]! += from[i]!;
  return before;
}
