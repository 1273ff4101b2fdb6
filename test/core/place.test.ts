import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { packageRoot, placeOf } from "../../lib/core/place.ts";
import { loadIntents } from "../../lib/data/load.ts";

const home = process.cwd();
afterEach(() => process.chdir(home));

describe("placeOf", () => {
  it("knows the folder of package.json", () => {
    expect(resolve(packageRoot())).toBe(home);
    expect(existsSync(join(packageRoot(), "package.json"))).toBe(true);
  });

  it("leaves a path alone that exists from the current folder, an absolute one, and a bare name", () => {
    expect(placeOf("data/intents")).toBe("data/intents");
    expect(placeOf("/no/where")).toBe("/no/where");
    process.chdir("test");
    expect(placeOf("data")).toBe("data");
    expect(placeOf("results")).toBe("results");
    expect(placeOf("no/where")).toBe("no/where");
  });

  it("finds what comes with the kit from any folder", async () => {
    const folder = mkdtempSync(join(tmpdir(), "place-"));
    try {
      process.chdir(folder);
      expect(existsSync(placeOf("data/intents/en"))).toBe(true);
      const set = await loadIntents("data/intents/zh");
      expect(set.name).toBe("data/intents/zh");
      expect(Object.keys(set.train)).toHaveLength(32);
    } finally {
      process.chdir(home);
      rmSync(folder, { recursive: true });
    }
  });
});
