import { JSDOM } from "jsdom";
import { describe, expect, it } from "vitest";
import { boxOf, pageBoxOf, type SvgElement, textLength } from "../../lib/plots/boxes.ts";

/** Half an em a letter, so that widths can be counted. */
const measure = (text: string): number => text.length / 2;
const element = (svg: string, selector: string): SvgElement =>
  new JSDOM(`<svg>${svg}</svg>`).window.document.querySelector(selector) as unknown as SvgElement;
const rounded = (box: object): Record<string, number> =>
  Object.fromEntries(Object.entries(box).map(([side, n]) => [side, Math.round(n * 1000) / 1000]));

describe("boxOf", () => {
  it.each([
    ["start", 30],
    ["middle", 20],
    ["end", 10],
  ])("finds a text at its %s", (anchor, x) => {
    const text = element(`<text x="30" y="50" text-anchor="${anchor}" style="font-size: 10px">four</text>`, "text");
    expect(rounded(boxOf(text, measure))).toEqual({ x, y: 40.72, width: 20, height: 11.64 });
    expect(textLength(text, measure)).toBe(20);
  });

  it("takes the longest of several lines, 1.3 em apart, and the size of letters from around", () => {
    const lines = '<tspan class="line">abc</tspan><tspan class="line">abcde</tspan>';
    const text = element(`<g font-size="20"><text x="0" y="0">${lines}</text></g>`, "text");
    expect(rounded(boxOf(text, measure))).toEqual({ x: 0, y: -18.56, width: 50, height: 49.28 });
  });

  it("surrounds all texts and rectangles of a group, in the group's own coordinates", () => {
    const inner =
      '<rect x="1" y="2" width="3" height="5" transform="translate(10,20)"></rect><path d="M0,0L99,99"></path>';
    const group = element(
      `<g transform="translate(700,700)">${inner}<rect x="0" y="30" width="7" height="11"></rect></g>`,
      "g",
    );
    expect(boxOf(group, measure)).toEqual({ x: 0, y: 22, width: 14, height: 19 });
  });

  it("is nothing for what has no size of its own", () => {
    expect(boxOf(element("<path d='M0,0'></path>", "path"), measure)).toEqual({ x: 0, y: 0, width: 0, height: 0 });
  });
});

describe("pageBoxOf", () => {
  it.each([
    ["translate(5, 7)", { x: 5, y: 7, width: 10, height: 20 }],
    ["scale(2,3)", { x: 0, y: 0, width: 20, height: 60 }],
    ["scale(2)", { x: 0, y: 0, width: 20, height: 40 }],
    ["rotate(90)", { x: -20, y: 0, width: 20, height: 10 }],
    ["rotate(90,10,20)", { x: 10, y: 10, width: 20, height: 10 }],
    ["matrix(0,2,-1,0,3,5)", { x: -17, y: 5, width: 20, height: 20 }],
    ["translate(5,7)rotate(-90)", { x: 5, y: -3, width: 20, height: 10 }], // the last is done first
  ])("applies %s", (transform, box) => {
    const rect = element(`<g transform="${transform}"><rect width="10" height="20"></rect></g>`, "rect");
    expect(rounded(pageBoxOf(rect, measure))).toEqual(box);
  });
});
