/** Sides that take turns: each round runs every side once, in a process of its own, and every second round backwards. */
import { messageOf } from "../core/errors.ts";
import type { Runner } from "./processes.ts";
import { Void } from "./same-work.ts";
import { KIT, type Measurement, spread, spreadText } from "./summary.ts";
import type { TfjsPeer } from "./tfjs.ts";

/** How much is measured. */
export interface Sizes {
  readonly rounds: number;
  /** Training steps of a process; the first `warm` of them do not count. */
  readonly steps: number;
  readonly warm: number;
  readonly texts: number;
  readonly episodes: readonly number[];
  /** Episodes encoded anew in FewShotText's way, whose time is then scaled up. */
  readonly anew: number;
  readonly matmulRuns: number;
}

export const FULL: Sizes = {
  ...{ rounds: 5, steps: 12, warm: 3, texts: 5000, episodes: [600, 10_000], anew: 60, matmulRuns: 20 },
};
export const QUICK: Sizes = {
  ...{ rounds: 1, steps: 3, warm: 1, texts: 200, episodes: [20, 50], anew: 10, matmulRuns: 3 },
};

/** What all parts of a bench share. */
export interface Bench {
  readonly kit: Runner;
  /** Absent without a Python. */
  readonly python?: Runner;
  readonly tfjs: readonly TfjsPeer[];
  readonly threads: number;
  readonly sizes: Sizes;
  /** Keeps a measurement, on the disk at once. */
  record(m: Measurement): Promise<void>;
  /** A sentence for the table. Equal ones are kept once. */
  note(text: string): void;
  /** A line for whoever waits. */
  say(line: string): void;
}

export interface Side<T> {
  readonly name: string;
  run(): Promise<T>;
}

export type About = Pick<Measurement, "part" | "model" | "data" | "x">;
/** A figure of one outcome: its name, unit and value. */
export type Figure = Pick<Measurement, "figure" | "unit" | "value">;

/**
 * Runs the sides round by round and records what `figuresOf` reads from each outcome. A peer that fails is noted and left out;
 * a fault of the kit, or different work, ends the bench. `check` sees the kit's outcome and one of a peer of the same round.
 */
export async function takeTurns<T>(
  bench: Bench,
  about: About,
  sides: readonly Side<T>[],
  figuresOf: (outcome: T, side: string) => readonly Figure[],
  check: (kit: T, peer: T, who: string) => void = () => {},
): Promise<void> {
  let taking = [...sides];
  const first = new Map<string, number[]>();
  for (let round = 1; round <= bench.sizes.rounds; round++) {
    const outcomes = new Map<string, T>();
    for (const side of round % 2 ? taking : [...taking].reverse()) {
      try {
        outcomes.set(side.name, await side.run());
      } catch (error) {
        if (side.name === KIT || error instanceof Void) throw error;
        bench.note(`${side.name} (${about.part}, ${about.model}): ${messageOf(error)}`);
        taking = taking.filter((s) => s !== side);
      }
    }
    const ours = outcomes.get(KIT);
    for (const [name, outcome] of outcomes) if (ours !== undefined && name !== KIT) check(ours, outcome, name);
    for (const [name, outcome] of outcomes) {
      for (const figure of figuresOf(outcome, name)) {
        await bench.record({ ...about, ...figure, side: name, round });
        const key = `${figure.figure}, ${name} [${figure.unit}]`;
        first.set(key, [...(first.get(key) ?? []), figure.value]);
      }
    }
  }
  const where = [about.part, about.model, about.data, about.x].filter((v) => v !== undefined && v !== "").join(", ");
  for (const [key, values] of first) bench.say(`${where}: ${key} ${spreadText(spread(values))}`);
}
