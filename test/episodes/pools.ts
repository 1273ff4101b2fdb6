/** Pools for tests: random ones, with uneven classes and texts that stand under several, and plain ones. */
import fc from "fast-check";
import { poolOf } from "../../lib/episodes/pool.ts";
import type { EpisodeShape, TextPool } from "../../lib/episodes/types.ts";

/** A pool of classes of these sizes, all texts different. */
export function plainPool(sizes: readonly number[], other = 0): TextPool {
  const classes = sizes.map((n, c) => [`c${c}`, Array.from({ length: n }, (_, i) => `c${c} t${i}`)] as const);
  const outside = Array.from({ length: other }, (_, i) => `other ${i}`);
  return poolOf(Object.fromEntries(classes), outside);
}

/** Small shapes. */
export const shapes: fc.Arbitrary<EpisodeShape> = fc.record({
  nWay: fc.integer({ min: 1, max: 5 }),
  nShot: fc.integer({ min: 1, max: 3 }),
  nQuery: fc.integer({ min: 1, max: 3 }),
  nOther: fc.integer({ min: 0, max: 4 }),
});

/** Pools of uneven classes; some texts stand under two classes, or under a class and out of scope. */
export const pools: fc.Arbitrary<TextPool> = fc
  .tuple(
    fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 13 }),
    fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 5 }),
    fc.integer({ min: 0, max: 7 }),
  )
  .map(([sizes, shared, other]) => {
    const lists = sizes.map((n, c) => Array.from({ length: n }, (_, i) => `c${c} t${i}`));
    const outside = Array.from({ length: other }, (_, i) => `other ${i}`);
    for (const [from, to] of shared) {
      const text = lists[from % lists.length]![0]!;
      (to % 7 === 0 ? outside : lists[to % lists.length]!).push(text);
    }
    return poolOf(Object.fromEntries(lists.map((list, c) => [`c${c}`, list])), outside);
  });
