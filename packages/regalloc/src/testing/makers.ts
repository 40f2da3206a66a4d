/**
 * Problems that made register allocators quadratic, in any size: rows of the bench. Each maker fills a problem and
 * returns its environment.
 */
import { type Environment, makeEnvironment } from "../environment.ts";
import { ANY, BRANCH, DEF, EARLY, FIXED, LATE, operandInfo, REG, RETURN, REUSE, USE } from "../operand.ts";
import type { Problem } from "../problem.ts";

/** Registers of x86-64 under the System V convention. */
export const X64_ENVIRONMENT: Environment = makeEnvironment(
  [0b0000_1111_1100_0111, 0b0111_1111_1111_1111, 0],
  [0b1111_0000_0000_1000, 0, 0],
);

const USE_REG = operandInfo(USE, EARLY, 0, REG);
const USE_ANY = operandInfo(USE, EARLY, 0, ANY);
const DEF_REG = operandInfo(DEF, LATE, 0, REG);
const DEF_REUSE = operandInfo(DEF, LATE, 0, REUSE, 0);

function define(p: Problem): number {
  const v = p.newVReg(0);
  p.operand(v, DEF_REG);
  p.endInst();
  return v;
}

function use(p: Problem, v: number): void {
  p.operand(v, USE_REG);
  p.endInst();
}

function jump(p: Problem, target: number): void {
  p.endInst(BRANCH);
  p.successor(target);
}

function branch(p: Problem, condition: number, first: number, second: number): void {
  p.operand(condition, USE_REG);
  p.endInst(BRANCH);
  p.successor(first);
  p.successor(second);
}

function ret(p: Problem): void {
  p.endInst(RETURN);
  p.endBlock();
  p.finish();
}

/** `n` block parameters on a chain of blocks, each passed on to the next: candidates for one big bundle. */
export function manyParams(p: Problem, n: number): Environment {
  p.reset();
  let v = define(p);
  for (let b = 0; b < n; b++) {
    jump(p, b + 1);
    p.edgeArg(v);
    p.endBlock();
    v = p.newVReg(0);
    p.param(v);
  }
  use(p, v);
  ret(p);
  return X64_ENVIRONMENT;
}

/** One vreg that is used `n` times between values that come and go. */
export function oneVRegManyUses(p: Problem, n: number): Environment {
  p.reset();
  const v = define(p);
  for (let k = 0; k < n; k++) {
    const w = p.newVReg(0);
    p.operand(v, USE_REG);
    p.operand(w, DEF_REG);
    p.endInst();
    p.operand(w, USE_ANY);
    p.endInst();
  }
  ret(p);
  return X64_ENVIRONMENT;
}

/** `n` vregs over `n / 10` blocks, most of them read some blocks after the one that defines them. */
export function manyVRegsManyBlocks(p: Problem, n: number): Environment {
  p.reset();
  const blocks = Math.max(2, Math.floor(n / 10));
  const all: number[] = [];
  for (let b = 0; b < blocks; b++) {
    for (let k = 0; k < 10; k++) {
      all.push(define(p));
      const back = all.length - 1 - ((k * 37 + b) % 150);
      if (back >= 0) use(p, all[back]!);
    }
    if (b + 1 < blocks) {
      jump(p, b + 1);
      p.endBlock();
    }
  }
  ret(p);
  return X64_ENVIRONMENT;
}

/** `n` calls that destroy the caller-saved registers, with a dozen values alive across them. */
export function manyCalls(p: Problem, n: number): Environment {
  p.reset();
  const clobbers = p.newClobberSet(X64_ENVIRONMENT.preferred[0]!, -1 >>> 1, 0);
  const alive: number[] = [];
  for (let k = 0; k < 12; k++) alive.push(define(p));
  for (let k = 0; k < n; k++) {
    p.operand(alive[k % 12]!, operandInfo(USE, EARLY, 0, FIXED, 7));
    p.operand(alive[(k * 5 + 1) % 12]!, operandInfo(USE, EARLY, 0, FIXED, 6));
    const v = p.newVReg(0);
    p.operand(v, operandInfo(DEF, LATE, 0, FIXED, 0));
    p.endInst(0, clobbers);
    alive[(k * 7) % 12] = v;
  }
  for (const v of alive) use(p, v);
  ret(p);
  return X64_ENVIRONMENT;
}

