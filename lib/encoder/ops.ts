/** The parts BERT is made of, in tfjs operations, with gradients written out where tfjs' own are wasteful or missing. */
import * as tf from "@tensorflow/tfjs";

/**
 * Layer normalisation over the last axis (Ba et al. 2016): y = g * (x - mean) / sqrt(variance + epsilon) + b.
 * x [R, D], g [D], b [D] -> [R, D]. The gradient is the closed form: with h the normalised x and u = dy * g,
 * dx = (u - mean(u) - h * mean(u * h)) / sqrt(variance + epsilon).
 */
export function layerNorm(x: tf.Tensor, g: tf.Tensor, b: tf.Tensor, epsilon: number): tf.Tensor {
  const op = tf.customGrad((...args) => {
    const [x, g, b, save] = args as unknown as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const h = tf.mul(centred, scale);
    save([h, scale, g]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [h, scale, g] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      const u = tf.mul(dy, g);
      const along = tf.mul(h, tf.mean(tf.mul(u, h), -1, true));
      const dx = tf.mul(tf.sub(tf.sub(u, tf.mean(u, -1, true)), along), scale);
      return [dx, tf.sum(tf.mul(dy, h), 0), tf.sum(dy, 0)];
    };
    return { value: tf.add(tf.mul(h, g), b), gradFunc: gradFunc as never };
  });
  return op(x, g, b);
}

/** x W^T + b with W as PyTorch keeps it: x [R, I], W [O, I], b [O] -> [R, O]. */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return tf.add(tf.matMul(x as tf.Tensor2D, weight as tf.Tensor2D, false, true), bias);
}

/**
 * Gaussian error linear unit (Hendrycks and Gimpel 2016), exact: x F(x) with F(x) = (1 + erf(x / sqrt 2)) / 2. Its gradient
 * is F(x) + x f(x), f the normal density: with t = x / sqrt 2 that is F + t exp(-t^2 - log sqrt pi).
 */
export function gelu(x: tf.Tensor): tf.Tensor {
  const op = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    const t = tf.mul(x, Math.SQRT1_2);
    const share = tf.add(tf.mul(tf.erf(t), 0.5), 0.5);
    save([t, share]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor => {
      const [t, share] = saved as [tf.Tensor, tf.Tensor];
      const density = tf.exp(tf.sub(-Math.log(Math.PI) / 2, tf.square(t)));
      return tf.mul(dy, tf.add(share, tf.mul(t, density)));
    };
    return { value: tf.mul(x, share), gradFunc: gradFunc as never };
  });
  return op(x);
}

/** Its tanh form, as in the original BERT code: x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2. */
export function geluTanh(x: tf.Tensor): tf.Tensor {
  const inner = tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
}

/** Where the rows of a packed batch stand in the padded one; see PackedBatch. */
export interface Places {
  /** [B, T] */
  readonly padIndex: tf.Tensor;
  /** [P] */
  readonly unpadIndex: tf.Tensor;
  /** [B, T] */
  readonly mask: tf.Tensor;
}

/**
 * Packed rows to padded places: x [P, D] -> [B * T, D]. Padding holds a copy of row 0, which whoever uses the result
 * must mask; the gradient of padding is taken to be zero, so that going back is a gather too.
 */
export function pad(x: tf.Tensor, { padIndex, unpadIndex }: Places): tf.Tensor {
  const flat = tf.reshape(padIndex, [-1]) as tf.Tensor1D;
  return gatherBothWays(x, flat, (dy) => tf.gather(dy, unpadIndex as tf.Tensor1D));
}

/**
 * The first row of each sentence: x [P, D] -> [B, D]. Its gradient goes to the rows at position 0, found from each
 * row's sentence [P], so that no scatter is needed.
 */
export function firstRows(x: tf.Tensor, clsIndex: tf.Tensor, sentences: tf.Tensor, positions: tf.Tensor): tf.Tensor {
  // Made in the gradient: what the forward pass makes is freed before that runs.
  const first = (): tf.Tensor => tf.cast(tf.equal(positions, tf.scalar(0, "int32")), "float32");
  return gatherBothWays(x, clsIndex as tf.Tensor1D, (dy) => backToRows(dy, sentences, first()));
}

/**
 * Some rows, each at most once: x [P, D], rows [R] -> [R, D]. `places` [P] says where in `rows` a row stands, `chosen`
 * [P] whether it does, so that the gradient is a gather too.
 */
export function pickRows(x: tf.Tensor, rows: tf.Tensor, places: tf.Tensor, chosen: tf.Tensor): tf.Tensor {
  return gatherBothWays(x, rows as tf.Tensor1D, (dy) => backToRows(dy, places, chosen));
}

/** dy [R, D] to the rows it belongs to: [P, D], zero where `chosen` is. */
function backToRows(dy: tf.Tensor, places: tf.Tensor, chosen: tf.Tensor): tf.Tensor {
  return tf.mul(tf.gather(dy, places as tf.Tensor1D), tf.reshape(chosen, [-1, 1]));
}

/** The activation of that name in a configuration. */
export function activation(name: "gelu" | "gelu_new" | "relu"): (x: tf.Tensor) => tf.Tensor {
  return { gelu, gelu_new: geluTanh, relu: (x: tf.Tensor) => tf.relu(x) }[name];
}

/** A gather of rows whose gradient is given: tfjs' own sums by index, which a permutation does not need. */
export function gatherBothWays(x: tf.Tensor, index: tf.Tensor, back: (dy: tf.Tensor) => tf.Tensor): tf.Tensor {
  const op = tf.customGrad((x) => ({ value: tf.gather(x as tf.Tensor, index as tf.Tensor1D), gradFunc: back }));
  return op(x);
}
