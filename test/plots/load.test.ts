import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { heatmap } from "../../lib/plots/heatmap.ts";
import { loadFigure, writeFigure } from "../../lib/plots/write.ts";

it("a figure that was written is read as it was, and what is none is refused by name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "figure-"));
  try {
    const figure = heatmap(
      [
        [0.1, 0.3],
        [0.5, 0.7],
        [0.2, 0.4],
      ],
      { rows: ["cls", "平均", "max"], columns: ["cosine", "dot"] },
    );
    const { json } = await writeFigure(folder, "seven", figure);
    expect(await loadFigure(json)).toEqual(JSON.parse(JSON.stringify(figure)));
    writeFileSync(json, '{"data": 7}');
    await expect(loadFigure(json)).rejects.toThrow(/seven\.json: it is no figure/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