/** `n` loops, nested ten deep in groups, with values alive through all of a nest. */
export function deepLoops(p: Problem, n: number): Environment {
  p.reset();
  const depth = 10;
  const nests = Math.max(1, Math.floor(n / depth));
  let b = 0;
  const through: number[] = [];
  for (let k = 0; k < 8; k++) through.push(define(p));
  for (let nest = 0; nest < nests; nest++) {
    const headers: number[] = [];
    for (let d = 0; d < depth; d++) {
      jump(p, ++b);
      p.endBlock();
      headers.push(b);
      use(p, through[d % 8]!);
      const v = define(p);
      use(p, v);
    }
    for (let d = depth - 1; d >= 0; d--) {
      // Latch: an edge block back to the header, so that no edge is critical.
      use(p, through[(d + 3) % 8]!);
      branch(p, through[d % 8]!, b + 1, b + 2);
      p.endBlock();
      jump(p, headers[d]!);
      p.endBlock();
      b += 2;
    }
  }
  ret(p);
  return X64_ENVIRONMENT;
}

/** One block of `n` instructions with two dozen values alive at a time. */
export function oneBlock(p: Problem, n: number): Environment {
  p.reset();
  const ring: number[] = [];
  for (let k = 0; k < 24; k++) ring.push(define(p));
  for (let k = 24; k < n; k++) {
    const v = p.newVReg(0);
    p.operand(ring[k % 24]!, USE_REG);
    p.operand(ring[(k * 7 + 5) % 24]!, USE_ANY);
    p.operand(v, DEF_REUSE);
    p.endInst();
    ring[k % 24] = v;
  }
  ret(p);
  return X64_ENVIRONMENT;
}

/**
 * About `n` instructions of ordinary code: a dozen values that live long, and statements one after the other, each a
 * loop with a diamond and a call in it that carries two values round.
 */
export function ordinary(p: Problem, n: number): Environment {
  p.reset();
  const clobbers = p.newClobberSet(X64_ENVIRONMENT.preferred[0]!, -1 >>> 1, 0);
  const long: number[] = [];
  for (let k = 0; k < 12; k++) long.push(define(p));
  let b = 0;
  for (let s = 0; p.numInsts() < n; s++) {
    const a = long[s % 12]!;
    const c = long[(s * 5 + 3) % 12]!;
    const start = add(p, a, c);
    const limit = define(p);
    jump(p, ++b);
    p.edgeArg(start);
    p.edgeArg(a);
    p.endBlock();
    const header = b;
    const i = param(p);
    const sum = param(p);
    const t = add(p, i, c);
    const u = add(p, add(p, t, sum), limit);
    use(p, t);
    branch(p, u, b + 1, b + 2);
    p.endBlock();
    use(p, t);
    const left = add(p, u, i);
    jump(p, b + 3);
    p.edgeArg(left);
    p.endBlock();
    p.operand(u, operandInfo(USE, EARLY, 0, FIXED, 7));
    p.operand(t, operandInfo(USE, EARLY, 0, FIXED, 6));
    const right = p.newVReg(0);
    p.operand(right, operandInfo(DEF, LATE, 0, FIXED, 0));
    p.endInst(0, clobbers);
    jump(p, b + 3);
    p.edgeArg(right);
    p.endBlock();
    b += 3;
    const joined = param(p);
    const next = add(p, i, joined);
    branch(p, next, b + 1, b + 2);
    p.endBlock();
    jump(p, header);
    p.edgeArg(next);
    p.edgeArg(joined);
    p.endBlock();
    b += 2;
    long[(s * 7) % 12] = add(p, next, sum);
  }
  for (const v of long) use(p, v);
  ret(p);
  return X64_ENVIRONMENT;
}

function param(p: Problem): number {
  const v = p.newVReg(0);
  p.param(v);
  return v;
}

/** A two-address operation. */
function add(p: Problem, a: number, b: number): number {
  const v = p.newVReg(0);
  p.operand(a, USE_REG);
  p.operand(b, USE_ANY);
  p.operand(v, DEF_REUSE);
  p.endInst();
  return v;
}

/** A row of the bench: a name, the size that the issue trackers of other allocators ask for, the maker. */
export interface ProblemMaker {
  readonly name: string;
  readonly size: number;
  readonly make: (p: Problem, n: number) => Environment;
}

export const PROBLEM_MAKERS: readonly ProblemMaker[] = [
  { name: "many-params", size: 50_000, make: manyParams },
  { name: "one-vreg-many-uses", size: 50_000, make: oneVRegManyUses },
  { name: "many-vregs-many-blocks", size: 100_000, make: manyVRegsManyBlocks },
  { name: "many-calls", size: 12_000, make: manyCalls },
  { name: "deep-loops", size: 10_000, make: deepLoops },
  { name: "one-block", size: 100_000, make: oneBlock },
  { name: "ordinary", size: 1_000_000, make: ordinary },
];
