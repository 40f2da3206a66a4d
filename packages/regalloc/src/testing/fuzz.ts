import { type Algorithm, allocate } from "../allocate.ts";
import { AllocationError } from "../allocation-error.ts";
import { checkAllocation } from "../check.ts";
import { Output } from "../output.ts";
import { Problem } from "../problem.ts";
import { problemToText } from "../text.ts";
import { Choices, generateProblem } from "./generate.ts";
import { RandomBytes } from "./random.ts";
import { simulate } from "./simulate.ts";

/** A problem that an algorithm gets wrong, made as small as it was possible. */
export interface FuzzFailure {
  readonly algorithm: Algorithm;
  readonly errors: readonly string[];
  /** The problem in text form, for `gantry regalloc`. */
  readonly text: string;
}

const ALGORITHMS: readonly Algorithm[] = ["linear", "backtracking"];
const p = new Problem();
const out = new Output();

/** Allocates `count` random problems with every algorithm; the first failure is shrunk and returned. */
export function fuzzAllocators(seed: number, count: number): FuzzFailure | undefined {
  const random = new RandomBytes(seed);
  for (let k = 0; k < count; k++) {
    const bytes = random.bytes(50 + random.next() * 4);
    for (const algorithm of ALGORITHMS)
      if (troubles(bytes, algorithm).length > 0) return failure(shrink(bytes, algorithm), algorithm);
  }
  return undefined;
}

function failure(bytes: Uint8Array, algorithm: Algorithm): FuzzFailure {
  const errors = troubles(bytes, algorithm);
  const text = problemToText(p, generateProblem(bytes, p), `${algorithm}-fails`);
  return { algorithm, errors, text };
}

function troubles(bytes: Uint8Array, algorithm: Algorithm): string[] {
  const env = generateProblem(bytes, p);
  try {
    allocate(p, env, algorithm, out);
  } catch (error) {
    return [error instanceof AllocationError ? error.message : String(error)];
  }
  const errors = checkAllocation(p, env, out);
  const wrong = errors.length === 0 ? simulate(p, out, new Choices(bytes)) : "";
  return wrong === "" ? errors : [wrong];
}

/** Cuts out ever smaller pieces while the failure stays. */
function shrink(bytes: Uint8Array, algorithm: Algorithm): Uint8Array {
  for (let size = bytes.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at + size <= bytes.length; ) {
      const less = new Uint8Array(bytes.length - size);
      less.set(bytes.subarray(0, at));
      less.set(bytes.subarray(at + size), at);
      if (troubles(less, algorithm).length > 0) bytes = less;
      else at += size;
    }
  return bytes;
}
