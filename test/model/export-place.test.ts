/** Where an export may go, and what is refused. */
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { float32 } from "../../lib/core/tensor.ts";
import type { Encoder } from "../../lib/encoder/encoder.ts";
import { exportModel } from "../../lib/model/export.ts";
import { encoderOnnx } from "../../lib/model/onnx.ts";
import { folder, trained } from "./folders.ts";
import { TINY, tinyEncoder } from "./tiny.ts";

describe("an export", () => {
  const refused = async (path: string, out: string, dtype: "F32" | "F16" = "F32"): Promise<string> => {
    const error = await exportModel(path, out, { dtype }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  };
  const wanted = "wanted a new or empty folder, or an earlier export of the same model with the same dtype";

  it("goes to a new or empty folder, or over one of the same model, with the same bytes", async () => {
    const { from, out } = await trained({});
    const first = await exportModel(from, out, { dtype: "F16" });
    const bytes = readFileSync(join(out, "onnx/model.onnx"));
    expect(await exportModel(from, out, { dtype: "F16" })).toEqual(first);
    expect(readFileSync(join(out, "onnx/model.onnx")).equals(bytes)).toBe(true);
    await exportModel(from, folder());
  });

  it("never goes over anything else, and says what was found", async () => {
    const { from, out } = await trained({});
    await exportModel(from, out);
    expect(await refused(from, out, "F16")).toMatch(
      new RegExp(`^.*out: holds another model, of hash [0-9a-f]{16} and not [0-9a-f]{16}; ${wanted}$`),
    );
    expect(await refused(TINY, out)).toBe(
      `${out}: holds the same encoder with other settings in fewshot.json; ${wanted}`,
    );
    expect(await refused(from, from)).toBe(`${from}: this is the folder of the model itself; export it into another`);
    const other = folder();
    cpSync(join(from, "config.json"), join(other, "notes.txt"));
    expect(await refused(from, other)).toBe(`${other}: holds notes.txt, which is no exported model; ${wanted}`);
    expect(await refused(from, join(other, "notes.txt"))).toBe(
      `${join(other, "notes.txt")}: a file is there; wanted a folder to export into`,
    );
    expect(await refused(join(other, "none"), join(other, "out"))).toContain("config.json: cannot read");
    expect(existsSync(join(other, "out"))).toBe(false);
  });

  it("of an encoder that no ONNX file can hold is refused with its size", async () => {
    const { config, params } = await tinyEncoder();
    const one = float32(new Float32Array(1 << 24), [1 << 12, 1 << 12]); // one array of 67 MB for all layers
    const names = Array.from({ length: 33 }, (_, i) => `encoder.layer.${i}.output.dense.weight`);
    const large = { config, source: "large", params: { ...params, ...Object.fromEntries(names.map((n) => [n, one])) } };
    const message =
      "large: its ONNX file would have 2.21 GB; such a file can have 2.15 GB; store halves (F16), or take";
    expect(() => encoderOnnx(large as unknown as Encoder, "F32")).toThrow(message);
    expect(() => encoderOnnx(large as unknown as Encoder, "F32")).toThrow(InputError);
  });
});
