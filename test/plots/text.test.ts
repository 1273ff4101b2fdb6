import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { breakLines, escapeText, shorten, textWidth, unescapeText, wrap } from "../../lib/plots/text.ts";

describe("breakLines", () => {
  it.each([
    ["book_flight from here", 100, ["book_flight", "from here"]],
    ["banking.transfer_money", 120, ["banking.", "transfer_", "money"]],
    ["lr 0.00003", 40, ["lr", "0.00", "003"]], // too long for a line
    ["mean/max-pooling", 75, ["mean/", "max-", "pooling"]],
    ["我要订外卖，谢谢", 72, ["我要订外", "卖，谢谢"]],
    ["我要订外，谢", 58, ["我要订", "外，谢"]], // no line begins with a comma
    ["two\nlines", 500, ["two", "lines"]],
    ["", 50, [""]],
  ])("breaks %j at %i pixels", (text, pixels, lines) => {
    expect(breakLines(text, pixels)).toEqual(lines);
  });

  it("loses nothing but spaces, and keeps lines short", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 30, max: 300 }), (text, pixels) => {
        const lines = breakLines(text, pixels);
        expect(lines.join("").replace(/\s/g, "")).toBe(text.replace(/\s/g, ""));
        for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(pixels);
      }),
    );
  });
});

describe("escapeText", () => {
  it("leaves plotly no tag, no entity and no formula", () => {
    expect(escapeText("<b> & $x$ &lt; 5 % %{x}")).toBe("&lt;b&gt; &amp; &#36;x&#36; &amp;lt; 5 % &#37;{x}");
    expect(wrap("a <b>\nc", 100)).toBe("a &lt;b&gt;<br>c");
  });
});

describe("unescapeText", () => {
  it("gives back what was escaped", () => {
    const text = fc.string({ unit: fc.constantFrom("<", ">", "&", "$", "%", "{", "a", "mp;", "lt;", "#37;") });
    fc.assert(fc.property(text, (t) => void expect(unescapeText(escapeText(t))).toBe(t)));
    expect(unescapeText(wrap("two\nlines", 100))).toBe("two lines");
  });
});

describe("shorten", () => {
  it("keeps what fits and says that something is missing", () => {
    expect(shorten("short", 100)).toBe("short");
    expect(shorten("banking.transfer_money", 100)).toBe("banking.tr…");
    expect(textWidth("banking.tr…")).toBeLessThanOrEqual(100);
    expect(shorten("a<b", 20)).toBe("a…");
  });
});
