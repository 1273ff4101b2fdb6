import { describe, expect, it } from "vitest";
import { doctorCommand } from "../../lib/cli/doctor.ts";
import { encodeCommand } from "../../lib/cli/encode.ts";
import { evaluateCommand } from "../../lib/cli/evaluate.ts";
import { exportCommand } from "../../lib/cli/export.ts";
import { kernelsCommand } from "../../lib/cli/kernels.ts";
import { notebooksCommand } from "../../lib/cli/notebooks.ts";
import { type Command, command, help, parse } from "../../lib/cli/options.ts";
import { predictCommand } from "../../lib/cli/predict.ts";
import { pretrainCommand } from "../../lib/cli/pretrain.ts";
import { reproduceCommand } from "../../lib/cli/reproduce.ts";
import { trainCommand } from "../../lib/cli/train.ts";
import { InputError } from "../../lib/core/errors.ts";
import { useCli } from "./child.ts";

const COMMANDS: [string, Command][] = [
  ["train", trainCommand],
  ["evaluate", evaluateCommand],
  ["predict", predictCommand],
  ["encode", encodeCommand],
  ["export", exportCommand],
  ["pretrain", pretrainCommand],
  ["reproduce", reproduceCommand],
  ["notebooks", notebooksCommand],
  ["kernels", kernelsCommand],
  ["doctor", doctorCommand],
];

const example = command({
  name: "example",
  summary: "Shows.",
  positional: "",
  options: {
    file: { kind: "text", value: "FILE", required: true, help: "a file" },
    colour: { kind: "text", values: ["red", "green"], default: "red", help: "a colour" },
    count: { kind: "integer", min: 2, help: "how many", defaultText: "as many as there are" },
    share: { kind: "number", default: 0.5, help: "a share" },
    loud: { kind: "flag", help: "louder" },
  },
  async run() {},
});
const some = { ...example, positional: "[TEXT ...]" };

