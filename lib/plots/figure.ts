/** Figures as plain plotly JSON, and the layout that all of them share. */
import { escapeText, FONT_SIZE, wrap } from "./text.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One plotly trace: its `type` (`scatter`, `bar`, `heatmap`) and that type's attributes. */
export interface Trace {
  readonly type: string;
  readonly [attribute: string]: Json;
}

/** Title, axes, legend, margins, annotations, shapes, and the size in pixels: plotly's layout. */
export interface Layout {
  readonly [attribute: string]: Json;
}

/** A figure that plotly.js draws as it is; JSON.stringify saves it. */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Layout;
}

/** DejaVu Sans is what static pictures are drawn with; Verdana has nearly its widths and stands in for it in browsers. */
export const FONT = "DejaVu Sans, Verdana, ZCOOL XiaoWei, sans-serif";
export const INK = "#222222";
/** For what belongs to no class, and for marks that explain a legend. */
export const GREY = "#a6a6a6";

/** How live figures behave: few buttons, no button that sends data to a server, no formulas. */
export const CONFIG: Readonly<Record<string, Json>> = {
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "",
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
  typesetMath: false,
};

/** The shared look: white, large enough to read, the legend to the right of the data, never on it. */
export function baseLayout(title: string | undefined, width: number, height: number): Record<string, Json> {
  const layout: Record<string, Json> = {
    width,
    height,
    font: { family: FONT, size: FONT_SIZE, color: INK },
    paper_bgcolor: "white",
    plot_bgcolor: "white",
    margin: { l: 60, r: 24, t: 24, b: 30 }, // where labels need more, automargin adds it
    hovermode: "closest",
    hoverlabel: { font: { family: FONT, size: FONT_SIZE - 1 }, align: "left" },
    legend: { x: 1.02, xanchor: "left", y: 1, yanchor: "top", itemsizing: "constant", itemwidth: 40, tracegroupgap: 4 },
  };
  if (title) {
    const size = FONT_SIZE + 3;
    const text = wrap(title, width - 60, size);
    layout.margin = { l: 60, r: 24, t: Math.round(24 + 1.3 * size * text.split("<br>").length), b: 30 };
    layout.title = {
      text,
      font: { size },
      x: 0,
      xref: "container",
      xanchor: "left",
      y: 1,
      yref: "container",
      yanchor: "top",
      pad: { t: 14, l: 16 },
    };
  }
  return layout;
}

/** An axis with a light grid, whose margin grows with its labels; `more` adds to it or replaces parts. */
export function axis(title?: string, more: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  return {
    gridcolor: "#e6e6e6",
    zeroline: false,
    showline: true,
    linecolor: "#777777",
    ticks: "outside",
    tickcolor: "#777777",
    ticklen: 4,
    automargin: true,
    ...(title && { title: { text: escapeText(title), standoff: 10 } }),
    ...more,
  };
}

/** A number for a figure: six significant digits keep files small; JSON has no NaN, and plotly draws null as a gap. */
export function point(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(6));
}
