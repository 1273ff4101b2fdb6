/** A table as HTML, for notebooks and pages. */
import { type Grid, type GridCell, headerLines } from "./grid.ts";

/** A table element with caption, without any style of its own: values stand to the right, the best are strong. */
export function toHtml(grid: Grid): string {
  const headers = headerLines(grid.columns);
  const head = headers.map((line, level) => {
    const names =
      level === 0 ? grid.keys.map((k) => `<th${attributes({ rowspan: headers.length })}>${escapeHtml(k)}</th>`) : [];
    const cells = line.map(({ text, span }) => `<th${attributes({ colspan: span })}>${escapeHtml(text)}</th>`);
    return `<tr>${[...names, ...cells].join("")}</tr>`;
  });
  const body = grid.lines.map((line) => {
    const names = line.keys.map((k) => `<th style="text-align:left">${escapeHtml(k)}</th>`);
    return `<tr>${[...names, ...line.cells.map(cell)].join("")}</tr>`;
  });
  return [
    "<table>",
    ...(grid.caption ? [`<caption>${escapeHtml(grid.caption)}</caption>`] : []),
    "<thead>",
    ...head,
    "</thead>",
    "<tbody>",
    ...body,
    "</tbody>",
    "</table>",
    "",
  ].join("\n");
}

/** Text that HTML shows as it is, in elements and in quoted attributes. */
export function escapeHtml(text: string): string {
  const named: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (c) => named[c]!);
}

function cell({ text, best, near }: GridCell): string {
  const shown = best ? `<strong>${escapeHtml(text)}</strong>` : escapeHtml(text);
  return `<td style="text-align:right">${shown}${near ? "<sup>†</sup>" : ""}</td>`;
}

function attributes(spans: Readonly<Record<string, number>>): string {
  return Object.entries(spans)
    .filter(([, n]) => n > 1)
    .map(([name, n]) => ` ${name}="${n}"`)
    .join("");
}
