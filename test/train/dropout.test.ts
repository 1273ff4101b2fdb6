import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { dropoutMask } from "../../lib/train/dropout.ts";

describe("fillUint32", () => {
  it("gives the numbers of as many calls of uint32, and both go on from there", () => {
    for (const n of [0, 1, 7, 4099]) {
      const [filled, called] = [random(n), random(n)];
      filled.uint32();
      called.uint32();
      const out = new Uint32Array(n);
      filled.fillUint32(out);
      expect([...out]).toEqual(Array.from({ length: n }, () => called.uint32()));
      expect(filled.uint32()).toBe(called.uint32());
      expect(filled.normal()).toBe(called.normal());
    }
  });
});

describe("a dropout mask", () => {
  it("is 0 at its rate and 1 / (1 - rate) elsewhere", () => {
    for (const rate of [0.1, 0.5, 0.83]) {
      const n = 101 * 307;
      const { data, shape } = dropoutMask([101, 307], rate, random(`rate ${rate}`));
      expect(shape).toEqual([101, 307]);
      const zeros = data.filter((x) => x === 0).length;
      expect(data.filter((x) => x === Math.fround(1 / (1 - rate)))).toHaveLength(n - zeros);
      expect(Math.abs(zeros / n - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / n));
    }
  });

  it("comes from its generator alone, one number each", () => {
    const [a, b] = [random(3), random(3)];
    const whole = dropoutMask([9001], 0.3, a);
    const parts = [dropoutMask([5003], 0.3, b), dropoutMask([3998], 0.3, b)];
    expect([...whole.data]).toEqual(parts.flatMap((p) => [...p.data]));
    expect(dropoutMask([9001], 0.3, random(3)).data).toEqual(whole.data);
    expect(dropoutMask([9001], 0.3, random(4)).data).not.toEqual(whole.data);
  });

  it("is all 1 at rate 0, and refuses rates that are none", () => {
    expect([...dropoutMask([5], 0, random(1)).data]).toEqual([1, 1, 1, 1, 1]);
    for (const rate of [-0.1, 1, Number.NaN]) expect(() => dropoutMask([5], rate, random(1))).toThrow(RangeError);
  });
});
