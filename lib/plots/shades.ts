/** Shades for values, from light to dark, and the colour of letters that can be read on them. */
import { channels } from "./palette.ts";

/** One hue from light to dark: in order with any form of colour blindness, and in print without colour. */
export const STOPS = ["#f1f6fa", "#a9d3ee", "#56a5d8", "#0072b2", "#06315c"] as const;
/** Of a cell without a value. */
export const EMPTY = "#ececec";

/** The colour of a value, `#rrggbb`: between the stops in straight lines, as plotly does it. */
export function cellColour(value: number, [low, high]: readonly [number, number]): string {
  if (!Number.isFinite(value)) return EMPTY;
  const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  const i = Math.min(STOPS.length - 2, Math.floor(share * (STOPS.length - 1)));
  const [from, to] = [channels(STOPS[i] as string), channels(STOPS[i + 1] as string)];
  const part = share * (STOPS.length - 1) - i;
  const mixed = from.map((c, k) => Math.round(c + part * ((to[k] as number) - c)));
  return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
}

/** White or black, whichever has the higher contrast: at least 4.58 on any colour. */
export function textColour(background: string): string {
  return contrast("#ffffff", background) > contrast("#000000", background) ? "#ffffff" : "#000000";
}

/** The contrast ratio of two colours (WCAG 2.1), from 1 to 21; texts want 4.5. */
export function contrast(a: string, b: string): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [r, g, b] = channels(colour).map((c) => {
    const s = c / 255;
    return s <= 0.03928 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
