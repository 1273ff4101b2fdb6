import { describe, expect, it } from "vitest";
import { cellOutputs, type Displays, overwritten } from "../../lib/notebook/outputs.ts";

const text = (name: string, words: string): [string, object] => ["stream", { name, text: words }];
const display = (data: string, id?: string, type = "display_data"): [string, object] => [
  type,
  { data: { "text/plain": data }, metadata: {}, transient: id === undefined ? {} : { display_id: id } },
];

function collect(messages: [string, object][], displays: Displays = new Map()): unknown[] {
  const cell = cellOutputs(displays);
  for (const [type, content] of messages) cell.add(type, content as Record<string, unknown>);
  return cell.outputs;
}

describe("a cell's outputs", () => {
  it("join what one stream says until something else comes", () => {
    const html: [string, object] = [
      "display_data",
      { data: { "text/html": "<b>" }, metadata: { a: 1 }, transient: {} },
    ];
    expect(
      collect([
        text("stdout", "a"),
        text("stdout", "b\n"),
        text("stderr", "c"),
        text("stdout", "d"),
        html,
        text("stdout", "e"),
      ]),
    ).toEqual([
      { output_type: "stream", name: "stdout", text: "ab\n" },
      { output_type: "stream", name: "stderr", text: "c" },
      { output_type: "stream", name: "stdout", text: "d" },
      { output_type: "display_data", data: { "text/html": "<b>" }, metadata: { a: 1 } },
      { output_type: "stream", name: "stdout", text: "e" },
    ]);
  });

  it("keep results and errors, and nothing of messages that are no outputs", () => {
    expect(
      collect([
        ["status", { execution_state: "busy" }],
        ["execute_input", { code: "1" }],
        ["execute_result", { execution_count: 7, data: { "text/plain": "3" }, metadata: {} }],
        ["error", { ename: "E", evalue: "v", traceback: ["one", "two"] }],
      ]),
    ).toEqual([
      { output_type: "execute_result", execution_count: 7, data: { "text/plain": "3" }, metadata: {} },
      { output_type: "error", ename: "E", evalue: "v", traceback: ["one", "two"] },
    ]);
  });

  it("change with a display of theirs that a later cell updates", () => {
    const displays: Displays = new Map();
    const first = collect([display("0 %", "bar"), display("other", "x"), display("plain")], displays);
    const second = collect([display("0 %", "bar"), display("100 %", "bar", "update_display_data")], displays);
    const shown = (outputs: unknown[]): unknown[] => outputs.map((o) => (o as { data: object }).data);
    expect(shown(first)).toEqual([{ "text/plain": "100 %" }, { "text/plain": "other" }, { "text/plain": "plain" }]);
    expect(shown(second)).toEqual([{ "text/plain": "100 %" }]);
    expect(first[0]).not.toHaveProperty("transient");
  });

  it("are cleared at once, or when the next one comes", () => {
    expect(collect([text("stdout", "a"), ["clear_output", { wait: false }]])).toEqual([]);
    const waiting: [string, object][] = [text("stdout", "a"), ["clear_output", { wait: true }]];
    expect(collect(waiting)).toHaveLength(1);
    expect(collect([...waiting, text("stdout", "b")])).toEqual([{ output_type: "stream", name: "stdout", text: "b" }]);
  });
});

describe("text with carriage returns", () => {
  it.each([
    ["1 %\r50 %\r100 %\ndone\n", "100 %\ndone\n"],
    ["long line\rshort", "shortline"],
    ["windows\r\nends\r\n", "windows\nends\n"],
    ["100 %\r", "100 %"],
    ["none", "none"],
  ])("reads %j as a terminal shows it", (raw, shown) => {
    expect(overwritten(raw)).toBe(shown);
  });
});
