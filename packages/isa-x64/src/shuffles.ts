/**
 * Byte shuffles that one or two instructions of SSE2 make. A mask names in each byte of the result a byte of the first
 * operand (0 to 15) or of the second (16 to 31); where both operands are one value the two halves are the same.
 */
import type { Function, Inst } from "@gantry/clif-ir";
import { NONE } from "@gantry/entity";

/** What instructions `punpck` interleave, in the order of the rules' enum `Interleave`: lane bytes, then the half. */
const INTERLEAVES = [1, 2, 4, 8].flatMap((lane) => [
  { lane, from: 0 },
  { lane, from: 8 },
]);

/** Byte `k` of the mask with its operands exchanged if `swap` is 16; of one value only, the place within it. */
function source(func: Function, shuffle: Inst, k: number, swap: number): number {
  const byte = func.bytes[func.constantStart(func.constant(shuffle)) + k] ^ swap;
  return func.arg(shuffle, 0) === func.arg(shuffle, 1) ? byte & 15 : byte;
}

/** Whether the mask's byte `k` is byte `want`, where the operands are one value modulo 16. */
function is(func: Function, shuffle: Inst, k: number, swap: number, want: number): boolean {
  const same = func.arg(shuffle, 0) === func.arg(shuffle, 1);
  return source(func, shuffle, k, swap) === (same ? want & 15 : want);
}

/** The number of the interleaving that the shuffle is, of the operands as they are (0) or exchanged (16), or -1. */
export function interleaveOf(func: Function, shuffle: Inst, swap: number): number {
  return INTERLEAVES.findIndex(({ lane, from }) => {
    for (let k = 0; k < 16; k++) {
      const pair = Math.floor(k / (2 * lane));
      const operand = Math.floor(k / lane) & 1;
      if (!is(func, shuffle, k, swap, from + pair * lane + (k % lane) + 16 * operand)) return false;
    }
    return true;
  });
}

/** The number of the aligned lane of `bytes` bytes at lane `k` of the result, or -1 if it comes from several. */
function laneOf(func: Function, shuffle: Inst, k: number, bytes: number, swap: number): number {
  const first = source(func, shuffle, k * bytes, swap);
  if (first % bytes !== 0) return NONE;
  for (let b = 1; b < bytes; b++) if (source(func, shuffle, k * bytes + b, swap) !== first + b) return NONE;
  return first / bytes;
}

/** The immediate of `shufps` whose operands give the lower and the upper two lanes, or -1. */
export function lanePairsOf(func: Function, shuffle: Inst, swap: number): number {
  let imm = 0;
  const upper = func.arg(shuffle, 0) === func.arg(shuffle, 1) ? 0 : 4;
  for (let k = 0; k < 4; k++) {
    const lane = laneOf(func, shuffle, k, 4, swap) - (k < 2 ? 0 : upper);
    if (lane < 0 || lane > 3) return NONE;
    imm |= lane << (2 * k);
  }
  return imm;
}

/** The immediate of `pshufd` of one operand, or -1. */
export function laneOrderOf(func: Function, shuffle: Inst, swap: number): number {
  let imm = 0;
  for (let k = 0; k < 4; k++) {
    const lane = laneOf(func, shuffle, k, 4, swap);
    if (lane < 0 || lane > 3) return NONE;
    imm |= lane << (2 * k);
  }
  return imm;
}

/**
 * The immediate of `pshuflw` (`half` 0) or `pshufhw` (`half` 4), which permute four words of one operand and leave
 * the others where they are, or -1.
 */
export function wordOrderOf(func: Function, shuffle: Inst, half: number, swap: number): number {
  let imm = 0;
  for (let k = 0; k < 8; k++) {
    const word = laneOf(func, shuffle, k, 2, swap);
    if ((k & 4) !== half) {
      if (word !== k) return NONE;
    } else if (word < half || word > half + 3) return NONE;
    else imm |= (word - half) << (2 * (k & 3));
  }
  return imm;
}

/** The first of sixteen consecutive bytes of both operands together, 1 to 15, or -1. */
export function windowOf(func: Function, shuffle: Inst, swap: number): number {
  const first = source(func, shuffle, 0, swap);
  if (first < 1 || first > 15) return NONE;
  for (let k = 1; k < 16; k++) if (!is(func, shuffle, k, swap, first + k)) return NONE;
  return first;
}
