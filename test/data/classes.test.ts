import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { readClasses } from "../../lib/data/load.ts";
import { FIXTURES, fileWith } from "./written.ts";

describe("reading a file of classes", () => {
  it("reads JSON and trims the texts and names", async () => {
    const path = await fileWith("x.json", '{" greet ": [" hi ", "\\u3000你好\\n"], "thank": ["thanks"]}');
    expect(await readClasses(path)).toEqual({
      classes: { greet: ["hi", "你好"], thank: ["thanks"] },
      warnings: [],
    });
  });

  it("reads CSV by its header, with quoted cells", async () => {
    const { classes } = await readClasses(join(FIXTURES, "intents.csv"));
    expect(classes).toEqual({ colour: ["red, please", "green"], size: ['a "big" one', "two\nlines"] });
  });

  it("reads TSV without quoting", async () => {
    const { classes } = await readClasses(join(FIXTURES, "intents.tsv"));
    expect(classes).toEqual({ speech: ['"hm" she said'], time: ["ten past two"] });
  });

  it("reads JSON lines, with classes that are numbers", async () => {
    const { classes } = await readClasses(join(FIXTURES, "intents.jsonl"));
    expect(classes).toEqual({ "7": ["ring the bell"], quiet: ["stop ringing"] });
  });

  it("accepts a byte order mark and CRLF in every form", async () => {
    const forms = {
      "x.json": '\uFEFF{\r\n"a": ["x"],\r\n"b": ["y"]\r\n}\r\n',
      "x.jsonl": '\uFEFF{"text": "x", "label": "a"}\r\n{"text": "y", "label": "b"}\r\n',
      "x.csv": "\uFEFFtext,label\r\nx,a\r\ny,b\r\n",
      "x.TSV": "\uFEFFtext\tlabel\r\nx\ta\r\ny\tb\r\n",
    };
    for (const [name, content] of Object.entries(forms)) {
      const { classes } = await readClasses(await fileWith(name, content));
      expect(classes, name).toEqual({ a: ["x"], b: ["y"] });
    }
  });

  it("takes the columns that the options name", async () => {
    const path = await fileWith("x.csv", "text;query;label\nno;yes;a\n");
    const options = { separator: ";", textColumn: "QUERY" };
    expect((await readClasses(path, options)).classes).toEqual({ a: ["yes"] });
  });

  it("takes names that objects have of their own for class names", async () => {
    const path = await fileWith("x.json", '{"__proto__": ["x", "y"], "constructor": ["z"], "toString": ["w"]}');
    const { classes } = await readClasses(path);
    expect(Object.entries(classes)).toEqual([
      ["__proto__", ["x", "y"]],
      ["constructor", ["z"]],
      ["toString", ["w"]],
    ]);
    expect(Object.getPrototypeOf(classes)).toBe(Object.prototype);
    const rows = await fileWith("x.csv", "text,label\nx,__proto__\ny,__proto__\n");
    expect(Object.entries((await readClasses(rows)).classes)).toEqual([["__proto__", ["x", "y"]]]);
  });

  it("drops a text that repeats inside a class and warns with count, example and line", async () => {
    const path = await fileWith("x.json", '{\n"a": ["x", "y",\n" x "],\n"b": ["z", "z"]}');
    const { classes, warnings } = await readClasses(path);
    expect(classes).toEqual({ a: ["x", "y"], b: ["z"] });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/x\.json: 2 repeated texts .*"x" in class 'a' \(line 3\)/);
  });

  it("warns of texts under two classes with count and example, and keeps them", async () => {
    const path = await fileWith("x.json", '{"a": ["x", "y"], "b": ["y", "z"], "c": ["y"]}');
    const { classes, warnings } = await readClasses(path);
    expect(classes.b).toEqual(["y", "z"]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/x\.json: 1 text stands under more than one class, the first "y" under 'a' and 'b'$/);
  });

  it("makes both an error when strict", async () => {
    const inside = await fileWith("x.csv", "text,label\nx,a\ny,a\nx,a\n");
    await expect(readClasses(inside, { strict: true })).rejects.toThrow(/x\.csv:4: class 'a': "x" stands twice in it/);
    const between = await fileWith("x.json", '{"a": ["x"], "b": ["x"]}');
    await expect(readClasses(between, { strict: true })).rejects.toThrow(/"x" under 'a' and 'b'/);
  });
});

