/** AdamW's update of an array of numbers, two at a time in WebAssembly: what JavaScript does one by one, to the last bit. */

/** The factors of one update of one parameter. */
export interface Factors {
  readonly beta1: number;
  readonly beta2: number;
  /** What the weight is multiplied with: 1 - lr * decay. */
  readonly keep: number;
  /** lr, over the first mean's correction. */
  readonly rate: number;
  /** 1 over the root of the second mean's correction. */
  readonly root: number;
  readonly eps: number;
  /** What the gradient is multiplied with. */
  readonly scale: number;
}

/**
 * The update of p[begin .. end - 1], in place, with its running means m and v and the gradient that starts at g[from]:
 * m = beta1 m + (1 - beta1) scale g, v = beta2 v + (1 - beta2) (scale g)^2, p = p keep - rate m / (sqrt(v) root + eps),
 * in float64, rounded to float32 where it is stored.
 */
export type AdamKernel = (
  p: Float32Array,
  m: Float32Array,
  v: Float32Array,
  begin: number,
  end: number,
  g: Float32Array,
  from: number,
  factors: Factors,
) => void;

const CHUNK = 4096; // numbers of each array that are worked on at a time: all four fit into the first two caches
const PAGE = 65_536; // bytes

/** What is used of WebAssembly, which Node and Deno have and TypeScript knows of browsers only. */
interface Assembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: {
      run(bytes: number, ...factors: readonly number[]): void;
      readonly memory: { readonly buffer: ArrayBuffer };
    };
  };
}

/** A kernel with a small memory of its own, through which chunks of the arrays pass. */
export function adamKernel(): AdamKernel {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: Assembly }).WebAssembly;
  const { run, memory } = new Instance(new Module(moduleBytes())).exports;
  const chunk = (array: number): Float32Array => new Float32Array(memory.buffer, 4 * CHUNK * array, CHUNK);
  const [cp, cm, cv, cg] = [chunk(0), chunk(1), chunk(2), chunk(3)];
  return (p, m, v, begin, end, g, from, { beta1, beta2, keep, rate, root, eps, scale }) => {
    const a = (1 - beta1) * scale;
    const b = (1 - beta2) * scale * scale;
    for (let at = begin; at < end; at += CHUNK) {
      const stop = Math.min(at + CHUNK, end);
      const n = stop - at;
      cp.set(p.subarray(at, stop));
      cm.set(m.subarray(at, stop));
      cv.set(v.subarray(at, stop));
      cg.set(g.subarray(from + at - begin, from + stop - begin));
      run(4 * n, beta1, a, beta2, b, keep, rate, root, eps);
      p.set(n === CHUNK ? cp : cp.subarray(0, n), at);
      m.set(n === CHUNK ? cm : cm.subarray(0, n), at);
      v.set(n === CHUNK ? cv : cv.subarray(0, n), at);
    }
  };
}

// Instructions of WebAssembly and its vectors (https://webassembly.github.io/spec/core/binary/instructions.html).
const [I32, F64, V128] = [0x7f, 0x7c, 0x7b];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const vector = (code: number): number[] => [0xfd, ...leb(code)];
const [SPLAT, DEMOTE, PROMOTE, SQRT, ADD, SUB, MUL, DIV] = [0x14, 0x5e, 0x5f, 0xef, 0xf0, 0xf1, 0xf2, 0xf3].map(vector);
/** The two float32 at array number `array`, as float64. */
const load = (array: number): number[] => [...get(I), ...vector(0x5d), 3, ...leb(4 * CHUNK * array), ...PROMOTE!];
/** The local's two float64 to array number `array`, as float32. */
const store = (array: number, local: number): number[] => {
  return [...get(I), ...get(local), ...DEMOTE!, ...vector(0x5b), 3, ...leb(4 * CHUNK * array), 0];
};

// Locals: the bytes to do, eight factors, then the place, the factors twice over as vectors, and g, m and v.
const [BYTES, FACTORS, I, TWICE] = [0, 1, 9, 10];
const [BETA1, A, BETA2, B, KEEP, RATE, ROOT, EPS] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => get(TWICE + i));
const [G, M, V] = [18, 19, 20];

/** `run(bytes, beta1, a, beta2, b, keep, rate, root, eps)` on the arrays p, m, v, g at 0, 1, 2 and 3 times 4 * CHUNK. */
function moduleBytes(): Uint8Array {
  const pages = (4 * 4 * CHUNK) / PAGE;
  const body = [
    ...Array.from({ length: 8 }, (_, i) => [...get(FACTORS + i), ...SPLAT!, ...set(TWICE + i)]).flat(),
    ...[0x03, 0x40], // loop
    ...[...load(3), ...set(G)],
    ...[...BETA1!, ...load(1), ...MUL!, ...A!, ...get(G), ...MUL!, ...ADD!, ...set(M)],
    ...[...BETA2!, ...load(2), ...MUL!, ...B!, ...get(G), ...MUL!, ...get(G), ...MUL!, ...ADD!, ...set(V)],
    ...[...get(I), ...load(0), ...KEEP!, ...MUL!, ...RATE!, ...get(M), ...MUL!],
    ...[...get(V), ...SQRT!, ...ROOT!, ...MUL!, ...EPS!, ...ADD!, ...DIV!, ...SUB!],
    ...[...DEMOTE!, ...vector(0x5b), 3, 0, 0], // p: the place stands below on the stack
    ...[...store(1, M), ...store(2, V)],
    ...[...get(I), 0x41, 8, 0x6a, 0x22, I], // i += 8
    ...[...get(BYTES), 0x48, 0x0d, 0x00, 0x0b, 0x0b], // again while i < bytes; end of loop, end of function
  ];
  const locals = [...leb(2), 1, I32, 11, V128];
  const code = [...locals, ...body];
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // \0asm, version 1
    ...section(1, [1, 0x60, 9, I32, F64, F64, F64, F64, F64, F64, F64, F64, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...leb(pages)]),
    ...section(7, [2, ...name("memory"), 2, 0, ...name("run"), 0, 0]),
    ...section(10, [1, ...leb(code.length), ...code]),
  ]);
}

/** A whole number in LEB128, unsigned. */
function leb(n: number): number[] {
  return n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)];
}
