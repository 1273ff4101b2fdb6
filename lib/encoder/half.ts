/** 16-bit floats to and from float32: IEEE half precision (F16) and bfloat16 (BF16). */

/** IEEE half precision to float32, exactly. */
export function fromF16(halves: Uint16Array): Float32Array {
  const table = new Uint32Array(65536); // float32 bits by half bits: a look-up a number instead of branches
  for (let half = 0; half < 65536; half++) table[half] = f16Bits(half);
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = table[halves[i]!]!;
  return new Float32Array(bits.buffer);
}

/** bfloat16, the upper half of a float32, to float32, exactly. */
export function fromBF16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** Float32 to the nearest half, ties to the even one; what is too large becomes infinite, as in numpy. */
export function toF16(numbers: Float32Array): Uint16Array {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  const halves = new Uint16Array(numbers.length);
  for (let i = 0; i < bits.length; i++) halves[i] = nearestF16(bits[i]!);
  return halves;
}

function f16Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // a subnormal half is a normal float32: its leading 1 becomes the hidden one
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

function nearestF16(float: number): number {
  const sign = (float >>> 16) & 0x8000;
  const rest = float & 0x7fffffff;
  if (rest > 0x7f800000) return sign | 0x7c00 | Math.max(1, (rest >>> 13) & 0x3ff); // NaN must not become infinity
  if (rest >= 0x47800000) return sign | 0x7c00; // 65536 and above
  if (rest >= 0x38800000) return sign | (roundedShift(rest, 13) - 0x1c000); // normal; a carry into the exponent is right
  if (rest < 0x33000000) return sign; // below half of the smallest subnormal
  const exponent = rest >>> 23; // 102 .. 112
  return sign | roundedShift((rest & 0x7fffff) | 0x800000, 126 - exponent);
}

/** n / 2^k rounded to the nearest whole number, ties to the even one. */
function roundedShift(n: number, k: number): number {
  const quotient = n >>> k;
  const remainder = n & ((1 << k) - 1);
  const half = 1 << (k - 1);
  return remainder > half || (remainder === half && (quotient & 1) === 1) ? quotient + 1 : quotient;
}
