/** What an optimizer does to arrays of float32, four numbers at a time in WebAssembly: JavaScript has no vectors. */
import {
  type AssemblyFunction,
  advance,
  assemble,
  type Code,
  DEMOTE,
  get,
  load,
  repeat,
  set,
  store,
  vector,
} from "./assembly.ts";

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

/** The running means of an array of numbers, which stay in the kernels' memory. */
export interface Moments {
  readonly m: Float32Array;
  readonly v: Float32Array;
}

/** Kernels on arrays anywhere, which pass through a small part of their memory in chunks, and on moments within it. */
export interface Kernels {
  /** The moments of arrays of these lengths, all 0. */
  readonly moments: readonly Moments[];
  /**
   * The update of p[begin .. end - 1], in place, with its running means m and v and the gradient that starts at g[from],
   * rounded to float32 at each operation: m = beta1 m + (1 - beta1) scale g, v = beta2 v + (1 - beta2) (scale g)^2,
   * p = p keep - rate m / (sqrt(v) root + eps).
   */
  adam(p: Float32Array, own: Moments, begin: number, end: number, g: Float32Array, from: number, by: Factors): void;
  /** p[begin .. end - 1] times `factor`, in place. */
  scale(p: Float32Array, begin: number, end: number, factor: number): void;
  /** The sum of all squares, in float64, where those of float32 cannot overflow. */
  squares(x: Float32Array): number;
}

const CHUNK = 4096; // numbers at a time: two arrays of them fit into the first cache
const SCRATCH = 4 * (2 * CHUNK + 8); // bytes: p, g, and up to four numbers of m and v

/** Kernels with memory for moments of arrays of these lengths. */
export function kernels(lengths: readonly number[] = []): Kernels {
  let bytes = SCRATCH;
  const places = lengths.map((n) => {
    const place = bytes;
    bytes += 2 * 4 * n;
    return place;
  });
  const made = assemble(FUNCTIONS, bytes) as ReturnType<typeof assemble> & Functions;
  const array = (byte: number, n: number): Float32Array => new Float32Array(made.memory.buffer, byte, n);
  const [cp, cg] = [array(0, CHUNK), array(4 * CHUNK, CHUNK)];
  const [cm, cv] = [array(8 * CHUNK, 4), array(8 * CHUNK + 16, 4)];
  const copy = (from: Float32Array, begin: number, end: number, to: Float32Array): void => {
    to.set(begin === 0 && end === from.length ? from : from.subarray(begin, end));
  };
  return {
    moments: lengths.map((n, i) => {
      const place = places[i] as number;
      return { m: array(place, n), v: array(place + 4 * n, n) };
    }),
    adam(p, { m, v }, begin, end, g, from, { beta1, beta2, keep, rate, root, eps, scale }) {
      const factors = [beta1, (1 - beta1) * scale, beta2, (1 - beta2) * scale * scale, keep, rate, root, eps] as const;
      for (let at = begin; at < end; at += CHUNK) {
        const stop = Math.min(at + CHUNK, end);
        const whole = (stop - at) & ~3;
        copy(p, at, stop, cp);
        copy(g, from + at - begin, from + stop - begin, cg);
        if (whole) made.adam(0, 4 * whole, m.byteOffset + 4 * at, v.byteOffset + 4 * at, ...factors);
        if (whole < stop - at) {
          // What is left of the last four must not touch the numbers behind.
          const rest = at + whole;
          copy(m, rest, stop, cm);
          copy(v, rest, stop, cv);
          made.adam(4 * whole, 4 * whole + 16, cm.byteOffset, cv.byteOffset, ...factors);
          m.set(cm.subarray(0, stop - rest), rest);
          v.set(cv.subarray(0, stop - rest), rest);
        }
        p.set(cp.subarray(0, stop - at), at);
      }
    },
    scale(p, begin, end, factor) {
      for (let at = begin; at < end; at += CHUNK) {
        const stop = Math.min(at + CHUNK, end);
        copy(p, at, stop, cp);
        made.scale(0, 4 * (stop - at), factor);
        p.set(cp.subarray(0, stop - at), at);
      }
    },
    squares(x) {
      let sum = 0;
      for (let at = 0; at < x.length; at += CHUNK) {
        const n = Math.min(CHUNK, x.length - at);
        copy(x, at, at + n, cp);
        if (n % 8) cp.fill(0, n, (n + 7) & ~7);
        sum += made.squares(0, 4 * n);
      }
      return sum;
    },
  };
}

