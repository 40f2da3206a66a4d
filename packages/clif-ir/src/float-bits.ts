/** Bits of floats that are given as JavaScript numbers. NaN gives the canonical quiet NaN. */
const wide = new DataView(new ArrayBuffer(8));

/** Bits of an f64. */
export function float64Bits(x: number): bigint {
  if (Number.isNaN(x)) return 0x7ff8000000000000n;
  wide.setFloat64(0, x);
  return wide.getBigUint64(0);
}

/** Bits of an f32, rounded to nearest even, as an int32. */
export function float32Bits(x: number): number {
  if (Number.isNaN(x)) return 0x7fc00000;
  wide.setFloat32(0, x);
  return wide.getInt32(0);
}

/** Bits of an f16, rounded to nearest even. */
export function float16Bits(x: number): number {
  if (Number.isNaN(x)) return 0x7e00;
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  const a = Math.abs(x);
  // From 65520 on the nearest f16 would be 65536, which is infinity.
  if (a >= 65520) return sign | 0x7c00;
  const exponent = a < 2 ** -14 ? -14 : Math.floor(Math.log2(a));
  const scaled = a / 2 ** (exponent - 10);
  let n = Math.floor(scaled);
  const rest = scaled - n;
  if (rest > 0.5 || (rest === 0.5 && (n & 1) === 1)) n++;
  // Below 1024 the number is subnormal; a carry out of the fraction moves the exponent by itself.
  return sign | (n < 1024 ? n : ((exponent + 14) << 10) + n);
}
