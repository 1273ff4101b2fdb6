/** Seeded random numbers with derived streams by name: no global state, equal on every machine. */

/** A generator; whoever needs chance takes one as an argument. */
export interface Random {
  /** A number in [0, 1), a multiple of 2^-32. */
  next(): number;
  /** An integer in [0, 2^32). */
  uint32(): number;
  /** The numbers that as many calls of uint32 would give, a few times faster. */
  fillUint32(out: Uint32Array): void;
  /** An integer in [0, n), without modulo bias. */
  int(n: number): number;
  /** A draw from the standard normal distribution (Box and Muller 1958). */
  normal(): number;
  /** Another generator, fixed by this one's seed and the name alone: how much was drawn before does not matter. */
  stream(name: string | number): Random;
}

/** A generator from a seed. Equal seeds give equal numbers. */
export function random(seed: number | string): Random {
  return generator(step(seed));
}

/** The items in random order, as a new array (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], rng: Random): T[] {
  const out = [...items];
  for (let i = out.length - 1; i > 0; i--) {
    const j = rng.int(i + 1);
    [out[i], out[j]] = [out[j] as T, out[i] as T];
  }
  return out;
}

/** `k` different items in random order, in O(k) time. Throws a RangeError when there are fewer. */
export function sample<T>(items: readonly T[], k: number, rng: Random): T[] {
  if (!(Number.isInteger(k) && k >= 0 && k <= items.length)) {
    throw new RangeError(`sample: wanted ${k} different items of ${items.length}`);
  }
  const out: T[] = [];
  const rest = drawing(items, rng);
  while (out.length < k) out.push(rest.next().value as T);
  return out;
}

/** The items in random order, each drawn only when it is asked for: for taking until enough of them fit. */
export function* drawing<T>(items: readonly T[], rng: Random): Generator<T, void> {
  const moved = new Map<number, number>(); // a Fisher-Yates shuffle of which only the touched places are stored
  for (let i = 0; i < items.length; i++) {
    const j = i + rng.int(items.length - i);
    const drawn = items[moved.get(j) ?? j] as T;
    moved.set(j, moved.get(i) ?? i);
    yield drawn;
  }
}

/** sfc32 (Chris Doty-Humphrey, PractRand), whose four words of state are hashed from the seed's text. */
function generator(path: string): Random {
  let [a, b, c, d] = hash128(path);
  const uint32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let i = 0; i < 12; i++) uint32();
  const next = (): number => uint32() / 4294967296;
  return {
    next,
    uint32,
    fillUint32(out) {
      // Local variables, as those of the closure live in memory; |0 tells the compiler that they are integers.
      let w = a | 0;
      let x = b | 0;
      let y = c | 0;
      let z = d | 0;
      for (let i = 0; i < out.length; i++) {
        const t = (((w + x) | 0) + z) | 0;
        z = (z + 1) | 0;
        w = x ^ (x >>> 9);
        x = (y + (y << 3)) | 0;
        y = (y << 21) | (y >>> 11);
        y = (y + t) | 0;
        out[i] = t;
      }
      [a, b, c, d] = [w, x, y, z];
    },
    int(n) {
      if (!(Number.isInteger(n) && n > 0 && n <= 4294967296))
        throw new RangeError(`random.int: n is ${n}, wanted 1 .. 2^32`);
      const limit = 4294967296 - (4294967296 % n);
      for (;;) {
        const u = uint32();
        if (u < limit) return u % n;
      }
    },
    normal() {
      const u = 1 - next(); // in (0, 1]: its logarithm is finite
      return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * next());
    },
    stream: (name) => generator(`${path}/${step(name)}`),
  };
}

/** One step of a path: a name with "/" must not equal two names. */
function step(name: number | string): string {
  return String(name).replaceAll("~", "~0").replaceAll("/", "~1");
}

/** 128 bits from a text: four MurmurHash3 (Austin Appleby) 32-bit hashes under different seeds. */
function hash128(text: string): [number, number, number, number] {
  const bytes = new TextEncoder().encode(text);
  return [
    murmur3(bytes, 0x9e3779b9),
    murmur3(bytes, 0x243f6a88),
    murmur3(bytes, 0xb7e15162),
    murmur3(bytes, 0xdeadbeef),
  ];
}

/** MurmurHash3, 32 bits: also used to fingerprint texts where no secret is kept. */
export function murmur3(bytes: Uint8Array, seed = 0): number {
  let h = seed | 0;
  const mix = (k: number): number => {
    const x = Math.imul(k, 0xcc9e2d51);
    return Math.imul((x << 15) | (x >>> 17), 0x1b873593);
  };
  const whole = bytes.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    const k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    h ^= mix(k);
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let i = bytes.length - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!;
  if (bytes.length > whole) h ^= mix(tail);
  h ^= bytes.length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
