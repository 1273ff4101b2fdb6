/** The global norm of the gradients, and by how much they are scaled down where it is too large. */
import { type Gradients, numbersOf } from "./rows.ts";

export interface GlobalNorm {
  /** Square root of the sum of all squares, added in float64. */
  readonly norm: number;
  /** The first parameter whose gradient has a NaN or an infinity. Absent where all are finite. */
  readonly notFinite?: string;
}

/** The norm of all gradients as one vector. Sparse ones must be merged (`mergeRows`): rows of one id are one row. */
export function globalNorm(gradients: Gradients): GlobalNorm {
  let sum = 0;
  let notFinite: string | undefined;
  for (const [name, gradient] of Object.entries(gradients)) {
    const squares = sumOfSquares(numbersOf(gradient)); // float32 squares cannot overflow a float64
    if (!Number.isFinite(squares)) notFinite ??= name;
    sum += squares;
  }
  return { norm: Math.sqrt(sum), ...(notFinite === undefined ? {} : { notFinite }) };
}

/** What to multiply gradients of this norm with, as torch.nn.utils.clip_grad_norm_: min(1, max / (norm + 1e-6)). */
export function clipFactor(norm: number, max: number): number {
  return max === Number.POSITIVE_INFINITY ? 1 : Math.min(1, max / (norm + 1e-6));
}

function sumOfSquares(x: Float32Array): number {
  let [a, b, c, d] = [0, 0, 0, 0]; // four sums: one would wait for itself at every addition
  const whole = x.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    a += x[i]! * x[i]!;
    b += x[i + 1]! * x[i + 1]!;
    c += x[i + 2]! * x[i + 2]!;
    d += x[i + 3]! * x[i + 3]!;
  }
  for (let i = whole; i < x.length; i++) a += x[i]! * x[i]!;
  return a + b + (c + d);
}
