import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { JSDOM } from "jsdom";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bars } from "../../lib/plots/bars.ts";
import { embeddingMap } from "../../lib/plots/embedding.ts";
import { type StudyPage, studyPage, writePage } from "../../lib/plots/page.ts";
import { chromium, openTab, type Tab } from "./browser.ts";

const HARD = `</script><img src=x onerror="alert(1)"> & 'q' <!-- <script> $a$ 你好`;
const accuracy = bars(
  [
    { group: "clinc150", name: HARD, mean: 0.5, ci95: 0.1 },
    { group: "clinc150", name: "trained", mean: 0.7, ci95: 0.1 },
  ],
  { title: HARD, chance: 0.2 },
);
const points = [1, 2, 3, 4, 5].map((i) => ({ x: i, y: i * i, label: i < 3 ? HARD : "two", text: `${HARD} ${i}` }));
const page: StudyPage = {
  title: `A study ${HARD}`,
  intro:
    "One **bold**, *leaning* and `code <b>`.\n\n- first\n- [second](https://example.org/a) [bad](javascript:alert(1))",
  sections: [
    {
      title: "Accuracy",
      blocks: [
        { text: `Text ${HARD}` },
        { figure: accuracy, caption: HARD },
        {
          table: {
            header: ["data", "accuracy"],
            lines: [
              ["clinc150", "**95.8 ± 0.5**"],
              [HARD, "87.0"],
            ],
          },
          caption: HARD,
        },
        { table: { html: () => "<table id=own><tr><td>own</td></tr></table>" } },
      ],
    },
    { title: "Maps", blocks: [{ figure: embeddingMap([{ name: "raw", points }]) }] },
  ],
};

describe("studyPage", () => {
  let html: string;
  let document: Document;
  beforeAll(async () => {
    html = await studyPage(page);
    document = new JSDOM(html).window.document; // an HTML parser of the standard; scripts do not run
  });

  it("shows every text letter by letter and makes no element of it", () => {
    expect(document.title).toBe(`A study ${HARD}`);
    expect(document.querySelector("h1")?.textContent).toBe(`A study ${HARD}`);
    expect(document.querySelector("section p")?.textContent).toBe(`Text ${HARD}`);
    expect([...document.querySelectorAll("figcaption")].map((c) => c.textContent)).toContain(HARD);
    expect([...document.querySelectorAll("td")].map((c) => c.textContent)).toContain(HARD);
    expect(document.querySelectorAll("[onerror]")).toHaveLength(0);
  });

  it("keeps figures whole, as JSON, in their order", () => {
    const kept = [...document.querySelectorAll("script[type='application/json']")].map((s) =>
      JSON.parse(s.textContent ?? ""),
    );
    expect(kept).toEqual(
      [page.sections[0]?.blocks[1], page.sections[1]?.blocks[0]].map((b) => (b as { figure: object }).figure),
    );
  });

  it("holds plotly.js once and asks nothing of a network", () => {
    expect(html.match(/Copyright 2012-\d+, Plotly/g)).toHaveLength(1);
    expect([...document.querySelectorAll("script")].filter((s) => !s.type)).toHaveLength(2);
    expect(document.querySelectorAll("script[src], link, iframe, [src^=http]")).toHaveLength(0);
    expect(document.querySelector("meta[http-equiv]")?.getAttribute("content")).toContain("default-src 'none'");
  });

  it("has a picture of each figure for readers without scripts", () => {
    const noscript = [...document.querySelectorAll("main noscript")].map((n) => n.innerHTML);
    expect(noscript).toHaveLength(2);
    const svg = Buffer.from(/base64,([^"]+)/.exec(noscript[1] as string)?.[1] as string, "base64").toString();
    expect(svg).toMatch(/^<svg[\s\S]*two[\s\S]*<\/svg>$/);
  });

  it("renders the little Markdown and no address but those of the web and of files", () => {
    const intro = document.querySelector("header") as HTMLElement;
    expect(intro.querySelector("strong")?.textContent).toBe("bold");
    expect(intro.querySelector("em")?.textContent).toBe("leaning");
    expect(intro.querySelector("code")?.textContent).toBe("code <b>");
    expect([...intro.querySelectorAll("a")].map((a) => a.getAttribute("href"))).toEqual([
      "https://example.org/a",
      "#section-1",
      "#section-2",
    ]);
  });

  it("sets bold cells in bold and values to the right", () => {
    const cell = document.querySelector("td strong") as HTMLElement;
    expect(cell.textContent).toBe("95.8 ± 0.5");
    expect(cell.parentElement?.getAttribute("style")).toContain("right");
    expect(document.querySelector("#own td")?.textContent).toBe("own");
  });

  it("is the same text for the same study", async () => {
    expect(await studyPage(page)).toBe(html);
  });

  it("carries no plotly.js where there is no figure", async () => {
    const short = await studyPage({ title: "t", sections: [{ title: "s", blocks: [{ text: "x" }] }] });
    expect(short.length).toBeLessThan(5000);
  });
});

describe.skipIf(!chromium)("a study page in Chromium (on PATH or $CHROMIUM), without a network", () => {
  let folder: string;
  let tab: Tab;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "page-"));
    await writePage(join(folder, "page.html"), page);
    tab = await openTab(pathToFileURL(join(folder, "page.html")).href);
  });
  afterAll(async () => {
    await tab?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const middleOf = (selector: string): Promise<{ x: number; y: number }> =>
    tab.evaluate(`(() => {
      const box = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    })()`);
  const until = async (expression: string): Promise<void> => {
    for (let i = 0; i < 100 && !(await tab.evaluate(expression)); i++) await new Promise((r) => setTimeout(r, 50));
    expect(await tab.evaluate(expression), expression).toBe(true);
  };

  it("draws its figures live, with the texts that the figures hold", async () => {
    await until("document.querySelectorAll('.plot .main-svg .point').length >= 7");
    const title = await tab.evaluate<string>("document.querySelector('.gtitle').textContent");
    expect(title.replaceAll(" ", "")).toBe(HARD.replaceAll(" ", ""));
  });

  it("shows a value under the pointer", async () => {
    await tab.send("Input.dispatchMouseEvent", { type: "mouseMoved", ...(await middleOf(".plot .bars .point")) });
    await until("document.querySelector('.hoverlayer')?.textContent.includes('50.0 ± 10.0 %')");
    expect(await tab.evaluate("document.querySelector('.hoverlayer').textContent")).toContain(HARD);
  });

  it("hides a series at a click on the legend", async () => {
    const place = { ...(await middleOf(".legendtoggle")), button: "left", clickCount: 1 };
    await tab.send("Input.dispatchMouseEvent", { type: "mousePressed", ...place });
    await tab.send("Input.dispatchMouseEvent", { type: "mouseReleased", ...place });
    await until("document.querySelectorAll('.plot')[0].querySelectorAll('.bars .point').length === 1");
  });

  it("meets no error and asks for no file but itself", () => {
    expect(tab.events("Runtime.exceptionThrown")).toEqual([]);
    expect(tab.events("Log.entryAdded").filter((e) => (e.entry as { level: string }).level === "error")).toEqual([]);
    const asked = tab.events("Network.requestWillBeSent").map((e) => (e.request as { url: string }).url);
    expect(asked.filter((url) => !/^(data|blob):/.test(url))).toHaveLength(1);
    expect(readFileSync(join(folder, "page.html"), "utf8").length).toBeGreaterThan(4e6);
  });
});
