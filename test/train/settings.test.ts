import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { differences, plain, planOf, settingsOf } from "../../lib/train/settings.ts";
import { parabola } from "./problem.ts";

describe("the settings of a run", () => {
  it("have the defaults in place, parameters by shape and decay, and nothing that changes no number", () => {
    const plan = planOf({ steps: 7, lr: 0.1, checkpointEvery: 3, settings: { executor: "compiled cpu" } });
    expect(settingsOf(parabola(5), plan)).toEqual({
      steps: 7,
      lr: 0.1,
      warmup: 0.1,
      schedule: "linear",
      clip: 1,
      evaluateEvery: 7,
      evaluateFrom: 0,
      selectBy: "loss",
      patience: "Infinity",
      seed: 1,
      optimizer: { betas: [0.9, 0.999], eps: 1e-8, decay: 0.01, biasCorrection: true },
      parameters: { x: "float32[1]" },
      settings: { executor: "compiled cpu" },
    });
    const bias = { ...parabola(5), params: { "x.bias": parabola(5).params.x! } };
    expect(settingsOf(bias, plan)).toMatchObject({ parameters: { "x.bias": "float32[1] without decay" } });
  });

  it("are compared place by place", () => {
    const before = plain({ lr: 0.1, data: { name: "a", shots: [1, 5] }, old: true });
    const now = plain({ lr: 0.2, data: { name: "a", shots: [1, 3] }, clip: Number.POSITIVE_INFINITY });
    expect(differences(before, before)).toEqual([]);
    expect(differences(now, before)).toEqual([
      "lr is 0.2, was 0.1",
      "data.shots is [1,3], was [1,5]",
      'clip is "Infinity", was absent',
      "old is absent, was true",
    ]);
    expect(differences(now, before, 2)).toEqual(["lr is 0.2, was 0.1", "data.shots is [1,3], was [1,5]", "and 2 more"]);
  });

  it("are refused where they make no sense", () => {
    const good = { steps: 7, lr: 0.1 };
    const bad = [
      [{ steps: 0 }, "steps is 0, wanted a whole number from 1"],
      [{ evaluateEvery: 1.5 }, "evaluateEvery is 1.5"],
      [{ checkpointEvery: -1 }, "checkpointEvery is -1"],
      [{ lr: Number.NaN }, "lr is NaN"],
      [{ clip: 0 }, "clip is 0"],
      [{ patience: 0 }, "patience is 0"],
      [{ optimizer: { eps: 0 } }, "eps is 0"],
    ] as const;
    for (const [options, message] of bad) {
      expect(() => planOf({ ...good, ...options })).toThrow(InputError);
      expect(() => planOf({ ...good, ...options })).toThrow(message);
    }
  });
});
