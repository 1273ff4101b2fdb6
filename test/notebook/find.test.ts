import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { findNotebooks } from "../../lib/notebook/find.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "find-"));
  for (const name of ["two.ipynb", "one.ipynb", "notes.md"]) writeFileSync(join(folder, name), "");
  mkdirSync(join(folder, "folder.ipynb"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("notebooks by name", () => {
  it("are found with and without .ipynb, by a path, and once each", () => {
    const one = join(folder, "one.ipynb");
    expect(findNotebooks(["one"], folder)).toEqual([one]);
    expect(findNotebooks(["one.ipynb", "one", one], folder)).toEqual([one]);
    expect(findNotebooks([join(folder, "two")], join(folder, "none"))).toEqual([join(folder, "two.ipynb")]);
  });

  it("are all of the folder, in order, where none is named", () => {
    expect(findNotebooks([], folder)).toEqual([join(folder, "one.ipynb"), join(folder, "two.ipynb")]);
  });

  it("that are not there are named, with the nearest one that is", () => {
    expect(() => findNotebooks(["oen"], folder)).toThrow(
      /^no notebook 'oen'; did you mean one\?; .*\/ has one and two$/,
    );
    expect(() => findNotebooks(["notes.md"], folder)).toThrow(InputError);
    expect(() => findNotebooks([], join(folder, "none"))).toThrow(/^no notebooks: there is no \.ipynb file/);
  });
});
