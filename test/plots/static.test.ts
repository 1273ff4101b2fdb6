import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bars } from "../../lib/plots/bars.ts";
import type { Figure } from "../../lib/plots/figure.ts";
import { cellColour } from "../../lib/plots/shades.ts";
import { figurePng, figureSvg, svgToPng } from "../../lib/plots/static.ts";
import { transpile } from "../built.ts";
import { drawn, SMALL } from "./draw.ts";
import { readPng } from "./png.ts";

const TWO = bars(
  [
    { group: "clinc150", name: "raw", mean: 0.31, ci95: 0.02 },
    { group: "clinc150", name: "trained 训练后", mean: 0.93, ci95: 0.01 },
  ],
  { title: "Accuracy", chance: 0.2 },
);

/** Text of a line of SVG in the fonts of pictures, black on white. */
const lineSvg = (text: string, anchor: "start" | "end", x: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="260" height="40"><text x="${x}" y="28" text-anchor="${anchor}" style="font-family:'DejaVu Sans',sans-serif;font-size:20px">${text}</text></svg>`;

describe("figureSvg", () => {
  it("holds every label of the figure, as text", async () => {
    const svg = await figureSvg(TWO);
    for (const label of [
      "Accuracy",
      "accuracy (%)",
      "clinc150",
      "raw",
      "trained 训练后",
      "31.0",
      "93.0",
      "chance 20.0",
    ]) {
      expect(svg).toContain(`>${label}</t`);
    }
    expect(svg).toMatch(/^<svg[^>]* width="640" height="480"/);
  });

  it("draws in the size that is asked for", async () => {
    expect(await figureSvg(TWO, { width: 703, height: 407 })).toMatch(/^<svg[^>]* width="703" height="407"/);
  });

  it("gives the same bytes again, also between other figures and all at once", async () => {
    const first = await figureSvg(SMALL);
    const rest = await Promise.all([figureSvg(TWO), figureSvg(SMALL), figureSvg(TWO), figureSvg(SMALL)]);
    expect(rest[1]).toBe(first);
    expect(rest[3]).toBe(first);
    expect(rest[2]).toBe(rest[0]);
    expect(rest[0]).not.toBe(first);
  });

  it("gives the same bytes in another process, PNG too", async () => {
    const { folder, script } = transpile("test/plots/draw.ts");
    try {
      expect(execFileSync(process.execPath, [script, "draw"], { encoding: "utf8" })).toBe(await drawn());
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("leaves the figure as it was", async () => {
    const before = JSON.stringify(TWO);
    await figureSvg(TWO);
    expect(JSON.stringify(TWO)).toBe(before);
  });

  it.each(["scattergl", "scatter3d"])("refuses %s, and draws the next figure", async (type) => {
    const figure: Figure = {
      data: [
        { type: "bar", y: [1] },
        { type, name: "points", x: [1], y: [1] },
      ],
      layout: {},
    };
    await expect(figureSvg(figure)).rejects.toThrow(`trace 1 'points' is a ${type}, which needs WebGL; use scatter`);
    expect(await figureSvg(TWO)).toContain("clinc150");
  });

  it("refuses a size that is no number of pixels", async () => {
    await expect(figureSvg(TWO, { width: -3 })).rejects.toThrow("width is -3, but it must be a number in (0, 20000]");
    await expect(figurePng(TWO, { scale: Number.NaN })).rejects.toThrow("scale is NaN");
  });
});

describe("figurePng", () => {
  it("has the size times the scale, and the colours of the bars", async () => {
    const picture = readPng(await figurePng(TWO, { width: 503, height: 401, scale: 3 }));
    expect([picture.width, picture.height]).toEqual([1509, 1203]);
    const colours = picture.colours();
    expect(colours.size).toBeGreaterThan(30); // smooth edges of letters
    expect(colours.get("#0072b2")).toBeGreaterThan(10_000);
    expect(colours.get("#d55e00")).toBeGreaterThan(2 * (colours.get("#0072b2") as number));
  });

  it("draws heat maps in the colours that the texts on them were chosen for", async () => {
    const colours = readPng(await figurePng(SMALL, { scale: 1 })).colours();
    for (const value of [0.31, 0.5, 0.83, 0.97, 0.4]) {
      expect(colours.get(cellColour(value, [0.31, 0.97])), String(value)).toBeGreaterThan(1000);
    }
    expect(colours.get("#ececec")).toBeGreaterThan(1000); // the cell without a value
  });
});

describe("plotly in a window without a browser", () => {
  it("draws smooth heat maps, contours and pies too", async () => {
    const z = [
      [1, 5, 3],
      [7, 2, 11],
    ];
    const smooth: Figure = { data: [{ type: "heatmap", z, zsmooth: "best", showscale: true }], layout: {} };
    const colours = readPng(await figurePng(smooth, { width: 307, height: 211, scale: 1 })).colours();
    expect(colours.size).toBeGreaterThan(300); // between the colours of the cells
    expect(await figureSvg({ data: [{ type: "contour", z }], layout: {} })).toContain("contourlevel");
    expect(await figureSvg({ data: [{ type: "pie", values: [3, 5], labels: ["a", "b"] }], layout: {} })).toContain(
      "62.5%",
    );
  });
});

describe("svgToPng", () => {
  const picture = async (text: string, anchor: "start" | "end" = "start", x = 10) =>
    readPng(await svgToPng(lineSvg(text, anchor, x), 1));
  const whole = [0, 260, 0, 40] as const;

  it("has Chinese letters, not boxes", async () => {
    const [ni, hao, box] = await Promise.all(["你", "好", "龘"].map((letter) => picture(letter))); // no font has the last
    expect(ni?.part(...whole)).not.toBe(hao?.part(...whole));
    expect(ni?.part(...whole)).not.toBe(box?.part(...whole));
    expect(hao?.part(...whole)).not.toBe(box?.part(...whole));
    expect(box?.colours().size).toBeGreaterThan(1);
  });

  it("draws Latin letters beside Chinese ones as without them", async () => {
    const left = [0, 72, 0, 40] as const; // `mean h` is 73 pixels wide
    const [alone, beside] = await Promise.all(["mean h", "mean h你好"].map((text) => picture(text)));
    expect(beside?.part(...left)).toBe(alone?.part(...left));
    expect(beside?.part(...whole)).not.toBe(alone?.part(...whole));
  });

  it.each(["first fly offline", "reject"])("draws Chinese letters beside '%s' as without it", async (words) => {
    const right = [228, 250, 0, 40] as const;
    const [alone, beside] = await Promise.all(["你", `${words} 你`].map((text) => picture(text, "end", 250)));
    expect(beside?.part(...right)).toBe(alone?.part(...right));
  });
});
