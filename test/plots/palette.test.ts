import { describe, expect, it } from "vitest";
import { channels, faint, PALETTE, SYMBOLS, styleOf } from "../../lib/plots/palette.ts";
import { cellColour, contrast, STOPS, textColour } from "../../lib/plots/shades.ts";

type Colour = readonly [number, number, number];

// What is seen with a kind of cones missing, in linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
const SEEN: Record<string, readonly Colour[]> = {
  all: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const dot = (a: Colour, b: Colour): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

/** CIE L*a*b* of a colour as someone sees it. */
function lab(colour: string, eyes: readonly Colour[]): Colour {
  const linear = channels(colour).map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  const rgb = eyes.map((row) => Math.min(1, Math.max(0, dot(row, linear as unknown as Colour)))) as unknown as Colour;
  const [x, y, z] = [
    dot([0.4124, 0.3576, 0.1805], rgb) / 0.95047,
    dot([0.2126, 0.7152, 0.0722], rgb),
    dot([0.0193, 0.1192, 0.9505], rgb) / 1.08883,
  ].map((t) => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116)) as unknown as Colour;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe("the palette", () => {
  it.each(Object.keys(SEEN))("keeps all colours apart, and off white, for eyes with %s", (eyes) => {
    const seen = [...PALETTE, "#ffffff"].map((colour) => lab(colour, SEEN[eyes] as readonly Colour[]));
    seen.forEach((a, i) => {
      for (const b of seen.slice(0, i)) expect(Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2])).toBeGreaterThan(14);
    });
  });

  it("gives 56 classes pairs of colour and symbol of their own", () => {
    const pairs = Array.from({ length: 57 }, (_, i) => `${styleOf(i).colour} ${styleOf(i).symbol}`);
    expect(new Set(pairs.slice(0, 56)).size).toBe(56);
    expect(pairs[56]).toBe(pairs[0]);
    expect(SYMBOLS).not.toContain("star"); // for prototypes
  });

  it("changes the line pattern where colours come again", () => {
    expect([0, 7, 8, 15, 16].map((i) => styleOf(i).dash)).toEqual(["solid", "solid", "dash", "dash", "dot"]);
  });

  it("writes a faint colour", () => {
    expect(faint("#0a64ff", 0.2)).toBe("rgba(10,100,255,0.2)");
  });
});

describe("shades", () => {
  it("lets every text be read: contrast 4.5 and more", () => {
    for (let i = 0; i <= 100; i++) {
      const colour = cellColour(i, [0, 100]);
      expect(contrast(textColour(colour), colour), colour).toBeGreaterThan(4.5);
    }
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10); // WCAG 2.1, its greatest
  });

  it("goes from light to dark, through its stops, and stays at the ends", () => {
    const light = Array.from({ length: 41 }, (_, i) => contrast(cellColour(i, [0, 40]), "#000000"));
    for (let i = 1; i < light.length; i++) expect(light[i]).toBeLessThan(light[i - 1] as number);
    expect([-3, 0, 10, 20, 40, 99].map((v) => cellColour(v, [0, 40]))).toEqual([
      ...[STOPS[0], STOPS[0], STOPS[1], STOPS[2], STOPS[4], STOPS[4]],
    ]);
  });

  it("has a grey for no value and the lightest shade where all values are equal", () => {
    expect(cellColour(Number.NaN, [0, 1])).toBe("#ececec");
    expect(cellColour(0.7, [0.7, 0.7])).toBe(STOPS[0]);
  });
});