/** The functions below as JavaScript calls them. */
interface Functions {
  /** From address `i` to `end` of p; m and v are addresses. */
  adam(i: number, end: number, m: number, v: number, ...factors: readonly number[]): void;
  scale(i: number, end: number, factor: number): void;
  squares(i: number, end: number): number;
}

const G = 4 * CHUNK; // from a number of p to that of g
const [SPLAT, SQRT, ADD, SUB, MUL, DIV] = [0x13, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7].map(vector) as [
  Code,
  Code,
  Code,
  Code,
  Code,
  Code,
];
const [ADD64, MUL64, PROMOTE, LANE] = [0xf0, 0xf2, 0x5f, 0x21].map(vector) as [Code, Code, Code, Code];

/** Factors as vectors of four: from parameter `first` to local `to`, so many of them. */
const spread = (first: number, to: number, count: number): Code =>
  Array.from({ length: count }, (_, i) => [...get(first + i), ...DEMOTE, ...SPLAT, ...set(to + i)]).flat();

function adamCode(): AssemblyFunction {
  const [i, end, mAt, vAt, factors, spreads, g, m, v] = [0, 1, 2, 3, 4, 12, 20, 21, 22] as const;
  const [beta1, a, beta2, b, keep, rate, root, eps] = Array.from({ length: 8 }, (_, k) => get(spreads + k)) as Code[] &
    [Code, Code, Code, Code, Code, Code, Code, Code];
  const update = [
    ...[...load(i, G), ...set(g)],
    ...[...beta1, ...load(mAt), ...MUL, ...a, ...get(g), ...MUL, ...ADD, ...set(m)],
    ...[...beta2, ...load(vAt), ...MUL, ...b, ...get(g), ...MUL, ...get(g), ...MUL, ...ADD, ...set(v)],
    ...store(i, [
      ...[...load(i), ...keep, ...MUL, ...rate, ...get(m), ...MUL],
      ...[...get(v), ...SQRT, ...root, ...MUL, ...eps, ...ADD, ...DIV, ...SUB],
    ]),
    ...[...store(mAt, get(m)), ...store(vAt, get(v))],
    ...[i, mAt, vAt].flatMap((at) => advance(at, 16)),
  ];
  return {
    name: "adam",
    parameters: ["i32", "i32", "i32", "i32", ...Array.from({ length: 8 }, () => "f64" as const)],
    locals: [[11, "v128"]],
    body: [...spread(factors, spreads, 8), ...repeat(update, i, end)],
  };
}

function scaleCode(): AssemblyFunction {
  const [i, end, factor, by] = [0, 1, 2, 3] as const;
  const body = [
    ...spread(factor, by, 1),
    ...repeat([...store(i, [...load(i), ...get(by), ...MUL]), ...advance(i, 16)], i, end),
  ];
  return { name: "scale", parameters: ["i32", "i32", "f64"], locals: [[1, "v128"]], body };
}

/** Four sums of two each: one would wait for itself at every addition. */
function squaresCode(): AssemblyFunction {
  const [i, end, sums, x] = [0, 1, 2, 6] as const;
  const four = [0, 1, 2, 3];
  const step = four.flatMap((k) => [
    ...[...load(i, 8 * k, 8), ...PROMOTE, ...set(x)],
    ...[...get(x), ...get(x), ...MUL64, ...get(sums + k), ...ADD64, ...set(sums + k)],
  ]);
  const all = [...get(sums), ...four.slice(1).flatMap((k) => [...get(sums + k), ...ADD64]), ...set(x)];
  const lanes = [...get(x), ...LANE, 0, ...get(x), ...LANE, 1, 0xa0]; // f64.add
  return {
    name: "squares",
    parameters: ["i32", "i32"],
    result: "f64",
    locals: [[5, "v128"]],
    body: [...repeat([...step, ...advance(i, 32)], i, end), ...all, ...lanes],
  };
}

const FUNCTIONS = [adamCode(), scaleCode(), squaresCode()];
