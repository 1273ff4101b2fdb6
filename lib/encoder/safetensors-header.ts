/** The header of a safetensors file: JSON that says of each tensor its type, its shape and where its bytes stand. */
import { count, InputError } from "../core/errors.ts";
import { parseJson } from "../core/files.ts";
import { scanJson } from "../core/json.ts";
import { sizeOf } from "../core/tensor.ts";

/** Bits of a number by type: all types that the format knows. */
export const bits: Readonly<Record<string, number>> = {
  ...{ F64: 64, I64: 64, U64: 64, C64: 64 },
  ...{ F32: 32, I32: 32, U32: 32 },
  ...{ F16: 16, BF16: 16, I16: 16, U16: 16 },
  ...{ BOOL: 8, I8: 8, U8: 8, F8_E5M2: 8, F8_E4M3: 8, F8_E8M0: 8, F8_E4M3FNUZ: 8, F8_E5M2FNUZ: 8 },
  ...{ F6_E2M3: 6, F6_E3M2: 6, F4: 4 },
};

/** Where a tensor stands: bytes `begin` .. `end` - 1 of what follows the header. */
export interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Reads and checks a header in front of `dataSize` bytes of numbers: they are covered without holes and overlaps. */
export function parseHeader(bytes: ArrayBuffer, dataSize: number, file: string): Header {
  const text = new TextDecoder().decode(bytes);
  const json = parseJson(text, file, "the header of the tensors");
  if (typeof json !== "object" || json === null || Array.isArray(json))
    throw new InputError(`${file}: the header of the tensors is no JSON object`);
  refuseTwins(text, file);
  const entries = new Map<string, Entry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") metadata = texts(value, file);
    else entries.set(name, parseEntry(value, dataSize, `${file}: tensor '${name}'`));
  }
  refuseHoles(entries, dataSize, file);
  return { entries, metadata };
}

/** JSON.parse keeps the last of two equal keys and says nothing. */
function refuseTwins(text: string, file: string): void {
  const seen = new Set<string>();
  scanJson(text, (path) => {
    if (path.length !== 1) return;
    const name = String(path[0]);
    if (seen.has(name)) throw new InputError(`${file}: tensor '${name}' stands twice in the header`);
    seen.add(name);
  });
}

function texts(value: unknown, file: string): Record<string, string> {
  const ok = typeof value === "object" && value !== null && Object.values(value).every((v) => typeof v === "string");
  if (!ok || Array.isArray(value))
    throw new InputError(`${file}: __metadata__ in the header is not an object of texts`);
  return value as Record<string, string>;
}

function parseEntry(value: unknown, dataSize: number, where: string): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(bits, dtype))
    throw new InputError(`${where} has type ${JSON.stringify(dtype)}; wanted one of ${Object.keys(bits).join(" ")}`);
  if (!isSizes(shape))
    throw new InputError(`${where} has shape ${JSON.stringify(shape)}; wanted whole numbers, none below 0`);
  if (!isSizes(offsets) || offsets.length !== 2)
    throw new InputError(`${where} has data_offsets ${JSON.stringify(offsets)}; wanted [begin, end]`);
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataSize)
    throw new InputError(
      `${where} has bytes ${begin} .. ${end}, but the file has ${count(dataSize, "byte")} of numbers`,
    );
  const wanted = (sizeOf(shape) * (bits[dtype] as number)) / 8;
  if (end - begin !== wanted) {
    throw new InputError(`${where} has ${count(end - begin, "byte")}; ${dtype}[${shape.join(",")}] takes ${wanted}`);
  }
  return { dtype, shape, begin, end };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0);
}

function refuseHoles(entries: ReadonlyMap<string, Entry>, dataSize: number, file: string): void {
  let at = 0;
  for (const [name, { begin, end }] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      const what = begin < at ? "overlaps the one before" : `leaves ${count(begin - at, "byte")} before it unused`;
      throw new InputError(`${file}: tensor '${name}' at byte ${begin} ${what}`);
    }
    at = end;
  }
  if (at !== dataSize) {
    throw new InputError(
      `${file}: the tensors end at byte ${at}, but the file has ${count(dataSize, "byte")} of numbers`,
    );
  }
}
