/** plotly's own check of figures against its schema. */
import { readFileSync } from "node:fs";
import { JSDOM, VirtualConsole } from "jsdom";
import { plotlyPath } from "../../lib/plots/assets.ts";
import type { Figure } from "../../lib/plots/figure.ts";

type Validate = (data: unknown, layout: unknown) => { code: string; msg: string }[] | undefined;
let validate: Validate | undefined;

/** What plotly says of attributes that it does not know and values that it would not take; empty where all is well. */
export function faultsOf(figure: Figure): string[] {
  if (!validate) {
    const { window } = new JSDOM("", { runScripts: "outside-only", virtualConsole: new VirtualConsole() });
    Object.assign(window.URL, { createObjectURL: () => "blob:none" });
    Object.assign(window, { TextDecoder, TextEncoder, ReadableStream, Response, Request });
    window.eval(readFileSync(plotlyPath(), "utf8"));
    ({ validate } = (window as unknown as { Plotly: { validate: Validate } }).Plotly);
  }
  const layout: Record<string, unknown> = structuredClone(figure.layout);
  if (layout.showlegend === false) delete layout.legend; // plotly 4.1.2 stumbles over one that is not shown
  const faults = validate(structuredClone(figure.data), layout) ?? [];
  return faults.filter(({ code }) => code !== "unused").map(({ msg }) => msg);
}