describe("a file of classes that is wrong", () => {
  it.each<[string, string, string, RegExp]>([
    ["is not JSON", "x.json", '{\n"a": ["x",]\n}', /x\.json:2: the file of classes is not JSON/],
    ["is a list", "x.json", '["x"]', /x\.json:1: found a list, wanted an object/],
    ["is null", "x.json", "null", /x\.json:1: found null, wanted an object/],
    ["has no classes", "x.json", "{}", /x\.json: has no classes/],
    [
      "has a class that is no list",
      "x.json",
      '{"a": ["x"],\n\n"b": "y"}',
      /x\.json:3: class 'b' is a string, wanted a list/,
    ],
    ["has an empty class", "x.json", '{"a": ["x"],\n"b": []}', /x\.json:2: class 'b' has no texts/],
    ["has an empty name", "x.json", '{\n" ": ["x"]}', /x\.json:2: a class has an empty name/],
    [
      "has a number for a text",
      "x.json",
      '{"a": [\n"x",\n5]}',
      /x\.json:3: class 'a': text 2 is a number, wanted a string/,
    ],
    ["has a list for a text", "x.json", '{"a": [["x"]]}', /x\.json:1: class 'a': text 1 is a list, wanted a string/],
    ["has a blank text", "x.json", '{"__proto__": [\n"x",\n" \\t"]}', /x\.json:3: class '__proto__': text 2 is blank/],
    [
      "has a class twice",
      "x.json",
      '{"a": ["x"],\n"b": ["y"],\n"a ": ["z"]}',
      /x\.json:3: class 'a' stands twice .*lines 1 and 3/,
    ],
    [
      "has a line that is not JSON",
      "x.jsonl",
      '{"text": "x", "label": "a"}\n{text}',
      /x\.jsonl:2: the line is not JSON/,
    ],
    ["has a line that is no object", "x.jsonl", "[1]", /x\.jsonl:1: the line is not a JSON object/],
    [
      "has a line without text",
      "x.jsonl",
      '\n{"label": "a"}',
      /x\.jsonl:2: no column for the text: found label, wanted one of text/,
    ],
    [
      "has a line with a number for a text",
      "x.ndjson",
      '{"text": 5, "label": "a"}',
      /x\.ndjson:1: class 'a': text 1 is a number/,
    ],
    [
      "has a line without a class",
      "x.jsonl",
      '{"text": "x", "label": null}',
      /x\.jsonl:1: the class is missing or empty/,
    ],
    ["has no header", "x.csv", "", /x\.csv: is empty, wanted a header/],
    ["has no column of classes", "x.csv", "\ntext,name\nx,a", /x\.csv:2: no column for the class: found text and name/],
    [
      "has two columns of classes",
      "x.csv",
      "text,label,Intent\nx,a,b",
      /x\.csv:1: the columns label and Intent may all be the class/,
    ],
    [
      "has a row with a cell too many",
      "x.csv",
      "text,label\nx,a\nyes, please,a",
      /x\.csv:3: has 3 cells, the header has 2/,
    ],
    ["has a row without a class", "x.tsv", "text\tlabel\nx\t ", /x\.tsv:2: the class is missing or empty/],
    ["has a row without a text", "x.csv", "text,label\nx,a\n ,a", /x\.csv:3: class 'a': text 2 is blank/],
    ["has only a header", "x.csv", "text,label\n", /x\.csv: has no classes/],
    ["has an unknown extension", "x.txt", "a", /x\.txt: the extension does not say how to read it; known are \.json/],
  ])("%s: the message names file, line and class", async (_, name, content, message) => {
    const error = await readClasses(await fileWith(name, content)).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(String(error)).toMatch(message);
  });

  it("says when the column that an option names is not there", async () => {
    const path = await fileWith("x.csv", "text,label\nx,a");
    await expect(readClasses(path, { classColumn: "topic" })).rejects.toThrow(
      /no column for the class: .* wanted 'topic'/,
    );
  });
});
