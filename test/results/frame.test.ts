import { describe, expect, it } from "vitest";
import { toFrame } from "../../lib/results/frame.ts";

describe("rows as a danfojs frame", () => {
  it("have the columns of all rows, those missing in the first one too", async () => {
    const frame = await toFrame([
      { head: "matching", accuracy: 0.5 },
      { head: "siamese", accuracy: 0.75, auroc: 0.9, note: "late" },
    ]);
    expect(frame.columns).toEqual(["head", "accuracy", "auroc", "note"]);
    expect(frame.shape).toEqual([2, 4]);
    expect(frame.values).toEqual([
      ["matching", 0.5, null, null],
      ["siamese", 0.75, 0.9, "late"],
    ]);
  });

  it("can be counted with: numbers stay numbers", async () => {
    const frame = await toFrame([{ n: 1, ok: true }, { n: 2, ok: false }, { n: 6 }]);
    expect(frame.column("n").mean()).toBe(3);
    expect(frame.column("n").dtype).toBe("int32");
    const sorted = frame.sortValues("n", { ascending: false });
    expect(sorted.column("n").values).toEqual([6, 2, 1]);
    expect(frame.values[0]).toEqual([1, true]);
  });

  it("may be none", async () => {
    const frame = await toFrame([]);
    expect(frame.shape[0]).toBe(0);
  });
});
