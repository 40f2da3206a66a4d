/** Immediates of AArch64 whose field is not simply the value. Fields are numbers, -1 means that there is none. */

let high = 0;
/** The high word of the last two-word value that was decoded. */
export const highWord = (): number => high;

/** Field `sh:imm12` of an addition: 12 bits, or 12 bits shifted left by 12. */
export function encodeAddImm(value: number): number {
  if (value >>> 12 === 0) return value;
  return (value & 0xfff) === 0 && value >>> 24 === 0 ? 0x1000 | (value >>> 12) : -1;
}

/** The value of a field `sh:imm12`; a shifted zero is another name of zero that we do not use. */
export function decodeAddImm(field: number): number {
  if (field === 0x1000) return -1;
  return (field & 0x1000) !== 0 ? (field & 0xfff) << 12 : field;
}

/**
 * Field `N:immr:imms` of a logical immediate: an element of 2, 4, ... 64 bits, itself a rotated run of ones, repeated.
 * The element is found by halving as long as both halves are equal; the run by its length and first bit.
 */
export function encodeLogical64(low: number, up: number): number {
  if (low === up) return encodeLogical32(low);
  if ((low === -1 && up === -1) || (low | up) === 0) return -1;
  // 64-bit element: count the ones and check that they are one run, round the end or not.
  const ones = popcount(low) + popcount(up);
  const start = runStart(low, up);
  if (start < 0) return -1;
  const rotate = (64 - start) & 63;
  return 0x1000 | (rotate << 6) | (ones - 1);
}

/** The same for 32 bits, also the two equal halves of 64; N is zero. */
export function encodeLogical32(value: number): number {
  if (value === 0 || value === -1) return -1;
  let size = 32;
  while (size > 2) {
    const half = size >> 1;
    const mask = (1 << half) - 1;
    if ((value & mask) !== ((value >>> half) & mask)) break;
    size = half;
  }
  const mask = size === 32 ? -1 : (1 << size) - 1;
  const element = value & mask;
  const ones = popcount(element);
  for (let rotate = 0; rotate < size; rotate++) {
    // The field rotates right, so the value rotated left by as much is a run from bit 0.
    const turned =
      size === 32
        ? (element << rotate) | (rotate === 0 ? 0 : element >>> (32 - rotate))
        : ((element << rotate) | (element >>> (size - rotate))) & mask;
    if (turned === (((1 << ones) - 1) | 0)) {
      // imms marks the size by ones above it: 0sssss 32, 10ssss 16, 110sss 8, 1110ss 4, 11110s 2.
      return (rotate << 6) | ((-(size << 1) & 0x3f) | (ones - 1));
    }
  }
  return -1;
}

/** First bit of the single run of ones in 64 bits, going round the end; -1 if there are several. */
function runStart(low: number, up: number): number {
  let start = -1;
  let before = up >>> 31;
  for (let k = 0; k < 64; k++) {
    const bit = ((k < 32 ? low : up) >>> (k & 31)) & 1;
    if (bit === 1 && before === 0) {
      if (start >= 0) return -1;
      start = k;
    }
    before = bit;
  }
  return start;
}

function popcount(v: number): number {
  v -= (v >>> 1) & 0x55555555;
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333);
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Low word of the value of a 64-bit field; {@link highWord} has the other. Both are -1 if the field is reserved. */
export function decodeLogical64(field: number): number {
  if ((field & 0x1000) === 0) {
    const half = decodeLogical32(field);
    high = half;
    return half;
  }
  const ones = (field & 63) + 1;
  const rotate = (field >> 6) & 63;
  high = -1;
  if (ones === 64) return -1;
  let low = 0;
  high = 0;
  for (let k = 0; k < ones; k++) {
    const bit = (k - rotate) & 63;
    if (bit < 32) low |= 1 << bit;
    else high |= 1 << (bit - 32);
  }
  return low;
}

/** The value of a 32-bit field, or -1 if the field is reserved. */
export function decodeLogical32(field: number): number {
  if ((field & 0x1000) !== 0) return -1;
  const imms = field & 63;
  // The highest zero of imms tells the element's size.
  const top = 31 - Math.clz32(~imms & 63);
  if (top < 1) return -1;
  const size = 1 << top;
  const ones = (imms & (size - 1)) + 1;
  const rotate = (field >> 6) & (size - 1);
  if (ones === size || field >> 6 !== rotate) return -1;
  let element = 0;
  for (let k = 0; k < ones; k++) element |= 1 << ((k - rotate) & (size - 1));
  let value = element;
  for (let n = size; n < 32; n <<= 1) value |= value << n;
  return value;
}
