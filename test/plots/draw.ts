/** Prints the SVG of a small figure and a hash of its PNG: run by static.test.ts in a process of its own. */
import { createHash } from "node:crypto";
import { heatmap } from "../../lib/plots/heatmap.ts";
import { figurePng, figureSvg } from "../../lib/plots/static.ts";

export const SMALL = heatmap(
  [
    [0.31, 0.5, 0.83],
    [0.97, Number.NaN, 0.4],
  ],
  {
    rows: ["mean", "平均 first"],
    columns: ["cosine", "Euclidean", "a & b <c>"],
    title: "池化 and distance",
    best: "row",
  },
);

export async function drawn(): Promise<string> {
  const hash = createHash("sha256")
    .update(await figurePng(SMALL))
    .digest("hex");
  return `${await figureSvg(SMALL)}\n${hash}`;
}

if (process.argv[2] === "draw") drawn().then((text) => process.stdout.write(text));
