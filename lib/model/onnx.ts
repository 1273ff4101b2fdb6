/** An encoder as an ONNX file of its own, with the ports that Hugging Face's exports of a BERT have. */
import { InputError } from "../core/errors.ts";
import { sizeOf } from "../core/tensor.ts";
import type { Encoder } from "../encoder/encoder.ts";
import { toF16 } from "../encoder/half.ts";
import { paddedBert } from "../encoder/padded.ts";
import { byteLength, int32Name, type LongInput, linkOnnx } from "../executor/link.ts";
import { lower } from "../executor/lower.ts";
import { plainProducts, withoutGathers } from "../executor/rewrites.ts";
import { simplify } from "../executor/simplify.ts";
import { type Spec, trace } from "../executor/trace.ts";

/** How numbers are stored: 4 bytes each, or halves, which are widened when the file is loaded. */
export type Stored = "F32" | "F16";

const SHAPE = ["batch", "sequence"] as const;
const INPUTS: readonly LongInput[] = ["input_ids", "attention_mask", "token_type_ids"].map((name) => ({
  name,
  shape: SHAPE,
}));
const PLACES = "places";

/** What a protobuf message, and so an ONNX file without files beside it, can hold. */
const LIMIT = 2 ** 31 - 1;

/**
 * The parts of an ONNX file, for `writeAtomic`. Inputs `input_ids`, `attention_mask` (1 for a token, 0 for padding) and
 * `token_type_ids`, int64 [batch, sequence]; output `last_hidden_state`, float32 [batch, sequence, D]. Its operators are
 * those of the ONNX standard alone. Throws an InputError where the file would be above 2 GB.
 */
export function encoderOnnx(encoder: Pick<Encoder, "config" | "params" | "source">, dtype: Stored): Uint8Array[] {
  const { config, params, source } = encoder;
  refuseLarge(
    Object.values(params).reduce((sum, t) => sum + sizeOf(t.shape) * (dtype === "F16" ? 2 : 4), 0),
    dtype,
    source,
  );
  const specs: Record<string, Spec> = {};
  for (const { name, shape } of INPUTS) specs[int32Name(name)] = { shape, dtype: "int32" };
  specs[PLACES] = { shape: SHAPE, dtype: "int32" };
  for (const [name, { shape, dtype }] of Object.entries(params)) specs[name] = { shape, dtype };
  const [ids, mask, typeIds] = INPUTS.map((i) => int32Name(i.name)) as [string, string, string];
  const graph = trace((x) => {
    const at = (name: string) => x[name] as NonNullable<(typeof x)[string]>;
    const batch = { ids: at(ids), typeIds: at(typeIds), mask: at(mask), places: at(PLACES) };
    return { last_hidden_state: paddedBert(x, batch, config) };
  }, specs);
  // A place of the padded batch is the row of the same number, so that no row need be moved.
  const lowered = lower(simplify(plainProducts(withoutGathers(simplify(graph), PLACES))));
  const store = dtype === "F16" ? (t: { data: Float32Array }) => toF16(t.data) : (t: { data: Float32Array }) => t.data;
  const parts = linkOnnx(lowered, INPUTS, params, { store });
  refuseLarge(byteLength(parts), dtype, source);
  return parts;
}

function refuseLarge(bytes: number, dtype: Stored, source: string): void {
  if (bytes <= LIMIT) return;
  const size = (bytes / 1e9).toFixed(2);
  throw new InputError(
    `${source}: its ONNX file would have ${size} GB; such a file can have ${(LIMIT / 1e9).toFixed(2)} GB; ${dtype === "F32" ? "store halves (F16), or " : ""}take a smaller encoder`,
  );
}
