import { describe, expect, it } from "vitest";
import { random } from "../../lib/core/random.ts";
import { dropoutMask, maskMaker } from "../../lib/train/dropout.ts";

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

  it("is what four generators of sfc32 draw in turn, seeded by 16 numbers of its own", () => {
    for (const n of [1, 3, 5, 4096, 4099, 9001]) {
      const rate = 0.3;
      const seeds = new Uint32Array(16);
      random(n).fillUint32(seeds);
      const lanes = [0, 1, 2, 3].map((lane) => [0, 1, 2, 3].map((word) => seeds[4 * word + lane] as number));
      const wanted = Array.from({ length: 4 * Math.ceil(n / 4) }, (_, i) => {
        const [a, b, c, d] = lanes[i % 4] as [number, number, number, number];
        const t = (a + b + d) >>> 0;
        lanes[i % 4] = [
          (b ^ (b >>> 9)) >>> 0,
          (c + (c << 3)) >>> 0,
          (((c << 21) | (c >>> 11)) + t) >>> 0,
          (d + 1) >>> 0,
        ];
        return t < Math.round(rate * 2 ** 32) ? 0 : Math.fround(1 / (1 - rate));
      });
      expect([...dropoutMask([n], rate, random(n)).data]).toEqual(wanted.slice(0, n));
    }
  });

  it("comes from its generator alone, and the same maker does for many", () => {
    const maker = maskMaker();
    const [a, b] = [random(3), random(3)];
    for (const n of [5003, 7, 3998])
      expect(dropoutMask([n], 0.3, a, maker).data).toEqual(dropoutMask([n], 0.3, b).data);
    expect(dropoutMask([9001], 0.3, random(3)).data).not.toEqual(dropoutMask([9001], 0.3, random(4)).data);
  });

  it("is all 1 at rate 0, and refuses rates that are none", () => {
    expect([...dropoutMask([5], 0, random(1)).data]).toEqual([1, 1, 1, 1, 1]);
    for (const rate of [-0.1, 1, Number.NaN]) expect(() => dropoutMask([5], rate, random(1))).toThrow(RangeError);
  });
});
