/**
 * Registers for the operands of one instruction by trying all combinations: a referee for the matching, with which it
 * shares nothing. The rules are those of the checker, by pairs of operands.
 */
import type { Environment } from "../environment.ts";
import { ANY, FIRST_FIXED_SLOT, FIRST_VREG, FIXED, LIMIT, NO_REG, REUSE, STACK } from "../operand.ts";
import type { Problem } from "../problem.ts";

/** Per operand of instruction `i` its register, {@link NO_REG} if memory will do; undefined if there are none. */
export function findPlaces(p: Problem, i: number, env: Environment): number[] | undefined {
  const first = p.instOperandStart.at(i);
  const places = new Array<number>(p.instOperandStart.at(i + 1) - first).fill(NO_REG);
  const choose = (k: number): boolean => {
    if (k === places.length) return true;
    for (const place of candidates(p, i, k, env, places)) {
      places[k] = place;
      if (fits(p, i, k, places) && choose(k + 1)) return true;
    }
    places[k] = NO_REG;
    return false;
  };
  return choose(0) ? places : undefined;
}

/** Whether operand `k` and those before it may be where `places` says. */
export function fits(p: Problem, i: number, k: number, places: readonly number[]): boolean {
  if (places[k] === NO_REG) return true;
  if (isLasting(p, i, k) && isClobbered(p, i, places[k]!)) return false;
  for (let j = 0; j < k; j++) if (places[j] === places[k] && !mayShare(p, i, j, k)) return false;
  return true;
}

function candidates(
  p: Problem,
  i: number,
  k: number,
  env: Environment,
  places: readonly number[],
): readonly number[] {
  const first = p.instOperandStart.at(i);
  const info = p.operandInfo.at(first + k);
  const c = (info >> 2) & 3;
  const payload = info >> 8;
  const registers = (limit: number): number[] => {
    const found: number[] = [];
    for (let r = 0; r < Math.min(limit, 32); r++)
      if ((((env.preferred[c]! | env.other[c]!) >>> r) & 1) !== 0) found.push((c << 5) | r);
    return found;
  };
  if (p.operandVReg.at(first + k) < FIRST_VREG) return [NO_REG];
  switch ((info >> 4) & 7) {
    case ANY:
      return isReused(p, i, k) ? [...registers(32), NO_REG] : [NO_REG];
    case STACK:
      return [NO_REG];
    case FIXED:
      return [payload];
    case REUSE:
      return [places[payload]!];
    case LIMIT:
      return registers(1 << payload);
    default:
      return registers(32);
  }
}

function isReused(p: Problem, i: number, k: number): boolean {
  for (let d = p.instOperandStart.at(i); d < p.instOperandStart.at(i + 1); d++) {
    const info = p.operandInfo.at(d);
    if (((info >> 4) & 7) === REUSE && info >> 8 === k) return true;
  }
  return false;
}

/** Whether an operand is in its place both before and after the instruction. */
function isLasting(p: Problem, i: number, k: number): boolean {
  const info = p.operandInfo.at(p.instOperandStart.at(i) + k);
  return (info & 1) !== 0 ? (info & 2) === 0 : (info & 2) !== 0;
}

function isClobbered(p: Problem, i: number, place: number): boolean {
  const set = p.instClobber.at(i);
  if (set === 0 || place >= FIRST_FIXED_SLOT) return false;
  return ((p.clobberSets.at(3 * set + (place >> 5)) >>> (place & 31)) & 1) !== 0;
}

function mayShare(p: Problem, i: number, a: number, b: number): boolean {
  const first = p.instOperandStart.at(i);
  const isDef = (k: number): boolean => (p.operandInfo.at(first + k) & 1) !== 0;
  if (isDef(a) && isDef(b)) return false;
  if (!isDef(a) && !isDef(b)) return p.operandVReg.at(first + a) === p.operandVReg.at(first + b);
  const def = isDef(a) ? a : b;
  const use = isDef(a) ? b : a;
  if (isLasting(p, i, def) || isLasting(p, i, use)) return false;
  const info = p.operandInfo.at(first + def);
  if (((info >> 4) & 7) !== REUSE) return true;
  return p.operandVReg.at(first + use) === p.operandVReg.at(first + (info >> 8));
}