/** The message of the InputError that arguments give. */
function refused(...args: string[]): string {
  try {
    parse(example, args);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  return expect.fail(`accepted: ${args.join(" ")}`);
}

describe("options", () => {
  it("are read by their kinds, with defaults where they are not given", () => {
    expect(parse(example, ["--file", "a"])).toEqual({
      values: { file: "a", colour: "red", count: undefined, share: 0.5, loud: false },
      positionals: [],
    });
    const { values } = parse(example, ["--file=a=b", "--colour", "green", "--count=3", "--share", "-1e-3", "--loud"]);
    expect(values).toEqual({ file: "a=b", colour: "green", count: 3, share: -0.001, loud: true });
  });

  it("may stand before and after texts, and -- ends them", () => {
    expect(parse(some, ["a b", "--file", "-", "c", "--", "--loud", "-x"])).toMatchObject({
      values: { file: "-", loud: false },
      positionals: ["a b", "c", "--loud", "-x"],
    });
  });

  it("that are not known are refused with the nearest and all known ones", () => {
    expect(refused("--fiel", "a")).toBe(
      "unknown option --fiel; did you mean --file?; options: --file --colour --count --share --loud",
    );
    expect(refused("-x")).toMatch(/^unknown option -x; /);
    expect(refused("--toString")).toMatch(/^unknown option --toString; options: --file/);
    expect(refused("--no-loud")).toMatch(/^unknown option --no-loud; /);
  });

  it.each([
    [["--file", "a", "--colour", "blue"], "--colour is 'blue', wanted red, green"],
    [["--file", "a", "--count", "two"], "--count is 'two', wanted a whole number of at least 2"],
    [["--file", "a", "--count", "2.5"], "--count is '2.5', wanted a whole number of at least 2"],
    [["--file", "a", "--count", "1"], "--count is '1', wanted a whole number of at least 2"],
    [["--file", "a", "--share", " "], "--share is ' ', wanted a number"],
    [["--file", "a", "--share", "Infinity"], "--share is 'Infinity', wanted a number"],
    [["--file", "a", "--loud=yes"], "--loud takes no value, got 'yes'"],
    [["--file"], "--file needs a value: FILE"],
    [["--file", "--loud"], "--file needs a value: FILE"],
    [["--file", ""], "--file is empty"],
    [[], "--file is missing: a file"],
    [["--file", "a", "more"], "unexpected argument 'more'; options begin with --"],
  ])("%j are refused with what is wanted", (args, message) => {
    expect(refused(...args)).toBe(message);
  });

  it("are listed with values and defaults", () => {
    expect(help(example)).toBe(
      [
        "bert-few-shot example [options]",
        "",
        "Shows.",
        "",
        "  --file FILE         a file (required)",
        "  --colour red|green  a colour (default red)",
        "  --count N           how many (default as many as there are)",
        "  --share X           a share (default 0.5)",
        "  --loud              louder (default off)",
      ].join("\n"),
    );
  });
});

describe("the command line", { timeout: 30_000 }, () => {
  const cli = useCli();

  it.each(COMMANDS)(
    "%s --help lists every option with its default, and does nothing else",
    async (name, { options }) => {
      const { code, stdout, stderr } = await cli.run([name, "--no-such-option", "--help"]);
      expect([code, stderr]).toEqual([0, ""]);
      const text = stdout.replace(/\n {10,}/g, "  "); // long options have their help on a line of its own
      for (const [option, o] of Object.entries(options)) {
        const line = text.split("\n").find((l) => l.trim().startsWith(`--${option} `));
        expect(line, option).toContain(o.help);
        const fallback = o.defaultText ?? (o.kind === "flag" ? "off" : String(o.default ?? "none"));
        expect(line, option).toContain(o.required ? "(required)" : `(default ${fallback})`);
        for (const value of o.values ?? []) expect(line, option).toContain(value);
      }
      expect(stdout.split("\n").every((l) => l.length < 200)).toBe(true);
    },
  );

  it("lists its commands, on stderr and with exit code 2 where none was given", async () => {
    const [asked, none] = await Promise.all([cli.run(["--help"]), cli.run([])]);
    for (const [name, { summary }] of COMMANDS)
      expect(asked.stdout).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 9)}`, "m"));
    expect(asked).toMatchObject({ code: 0, stderr: "" });
    expect(none).toEqual({ code: 2, signal: null, stdout: "", stderr: asked.stdout });
  });

  it.each([
    [
      ["evalute"],
      "bert-few-shot: unknown command 'evalute'; did you mean evaluate?; commands: train, evaluate, predict,",
    ],
    [
      ["train", "--encoder", "x", "--shots", "all"],
      "bert-few-shot train: --shots is 'all', wanted mean, max, attention",
    ],
    [
      ["evaluate", "--encoder", "no/where", "--data", "no/where.json"],
      "bert-few-shot evaluate: no/where.json: no such file",
    ],
    [["encode", "--encoder", "no/where", "a"], "bert-few-shot encode: no/where/config.json: cannot read"],
  ])("%j ends with code 2 and one line that says why", async (args, message) => {
    const { code, stdout, stderr } = await cli.run(args);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("says what a reproduction lacks", async () => {
    const { code, stderr } = await cli.run(["reproduce", "first-tables"], { env: { FEWSHOT_ENCODER: undefined } });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^bert-few-shot reproduce: cannot make the tables yet; missing:\n- a BERT folder: set FEWSHOT_ENCODER/,
    );
    const other = await cli.run(["reproduce", "first-tables", "--encoder", "no/where"]);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("a BERT folder: no/where has no config.json");
    const intents = await cli.run(["reproduce", "--encoder", "no/where"]);
    expect(intents.stderr).toContain("no/where/config.json: cannot read");
    const unknown = await cli.run(["reproduce", "second-tables"]);
    expect([unknown.code, unknown.stderr]).toEqual([
      2,
      "bert-few-shot reproduce: no study 'second-tables'; wanted one of intents, ablation, first-tables\n",
    ]);
  });
});
