/** Whether both sides have done the same work: a bench of different work is void. */

/** Largest relative difference of two losses; float32 in another order of operations stays far below it. */
export const LOSS_TOLERANCE = 1e-3;
/** Largest difference of two numbers of vectors of length 1. */
export const VECTOR_TOLERANCE = 1e-3;
/** Mean difference of accuracies: a few queries of near equal scores may fall otherwise. */
export const ACCURACY_TOLERANCE = 0.002;

/** The work of two sides differs, so that their times cannot be compared. */
export class Void extends Error {
  override name = "Void";
}

/** Losses step by step, of the same weights and episodes. Returns the largest relative difference; throws Void above `tolerance`. */
export function sameLosses(
  kit: readonly number[],
  peer: readonly number[],
  who: string,
  tolerance = LOSS_TOLERANCE,
): number {
  const steps = Math.min(kit.length, peer.length);
  if (!steps) throw new Void(`this bench is void: ${who} and the kit have no training step in common`);
  let most = 0;
  for (let i = 0; i < steps; i++) {
    const [a, b] = [kit[i] as number, peer[i] as number];
    const apart = Math.abs(a - b) / Math.max(tolerance, Math.abs(b));
    if (!(apart <= tolerance)) {
      throw new Void(
        `this bench is void: at step ${i + 1} the kit's loss is ${a} and that of ${who} ${b} on the same episode and weights; ` +
          `wanted a relative difference of at most ${tolerance}`,
      );
    }
    most = Math.max(most, apart);
  }
  return most;
}

/** Vectors of the same texts. Returns the largest difference of two numbers; throws Void above 1e-3. */
export function sameVectors(
  kit: readonly (readonly number[])[],
  peer: readonly (readonly number[])[],
  who: string,
): number {
  const shapes = [kit, peer].map((side) => `${side.length} x ${side[0]?.length ?? 0}`);
  if (!kit.length || shapes[0] !== shapes[1])
    throw new Void(`this bench is void: the kit gave ${shapes[0]} numbers and ${who} ${shapes[1]}`);
  const apart = kit.flatMap((row, i) => row.map((value, j) => Math.abs(value - (peer[i]?.[j] ?? Number.NaN))));
  const most = Math.max(...apart); // NaN where one is
  if (!(most <= VECTOR_TOLERANCE))
    throw new Void(`this bench is void: vectors of the kit and of ${who} differ by ${most} for the same text`);
  return most;
}

/** Accuracies of the first episodes that both have scored; throws Void where their mean difference is above 0.002. */
export function sameAccuracies(kit: readonly number[], peer: readonly number[], who: string): number {
  const apart = peer.map((value, i) => Math.abs(value - (kit[i] ?? Number.NaN)));
  const mean = apart.reduce((a, b) => a + b, 0) / apart.length;
  if (!(mean <= ACCURACY_TOLERANCE)) {
    throw new Void(
      `this bench is void: accuracies of the kit and of ${who} differ by ${mean} on the mean of the same episodes`,
    );
  }
  return mean;
}

/** The message of a Void; undefined where there is none. */
export function differs(compare: () => unknown): string | undefined {
  try {
    compare();
    return undefined;
  } catch (error) {
    if (error instanceof Void) return error.message;
    throw error;
  }
}
