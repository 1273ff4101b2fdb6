/** Colours, symbols and line patterns that readers tell apart, with colour blindness too. */

/**
 * Eight colours that stay apart under red, green and blue blindness: six of Okabe and Ito's (2008); their yellow and
 * black, too faint on white and too close to text, gave way to a dark violet and a brown.
 */
export const PALETTE = [
  "#0072b2",
  "#d55e00",
  "#009e73",
  "#cc79a7",
  "#e69f00",
  "#56b4e9",
  "#332288",
  "#6b4a1c",
] as const;

/** Seven beside eight colours: 56 pairs before one comes again. Stars are left to prototypes. */
export const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "x"] as const;
const DASHES = ["solid", "dash", "dot", "dashdot"] as const;

export interface Style {
  /** `#rrggbb`. */
  readonly colour: string;
  readonly symbol: string;
  /** Line pattern: changes after each round of the colours. */
  readonly dash: string;
}

/** The look of the `i`-th class, run or method, from 0. */
export function styleOf(i: number): Style {
  return {
    colour: PALETTE[i % PALETTE.length] as string,
    symbol: SYMBOLS[i % SYMBOLS.length] as string,
    dash: DASHES[Math.floor(i / PALETTE.length) % DASHES.length] as string,
  };
}

/** Red, green and blue of `#rrggbb`, from 0 to 255. */
export function channels(colour: string): [number, number, number] {
  const n = Number.parseInt(colour.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** A colour `#rrggbb` with an opacity from 0 to 1. */
export function faint(colour: string, opacity: number): string {
  return `rgba(${channels(colour).join(",")},${opacity})`;
}
