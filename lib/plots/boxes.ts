/** Sizes of SVG elements, which plotly asks of its browser and jsdom does not know. */

/** What is needed of an element, without the browser's types. */
export interface SvgElement {
  readonly nodeName: string;
  readonly parentNode: SvgElement | null;
  readonly textContent: string | null;
  readonly style?: { readonly fontSize: string; readonly textAnchor: string };
  getAttribute?(name: string): string | null;
  querySelectorAll(selector: string): Iterable<SvgElement>;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Width of a text in em. */
export type Measure = (text: string) => number;

// Of DejaVu Sans, in em; plotly sets lines 1.3 em apart.
const ASCENT = 0.928;
const DESCENT = 0.236;
const LINE = 1.3;
const NOTHING: Box = { x: 0, y: 0, width: 0, height: 0 };

/** The box of an element in its own coordinates: of a text, rectangle or picture, or of all texts and rectangles within. */
export function boxOf(element: SvgElement, measure: Measure): Box {
  const own = ownBox(element, measure);
  if (own) return own;
  const inner = [...element.querySelectorAll("text, rect")].flatMap((part) => {
    const box = ownBox(part, measure);
    return box ? [transformed(part, box, element)] : [];
  });
  return inner.length ? inner.reduce(union) : NOTHING;
}

/** The box of an element in the page: all transforms applied. */
export function pageBoxOf(element: SvgElement, measure: Measure): Box {
  return transformed(element, boxOf(element, measure), null);
}

/** The width of the longest line of a text element. */
export function textLength(element: SvgElement, measure: Measure): number {
  return fontSize(element) * Math.max(...linesOf(element).map(measure));
}

function ownBox(element: SvgElement, measure: Measure): Box | undefined {
  const name = element.nodeName.toLowerCase();
  if (name === "text" || name === "tspan") return textBox(element, measure);
  if (!["rect", "image", "svg"].includes(name)) return undefined;
  const of = (attribute: string): number => number(element, attribute);
  return { x: of("x"), y: of("y"), width: of("width"), height: of("height") };
}

function textBox(element: SvgElement, measure: Measure): Box {
  const size = fontSize(element);
  const width = textLength(element, measure);
  const anchor = element.getAttribute?.("text-anchor") || element.style?.textAnchor;
  const shift = anchor === "middle" ? width / 2 : anchor === "end" ? width : 0;
  const height = size * (ASCENT + DESCENT + LINE * (linesOf(element).length - 1));
  return { x: number(element, "x") - shift, y: number(element, "y") - size * ASCENT, width, height };
}

function linesOf(element: SvgElement): string[] {
  const lines = [...element.querySelectorAll("tspan.line")].map((line) => line.textContent ?? "");
  return lines.length ? lines : [element.textContent ?? ""];
}

function fontSize(element: SvgElement): number {
  for (let e: SvgElement | null = element; e; e = e.parentNode) {
    const size = Number.parseFloat(e.style?.fontSize || e.getAttribute?.("font-size") || "");
    if (size > 0) return size;
  }
  return 12;
}

function number(element: SvgElement, attribute: string): number {
  return Number.parseFloat(element.getAttribute?.(attribute) ?? "") || 0;
}

/** A box after the transforms of an element and those around it, up to `stop`. */
function transformed(element: SvgElement, box: Box, stop: SvgElement | null): Box {
  const right = box.x + box.width;
  const bottom = box.y + box.height;
  let corners: Point[] = [
    [box.x, box.y],
    [right, box.y],
    [box.x, bottom],
    [right, bottom],
  ];
  for (let e: SvgElement | null = element; e && e !== stop; e = e.parentNode) {
    const operations = [...(e.getAttribute?.("transform") ?? "").matchAll(/(\w+)\(([^)]*)\)/g)].reverse();
    for (const [, name, list] of operations) {
      const values = (list as string).split(/[\s,]+/).map(Number);
      corners = corners.map((corner) => moved(corner, name as string, values));
    }
  }
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

type Point = readonly [x: number, y: number];

/** One operation of a transform attribute (SVG 1.1, section 7.6). */
function moved([x, y]: Point, name: string, values: readonly number[]): Point {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = values;
  if (name === "translate") return [x + a, y + b];
  if (name === "scale") return [x * a, y * (values[1] ?? a)];
  if (name === "matrix") return [a * x + c * y + e, b * x + d * y + f];
  if (name !== "rotate") return [x, y];
  const [cos, sin] = [Math.cos((a * Math.PI) / 180), Math.sin((a * Math.PI) / 180)];
  return [cos * (x - b) - sin * (y - c) + b, sin * (x - b) + cos * (y - c) + c];
}

function union(a: Box, b: Box): Box {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
