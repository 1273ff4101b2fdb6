import { describe, expect, it } from "vitest";
import { encoderHash } from "../../lib/encoder/hash.ts";
import { tinyModel } from "../model/tiny.ts";

describe("encoderHash", () => {
  it("is equal for equal weights wherever they lie, and changes with one number, a name or the configuration", async () => {
    const [{ encoder }, other] = [await tinyModel(), await tinyModel()];
    const hash = encoderHash(encoder);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    const reversed = Object.fromEntries(Object.entries(other.encoder.params).reverse());
    expect(encoderHash({ ...other.encoder, params: reversed })).toBe(hash);
    const [name, tensor] = Object.entries(encoder.params)[3] ?? [];
    if (!name || !tensor) throw new Error("the tiny encoder has no fourth parameter");
    const changed = { ...tensor, data: Float32Array.from(tensor.data, (x, i) => (i ? x : x + 1e-6)) };
    expect(encoderHash({ ...encoder, params: { ...encoder.params, [name]: changed } })).not.toBe(hash);
    expect(encoderHash({ ...encoder, config: { ...encoder.config, layerNormEps: 1e-6 } })).not.toBe(hash);
    const { [name]: _, ...rest } = encoder.params;
    expect(encoderHash({ ...encoder, params: { ...rest, [`${name}x`]: tensor } })).not.toBe(hash);
  });
});
