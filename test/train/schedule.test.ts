import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { type ScheduleName, schedule } from "../../lib/train/schedule.ts";

const cases = JSON.parse(readFileSync("test/fixtures/train/schedule.json", "utf8")) as {
  steps: number;
  warmup: number;
  factors: number[];
}[];

function factors(name: ScheduleName, steps: number, warmup: number): number[] {
  return Array.from({ length: steps }, (_, s) => schedule(name, steps, warmup)(s));
}

describe("schedule", () => {
  it.each(cases)("'linear' is get_linear_schedule_with_warmup for $steps steps, $warmup of warm-up", (c) => {
    expect(factors("linear", c.steps, c.warmup)).toEqual(c.factors);
  });

  it("'bert' falls on the line from step 0 once the warm-up is over", () => {
    expect(factors("bert", 8, 2)).toEqual([0, 1 / 2, 6 / 8, 5 / 8, 4 / 8, 3 / 8, 2 / 8, 1 / 8]);
  });

  it("'constant' stays at 1 after the warm-up", () => {
    expect(factors("constant", 5, 2)).toEqual([0, 0.5, 1, 1, 1]);
  });

  it("cuts a share of the steps to whole ones", () => {
    expect(factors("linear", 13, 0.3)).toEqual(factors("linear", 13, 3));
    expect(factors("linear", 5, 0.1)).toEqual(factors("linear", 5, 0));
  });

  it("refuses an unknown name and a warm-up that is none", () => {
    expect(() => schedule("cosine" as ScheduleName, 5, 0)).toThrow(/'cosine' is not known; there are linear/);
    for (const warmup of [-1, 1.5, Number.NaN]) expect(() => schedule("linear", 5, warmup)).toThrow(InputError);
  });
});
