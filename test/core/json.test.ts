import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineAt, lineOfValue, scanJson } from "../../lib/core/json.ts";

describe("scanning JSON text", () => {
  it("finds no fault in whatever JSON.stringify writes, indented or not", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1, 3), (value, indent) => {
        expect(scanJson(JSON.stringify(value, null, indent))).toBe(-1);
      }),
    );
  });

  it("finds a fault where JSON.parse finds one, and none where it finds none", () => {
    const broken = fc
      .tuple(fc.jsonValue(), fc.nat(), fc.constantFrom("", ",", "]", "{", '"', "\\", "x", ":", "0", "\n", "-"))
      .map(([value, at, insert]) => {
        const text = JSON.stringify(value);
        const place = at % (text.length + 1);
        return text.slice(0, place) + insert + text.slice(place + (at % 2));
      });
    fc.assert(
      fc.property(broken, (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(scanJson(text) === -1).toBe(valid);
      }),
      { numRuns: 500 },
    );
  });

  it("visits every value with its path, outermost first", () => {
    const seen: string[] = [];
    scanJson('{"a": [1, {"b": null}], "c\\n": "x"}', (path, offset) => seen.push(`${JSON.stringify(path)} ${offset}`));
    expect(seen).toEqual(["[] 0", '["a"] 6', '["a",0] 7', '["a",1] 10', '["a",1,"b"] 16', '["c\\n"] 31']);
  });

  it("points at the first fault", () => {
    expect(scanJson('{"a": [1,]}')).toBe(9);
    expect(scanJson('{"a": x}')).toBe(6);
    expect(scanJson('{"a" 1}')).toBe(5);
    expect(scanJson('["\\q"]')).toBe(2);
    expect(scanJson("[1] 2")).toBe(4);
    expect(scanJson("")).toBe(0);
  });

  it("is not stopped by deep nesting", () => {
    const deep = 100_003;
    expect(scanJson("[".repeat(deep) + "]".repeat(deep))).toBe(-1);
  });

  it("tells the line of a value, also in a file with CRLF", () => {
    const text = '{\r\n"a": [\r\n"x",\r\n"y"],\r\n"__proto__": ["z"]}';
    expect(lineOfValue(text, ["a"])).toBe(2);
    expect(lineOfValue(text, ["a", 1])).toBe(4);
    expect(lineOfValue(text, ["__proto__", 0])).toBe(5);
    expect(lineAt("a\nb\nc", 2)).toBe(2);
  });
});
