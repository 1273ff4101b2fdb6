import { describe, expect, it } from "vitest";
import { bars } from "../../lib/plots/bars.ts";
import { mimeBundle, plainText, type Showable } from "../../lib/plots/mime.ts";
import { toFrame } from "../../lib/results/frame.ts";
import { pivot } from "../../lib/results/pivot.ts";
import { readPng } from "./png.ts";

const figure = bars([{ group: "clinc150", name: "raw", mean: 0.5, ci95: 0.1 }], { title: "A <b> & $c$ title" });
const table = { header: ["data", "accuracy"], lines: [["clinc150", "50.0"]] };
const rows = [
  { data: "clinc150", accuracy: 0.5 },
  { data: "banking77 <x>", accuracy: 0.25 },
];

describe("mimeBundle", () => {
  it("has a figure live, as a picture in its size, and as a line, and no HTML", async () => {
    const { data, metadata } = await mimeBundle(figure, { width: 503, height: 307 });
    expect(Object.keys(data)).toEqual(["application/vnd.plotly.v1+json", "image/png", "text/plain"]);
    const live = data["application/vnd.plotly.v1+json"] as { config: unknown; layout: object; data: unknown };
    expect(live.data).toEqual(figure.data);
    expect(live.layout).toEqual({ ...figure.layout, width: 503, height: 307 });
    expect(live.config).toMatchObject({ typesetMath: false, showSendToCloud: false });
    const picture = readPng(Buffer.from(data["image/png"] as string, "base64"));
    expect([picture.width, picture.height]).toEqual([1006, 614]);
    expect(metadata).toEqual({ "image/png": { width: 503, height: 307 } });
    expect(data["text/plain"]).toContain('[figure "A <b> & $c$ title", 503 x 307: writeFigure(');
  });

  it.each([
    ["header and lines", table],
    ["rows", [{ data: "clinc150", accuracy: "50.0" }]],
  ])("has a table of %s as HTML, Markdown and plain text", async (_, thing) => {
    const { data, metadata } = await mimeBundle(thing as Showable);
    expect(data).toEqual({
      "text/html": expect.stringMatching(/^<table>[\s\S]*<td style="text-align:right">50.0<\/td>[\s\S]*<\/table>\n$/),
      "text/markdown": "| data | accuracy |\n| --- | --: |\n| clinc150 | 50.0 |\n",
      "text/plain": "data      accuracy\n--------  --------\nclinc150      50.0\n",
    });
    expect(metadata).toEqual({});
  });

  it("shows a danfojs DataFrame as its rows", async () => {
    const { data } = await mimeBundle(await toFrame(rows));
    expect(data).toEqual((await mimeBundle(rows)).data);
    expect(data["text/plain"]).toContain("banking77 <x>      0.25\n");
    expect(data["text/html"]).toContain("banking77 &lt;x&gt;");
  });

  it("takes what a pivot table writes", async () => {
    const table = pivot(rows, { rows: ["data"], columns: [], value: "accuracy" });
    expect((await mimeBundle(table)).data).toEqual({
      "text/html": table.html(),
      "text/markdown": table.markdown(),
      "text/plain": table.markdown(),
    });
  });

  it("shows a text as it is", async () => {
    expect(await mimeBundle("a <b>")).toEqual({ data: { "text/plain": "a <b>" }, metadata: {} });
  });

  it("cuts long tables and says how many rows are left out", async () => {
    const many = Array.from({ length: 13 }, (_, i) => ({ row: `r${i}`, value: i }));
    const { data } = await mimeBundle(many, { limit: 5 });
    const lines = (data["text/plain"] as string).split("\n");
    expect(lines).toHaveLength(2 + 5 + 1 + 1);
    expect(lines.slice(-3)).toEqual(["r4            4", "… 8 more", ""]);
    expect(data["text/markdown"]).toContain("| … 8 more |  |");
  });

  it.each([
    [7, "got 7"],
    [null, "got null"],
    [[], "got an empty list"],
    [[3], "got a list of something else than rows"],
    [{ accuracy: 1, loss: 2 }, "got an object with accuracy, loss"],
  ])("says what can be shown in place of %j", async (thing, got) => {
    const wanted = "wanted a figure, a table (header and lines), rows, a danfojs DataFrame or a text";
    await expect(mimeBundle(thing as unknown as Showable)).rejects.toThrow(`show: ${got}, but ${wanted}`);
    expect(() => plainText(thing as unknown as Showable)).toThrow(got);
  });
});
