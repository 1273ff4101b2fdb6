import { describe, expect, it } from "vitest";
import { outputWithoutPlaces, placesOf, withoutPlaces } from "../../lib/notebook/places.ts";

const places = placesOf("/home/ann/kit", "/home/ann");
const far = placesOf("/srv/b/kit", "/home/ann");

describe("text without places", () => {
  it.each([
    ["/home/ann/kit/data/x.json", "./data/x.json"],
    ["in /home/ann/kit.", "in .."],
    ["at f (file:///home/ann/kit/lib/x.ts:3:5)", "at f (file://./lib/x.ts:3:5)"],
    ["'/home/ann/other' and \"/home/ann/kit\"", "'../other' and \".\""],
  ])("names the root, and what is around it: %s", (text, expected) => {
    expect(withoutPlaces(text, places)).toBe(expected);
  });

  it("names the home folder where it does not hold the root", () => {
    expect(withoutPlaces("/home/ann/x /srv/b/y /srv/b/kit/z", far)).toBe("~/x ../y ./z");
  });

  it.each(["/home/annette/x", "/home/ann/kit2"])("keeps folders that only begin alike: %s", (text) => {
    expect(withoutPlaces(text, placesOf("/home/ann/kit", "/home/zoe").slice(0, 1))).toBe(text);
  });

  it.each(["/mnt/home/ann/kit/x", "a/home/ann/kit", "http://home/ann/kit"])("keeps other paths: %s", (text) => {
    expect(withoutPlaces(text, places)).toBe(text);
  });

  it("takes neither a drive nor the root of all files for a place", () => {
    expect(placesOf("/kit", "/")).toEqual([{ folder: "/kit", name: "." }]);
    expect(placesOf("C:\\kit", "C:\\").map((p) => p.folder)).toEqual(["C:\\kit"]);
    expect(withoutPlaces("C:\\kit\\data", placesOf("C:\\kit", "C:\\"))).toBe(".\\data");
  });
});

describe("an output without places", () => {
  it("has none in its texts and JSON, and keeps pictures", () => {
    const path = "/home/ann/kit/x";
    const output = outputWithoutPlaces(
      {
        output_type: "display_data",
        data: { "text/plain": path, "application/json": { a: [path, 3] }, "image/png": path },
        metadata: {},
      },
      places,
    );
    expect(output).toMatchObject({
      data: { "text/plain": "./x", "application/json": { a: ["./x", 3] }, "image/png": path },
    });
    expect(outputWithoutPlaces({ output_type: "stream", name: "stdout", text: path }, places)).toMatchObject({
      text: "./x",
    });
  });
});
