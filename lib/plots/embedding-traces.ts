/** The marks of an embedding map: texts, supports, prototypes, others and wrong ones, and the legend that explains them. */
import { GREY, INK, type Json, point, type Trace } from "./figure.ts";
import { PALETTE, styleOf } from "./palette.ts";
import { wrap } from "./text.ts";

export interface EmbeddingPoint {
  readonly x: number;
  readonly y: number;
  /** The class; of an `other` text, what it is shown as under the pointer. */
  readonly label: string;
  readonly text: string;
  /** Default "text". */
  readonly role?: "text" | "support" | "prototype" | "other";
  /** The text was put into a wrong class: a ring marks it. Default false. */
  readonly wrong?: boolean;
}

type Marker = Readonly<Record<string, Json>>;

const NAME = 230; // pixels of a class name in the legend
const HOVER = 360; // pixels of a text under the pointer
// Groups of the legend beside the classes, which have no space in front.
const OTHER = " other";

/** What a mark looks like in a colour and a symbol. */
const LOOKS = {
  text: (colour: string, symbol: string): Marker => {
    return { color: colour, symbol, size: 9, opacity: 0.85, line: { color: "white", width: 0.8 } };
  },
  support: (colour: string, symbol: string): Marker => {
    return { color: colour, symbol, size: 13, line: { color: INK, width: 1.8 } };
  },
  prototype: (colour: string): Marker => {
    return { color: colour, symbol: "star", size: 24, line: { color: INK, width: 1.5 } };
  },
};
const OTHER_MARK: Marker = { ...LOOKS.text(GREY, "circle"), size: 7 };
const WRONG_MARK: Marker = { color: INK, symbol: "circle-open", size: 17, line: { color: INK, width: 1.8 } };

/** A panel's traces, what matters most drawn last: others, texts, supports, rings around wrong ones, prototypes. */
export function panelTraces(points: readonly EmbeddingPoint[], classes: readonly string[], panel: number): Trace[] {
  const axes: Record<string, string> = panel ? { xaxis: `x${panel + 1}`, yaxis: `y${panel + 1}` } : {};
  const trace = (own: readonly EmbeddingPoint[], legendgroup: string, marker: Marker): Trace[] => {
    return own.length ? [{ ...markers(own), ...axes, legendgroup, marker }] : [];
  };
  const others = points.filter((p) => p.role === "other");
  const ofClass = classes.map((label) => points.filter((p) => p.role !== "other" && p.label === label));
  const inRole = (role: keyof typeof LOOKS): Trace[] =>
    classes.flatMap((label, i) => {
      const { colour, symbol } = styleOf(i);
      const own = ofClass[i]?.filter((p) => (p.role ?? "text") === role) ?? [];
      return trace(own, label, LOOKS[role](colour, symbol));
    });
  const rings = (own: readonly EmbeddingPoint[], group: string): Trace[] =>
    trace(
      own.filter((p) => p.wrong),
      group,
      WRONG_MARK,
    );
  return [
    ...trace(others, OTHER, OTHER_MARK),
    ...inRole("text"),
    ...inRole("support"),
    ...rings(others, OTHER),
    ...classes.flatMap((label, i) => rings(ofClass[i] ?? [], label)),
    ...inRole("prototype"),
    ...(classes.length > PALETTE.length ? starCentres(points, classes, trace) : []),
  ];
}

/** The symbols of classes in white on their stars, for where colours come again. */
function starCentres(
  points: readonly EmbeddingPoint[],
  classes: readonly string[],
  trace: (own: readonly EmbeddingPoint[], group: string, marker: Marker) => Trace[],
): Trace[] {
  return classes.flatMap((label, i) => {
    const own = points.filter((p) => p.role === "prototype" && p.label === label);
    return trace(own, label, { color: "white", symbol: styleOf(i).symbol, size: 7 });
  });
}

function markers(points: readonly EmbeddingPoint[]): Trace {
  return {
    type: "scatter",
    mode: "markers",
    showlegend: false,
    x: points.map((p) => point(p.x)),
    y: points.map((p) => point(p.y)),
    text: points.map((p) => wrap(p.text, HOVER)),
    customdata: points.map((p) => wrap(captionOf(p), HOVER)),
    hovertemplate: "%{text}<br><i>%{customdata}</i><extra></extra>",
  };
}

function captionOf({ label, role = "text", wrong }: EmbeddingPoint): string {
  const what = role === "text" || role === label ? "" : `, ${role}`;
  return label + what + (wrong ? ", put into a wrong class" : "");
}

/** One line of the legend for each class, then what the marks mean, as far as they occur. */
export function legendTraces(points: readonly EmbeddingPoint[], classes: readonly string[]): Trace[] {
  const entry = (name: string, legendgroup: string, marker: Marker): Trace => {
    const shown = { showlegend: true, hoverinfo: "skip", name: wrap(name, NAME), legendgroup, marker };
    return { type: "scatter", mode: "markers", x: [null], y: [null], ...shown };
  };
  const key = (name: string, marker: Marker, occurs: (p: EmbeddingPoint) => boolean): Trace[] => {
    return points.some(occurs) ? [entry(name, ` ${name}`, marker)] : [];
  };
  return [
    ...classes.map((label, i) => entry(label, label, LOOKS.text(styleOf(i).colour, styleOf(i).symbol))),
    ...key("other", OTHER_MARK, (p) => p.role === "other"),
    ...key("support", LOOKS.support(GREY, "circle"), (p) => p.role === "support"),
    ...key("prototype", LOOKS.prototype(GREY), (p) => p.role === "prototype"),
    ...key("wrong class", WRONG_MARK, (p) => p.wrong === true),
  ];
}
