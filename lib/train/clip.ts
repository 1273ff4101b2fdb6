/** The global norm of the gradients, and by how much they are scaled down where it is too large. */
import { kernels } from "./kernels.ts";
import { type Gradients, numbersOf } from "./rows.ts";

export interface GlobalNorm {
  /** Square root of the sum of all squares, added in float64. */
  readonly norm: number;
  /** The first parameter whose gradient has a NaN or an infinity. Absent where all are finite. */
  readonly notFinite?: string;
}

/** The norm of all gradients as one vector. Sparse ones must be merged (`mergeRows`): rows of one id are one row. */
export type Norm = (gradients: Gradients) => GlobalNorm;

/** The norm for one use. */
export const globalNorm: Norm = (gradients) => normMaker()(gradients);

/** The norm for many uses: it is a compiled program, made here. */
export function normMaker(): Norm {
  const { squares } = kernels();
  return (gradients) => {
    let sum = 0;
    let notFinite: string | undefined;
    for (const [name, gradient] of Object.entries(gradients)) {
      const own = squares(numbersOf(gradient));
      if (!Number.isFinite(own)) notFinite ??= name;
      sum += own;
    }
    return { norm: Math.sqrt(sum), ...(notFinite === undefined ? {} : { notFinite }) };
  };
}

/** What to multiply gradients of this norm with, as torch.nn.utils.clip_grad_norm_: min(1, max / (norm + 1e-6)). */
export function clipFactor(norm: number, max: number): number {
  return max === Number.POSITIVE_INFINITY ? 1 : Math.min(1, max / (norm + 1e-6));
}
