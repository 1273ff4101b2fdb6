/** A small assembler of WebAssembly modules with vectors (https://webassembly.github.io/spec/core/binary). */

/** Bytes of instructions. */
export type Code = readonly number[];

const TYPES = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;
type Type = keyof typeof TYPES;

export interface AssemblyFunction {
  readonly name: string;
  readonly parameters: readonly Type[];
  readonly result?: Type;
  /** Locals beside the parameters, which they are numbered after. */
  readonly locals: readonly (readonly [count: number, type: Type])[];
  readonly body: Code;
}

/** What an instance offers: its functions, and its memory. */
export interface Assembly {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly [name: string]: unknown;
}

/** What is used of WebAssembly, which Node and Deno have and TypeScript knows of browsers only. */
interface Runtime {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Assembly };
}

const PAGE = 65_536; // bytes

/** An instance of a module with these functions and a memory of so many bytes, all 0. */
export function assemble(functions: readonly AssemblyFunction[], bytes: number): Assembly {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: Runtime }).WebAssembly;
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const list = (parts: readonly Code[]): number[] => [...leb(parts.length), ...parts.flat()];
  const section = (id: number, content: Code): number[] => [id, ...leb(content.length), ...content];
  const types = functions.map((f) => [
    ...[0x60, ...list(f.parameters.map((t) => [TYPES[t]]))],
    ...list(f.result ? [[TYPES[f.result]]] : []),
  ]);
  const exported = functions.map((f, i) => [...name(f.name), 0, ...leb(i)]);
  const codes = functions.map((f) => {
    const code = [...list(f.locals.map(([n, type]) => [...leb(n), TYPES[type]])), ...f.body, 0x0b];
    return [...leb(code.length), ...code];
  });
  const module = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // \0asm, version 1
    ...section(1, list(types)),
    ...section(3, list(functions.map((_, i) => leb(i)))),
    ...section(5, [1, 0, ...leb(Math.ceil(bytes / PAGE))]),
    ...section(7, list([[...name("memory"), 2, 0], ...exported])),
    ...section(10, list(codes)),
  ]);
  return new Instance(new Module(module)).exports;
}

/** A whole number in LEB128, unsigned. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)];
}

/** A whole number below 64 as a constant, as instructions take it. */
const constant = (n: number): Code => [0x41, n];

export const get = (local: number): Code => [0x20, ...leb(local)];
export const set = (local: number): Code => [0x21, ...leb(local)];
/** A float64 on the stack becomes a float32. */
export const DEMOTE: Code = [0xb6];
/** A vector instruction by its number. */
export const vector = (code: number): Code => [0xfd, ...leb(code)];
/** The vector of 16 bytes (with 8 the lower half, zeros above) at the local's address and `offset`. */
export const load = (address: number, offset = 0, bytes: 8 | 16 = 16): Code => {
  return [...get(address), ...vector(bytes === 16 ? 0x00 : 0x5d), 0, ...leb(offset)];
};
/** What `value` leaves, stored at the local's address and `offset`. */
export const store = (address: number, value: Code, offset = 0): Code => {
  return [...get(address), ...value, ...vector(0x0b), 0, ...leb(offset)];
};
/** Adds to the local, an address. */
export const advance = (local: number, bytes: number): Code => {
  return [...get(local), ...constant(bytes), 0x6a, ...set(local)];
};
/** Does the body again while the local `i` is below the local `end`, at least once. */
export const repeat = (body: Code, i: number, end: number): Code => {
  return [0x03, 0x40, ...body, ...get(i), ...get(end), 0x48, 0x0d, 0x00, 0x0b];
};
