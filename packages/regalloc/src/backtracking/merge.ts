/**
 * Merges bundles that a move would connect: a definition with the input that it reuses, and a block parameter with what
 * is passed to it.
 */
import { REUSE } from "../operand.ts";
import type { Problem } from "../problem.ts";
import type { Ranges } from "./ranges.ts";

/**
 * Ranges of a bundle beyond which it is not merged with another, and comparisons before a merge is given up. A register
 * for a longer bundle would be hard to find, and merging a chain of n would take n squared.
 */
const MAX_RANGES = 200;

/** Merges what can be merged of the bundles of single vregs. */
export function mergeBundles(ranges: Ranges, p: Problem): void {
  const opStart = p.instOperandStart.data;
  const opInfo = p.operandInfo.data;
  for (let i = 0, n = p.numInsts(); i < n; i++) {
    const first = opStart[i]!;
    for (let k = first, z = opStart[i + 1]!; k < z; k++) {
      const info = opInfo[k]!;
      if ((info & 0x71) !== ((REUSE << 4) | 1) || p.operandVReg.at(k) < 128) continue;
      merge(ranges, p.operandVReg.at(first + (info >> 8)), p.operandVReg.at(k));
    }
  }
  for (let b = 0; b < p.numBlocks(); b++)
    for (let e = p.blockSuccStart.at(b); e < p.blockSuccStart.at(b + 1); e++) {
      const params = p.blockParamStart.at(p.succs.at(e));
      const args = p.edgeArgStart.at(e);
      for (let k = args; k < p.edgeArgStart.at(e + 1); k++)
        if (p.vregRemat.at(p.edgeArgs.at(k)) === 0)
          merge(ranges, p.edgeArgs.at(k), p.params.at(params + k - args));
    }
}

function merge(ranges: Ranges, v: number, w: number): void {
  const a = ranges.bundle.at(ranges.firstRange[v]!);
  const b = ranges.bundle.at(ranges.firstRange[w]!);
  if (a === b || ranges.bundleClass.at(a) !== ranges.bundleClass.at(b)) return;
  if (ranges.bundleSize.at(a) + ranges.bundleSize.at(b) > MAX_RANGES) return;
  if (ranges.to.at(ranges.bundleTail.at(a)) <= ranges.from.at(ranges.bundleHead.at(b))) append(ranges, a, b);
  else if (ranges.to.at(ranges.bundleTail.at(b)) <= ranges.from.at(ranges.bundleHead.at(a)))
    append(ranges, b, a);
  else if (!overlap(ranges, a, b)) interleave(ranges, a, b);
}

/** Puts the ranges of `b`, all after those of `a`, into `a`. */
function append(ranges: Ranges, a: number, b: number): void {
  for (let r = ranges.bundleHead.at(b); r >= 0; r = ranges.nextOfBundle.at(r)) ranges.bundle.set(r, a);
  ranges.nextOfBundle.set(ranges.bundleTail.at(a), ranges.bundleHead.at(b));
  absorb(ranges, a, b, ranges.bundleTail.at(b));
}

function overlap(ranges: Ranges, a: number, b: number): boolean {
  let r = ranges.bundleHead.at(a);
  let s = ranges.bundleHead.at(b);
  while (r >= 0 && s >= 0) {
    if (ranges.to.at(r) <= ranges.from.at(s)) r = ranges.nextOfBundle.at(r);
    else if (ranges.to.at(s) <= ranges.from.at(r)) s = ranges.nextOfBundle.at(s);
    else return true;
  }
  return false;
}

function interleave(ranges: Ranges, a: number, b: number): void {
  let r = ranges.bundleHead.at(a);
  let s = ranges.bundleHead.at(b);
  let tail = -1;
  while (r >= 0 || s >= 0) {
    let next: number;
    if (s < 0 || (r >= 0 && ranges.from.at(r) < ranges.from.at(s))) {
      next = r;
      r = ranges.nextOfBundle.at(r);
    } else {
      next = s;
      s = ranges.nextOfBundle.at(s);
    }
    ranges.bundle.set(next, a);
    if (tail < 0) ranges.bundleHead.set(a, next);
    else ranges.nextOfBundle.set(tail, next);
    tail = next;
  }
  absorb(ranges, a, b, tail);
}

/** What remains when the ranges of `b` are in `a`: `tail` is its last now, and `b` is empty. */
function absorb(ranges: Ranges, a: number, b: number, tail: number): void {
  ranges.bundleTail.set(a, tail);
  ranges.bundleSize.set(a, ranges.bundleSize.at(a) + ranges.bundleSize.at(b));
  ranges.bundleHead.set(b, -1);
  if (ranges.bundleHint.at(a) < 0) ranges.bundleHint.set(a, ranges.bundleHint.at(b));
}
