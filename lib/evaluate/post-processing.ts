/** Repairs of sentence vectors that need no training: what is common to all texts is taken out of them. */
import { InputError } from "../core/errors.ts";
import { type FloatTensor, float32 } from "../core/tensor.ts";
import { principal } from "./principal.ts";
import { centred, rowOf, vectorsOf } from "./vectors.ts";

/** Vectors [B, D] to repaired ones [B, D]. */
export type PostProcessing = (vectors: FloatTensor) => FloatTensor;

/**
 * Subtracts the mean m of the sample and takes out its first principal components u_1 .. u_n, "all but the top" of Mu &
 * Viswanath 2018 (arXiv 1702.01417): x' = (x - m) - sum_c u_c u_c' (x - m). With 0 components only the mean goes. The sample
 * [B, D] may be texts without labels, of other classes than those that are scored. Throws an InputError below 2 vectors or
 * for more components than dimensions.
 */
export async function allButTheTop(sample: FloatTensor, components: number): Promise<PostProcessing> {
  const x = vectorsOf(sample, "all but the top", 2);
  if (!(Number.isInteger(components) && components >= 0 && components < x.width))
    throw new InputError(
      `all but the top: ${components} components of ${x.width} dimensions; wanted 0 .. ${x.width - 1}`,
    );
  const { mean, axes } = await principal(x);
  const top = axes(components);
  return repair(mean, (row, out) => {
    out.set(row);
    for (const axis of top) {
      const along = dot(axis, row);
      for (let j = 0; j < out.length; j++) out[j] = out[j]! - along * axis[j]!;
    }
  });
}

/**
 * Whitening, as BERT-whitening (Su et al. 2021, arXiv 2103.15316): x'_c = u_c' (x - m) / sqrt(v_c) with the variances v along
 * the principal components of the sample, so that all directions of the sample weigh the same. Components without variance
 * are 0. Sample and errors as `allButTheTop`.
 */
export async function whitening(sample: FloatTensor): Promise<PostProcessing> {
  const x = vectorsOf(sample, "whitening", 2);
  const { mean, variances, axes } = await principal(x);
  const kept = axes(variances.filter((v) => v > 0).length);
  return repair(mean, (row, out) => {
    kept.forEach((axis, c) => {
      out[c] = dot(axis, row) / Math.sqrt(variances[c] as number);
    });
  });
}

/** Applies `change` to each vector less the mean, in double precision. */
function repair(mean: Float64Array, change: (row: Float64Array, out: Float64Array) => void): PostProcessing {
  return (vectors) => {
    const given = vectorsOf(vectors, "post-processing", 1);
    if (given.width !== mean.length)
      throw new InputError(`post-processing: got vectors of ${given.width} numbers; the sample has ${mean.length}`);
    const x = centred(given, mean);
    const data = new Float32Array(x.data.length);
    const out = new Float64Array(x.width);
    for (let i = 0; i < x.rows; i++) {
      out.fill(0);
      change(rowOf(x, i), out);
      data.set(out, i * x.width);
    }
    return float32(data, [x.rows, x.width]);
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
  return sum;
}
