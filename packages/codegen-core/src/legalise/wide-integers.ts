/** Operations on i128, the widest integer, by way of its halves or of the runtime library. */
import {
  I64,
  I128,
  type Inst,
  IntCC,
  Op,
  TRAP_DIVISION_BY_ZERO,
  TRAP_INTEGER_OVERFLOW,
  type Value,
} from "@gantry/clif-ir";
import type { Rewriter } from "./rewriter.ts";

/** The product of two words at full width. */
const wideProduct = (r: Rewriter, x: Value, y: Value): Value =>
  r.imul(r.uextend(I128, x), r.uextend(I128, y));

/**
 * The high half of a product of 256 bits from four products of words (Knuth, The Art of Computer Programming 2,
 * algorithm M, with digits of 64 bits).
 */
function highProduct(r: Rewriter, x: Value, y: Value): Value {
  const [x0, x1] = r.isplit(x);
  const [y0, y1] = r.isplit(y);
  const low = r.umulhi(x0, y0);
  const [crossLow, crossHigh] = r.isplit(r.iadd(wideProduct(r, x1, y0), r.uextend(I128, low)));
  const [, carry] = r.isplit(r.iadd(wideProduct(r, x0, y1), r.uextend(I128, crossLow)));
  const middle = r.iadd(r.uextend(I128, crossHigh), r.uextend(I128, carry));
  return r.iadd(wideProduct(r, x1, y1), middle);
}

export function unsignedHighProduct(r: Rewriter, i: Inst): void {
  r.replace(i, highProduct(r, r.arg(i, 0), r.arg(i, 1)));
}

/** Read as unsigned, a negative number is 2^128 too great: the product's high half is by the other operand. */
export function signedHighProduct(r: Rewriter, i: Inst): void {
  const x = r.arg(i, 0);
  const y = r.arg(i, 1);
  const excess = r.iadd(r.band(signs(r, x), y), r.band(signs(r, y), x));
  r.replace(i, r.isub(highProduct(r, x, y), excess));
}

/** All ones for a negative number, otherwise zero. */
function signs(r: Rewriter, x: Value): Value {
  const [, high] = r.isplit(x);
  const word = r.sshr(high, r.iconst(I64, 63));
  return r.iconcat(word, word);
}

const RUNTIME_DIVISION: ReadonlyMap<number, string> = new Map([
  [Op.udiv, "__udivti3"],
  [Op.sdiv, "__divti3"],
  [Op.urem, "__umodti3"],
  [Op.srem, "__modti3"],
]);

/**
 * The library functions say nothing of division by zero and of the least number divided by -1: the first traps, the
 * second traps as a quotient and has the remainder zero, which is that of a division by 1.
 */
export function wideDivision(r: Rewriter, i: Inst): void {
  const op = r.func.opcode(i);
  const x = r.arg(i, 0);
  let y = r.arg(i, 1);
  r.trapz(y, TRAP_DIVISION_BY_ZERO);
  if (op === Op.sdiv || op === Op.srem) {
    const minusOne = r.icmp(IntCC.eq, y, r.number(I128, -1n));
    if (op === Op.srem) y = r.select(minusOne, r.number(I128, 1n), y);
    else {
      const least = r.icmp(IntCC.eq, x, r.number(I128, 1n << 127n, false));
      r.trapnz(r.band(minusOne, least), TRAP_INTEGER_OVERFLOW);
    }
  }
  r.replace(i, r.runtime(RUNTIME_DIVISION.get(op)!, x, y));
}
