import { type Algorithm, allocate } from "../allocate.ts";
import { AllocationError } from "../allocation-error.ts";
import { checkAllocation } from "../check.ts";
import { Output } from "../output.ts";
import { Problem } from "../problem.ts";
import { problemToText } from "../text.ts";
import { validateProblem } from "../validate.ts";
import { findPlaces } from "./exhaustive.ts";
import { Choices, type GenerateOptions, generateProblem } from "./generate.ts";
import { RandomBytes } from "./random.ts";
import { simulate } from "./simulate.ts";

/** The algorithms that have code of their own. */
export type FuzzedAlgorithm = Exclude<Algorithm, "single_pass">;

/** A problem that an algorithm gets wrong, made as small as it was possible. */
export interface FuzzFailure {
  readonly algorithm: FuzzedAlgorithm;
  readonly errors: readonly string[];
  /** The problem in text form, for `gantry regalloc`. */
  readonly text: string;
}

/** What a campaign came to. */
export interface FuzzResult {
  /** Problems that each algorithm allocated rightly, as the checker and an execution say. */
  readonly right: Readonly<Record<FuzzedAlgorithm, number>>;
  /** Problems that each refused rightly, as trying all combinations says. */
  readonly refused: Readonly<Record<FuzzedAlgorithm, number>>;
  readonly failure?: FuzzFailure;
}

const ALGORITHMS: readonly FuzzedAlgorithm[] = ["linear", "backtracking"];
const p = new Problem();
const out = new Output();

/** Allocates `count` random problems with every algorithm; ends at the first failure, which is shrunk. */
export function fuzzAllocators(seed: number, count: number, options: GenerateOptions = {}): FuzzResult {
  const random = new RandomBytes(seed);
  const right = { linear: 0, backtracking: 0 };
  const refused = { linear: 0, backtracking: 0 };
  for (let k = 0; k < count; k++) {
    const bytes = random.bytes(50 + ((k * 7) % 600));
    for (const algorithm of ALGORITHMS) {
      const errors = troubles(bytes, algorithm, options);
      if (errors === undefined) refused[algorithm]++;
      else if (errors.length === 0) right[algorithm]++;
      else return { right, refused, failure: failure(bytes, algorithm, options) };
    }
  }
  return { right, refused };
}

function failure(bytes: Uint8Array, algorithm: FuzzedAlgorithm, options: GenerateOptions): FuzzFailure {
  const isWrong = (less: Uint8Array): boolean => (troubles(less, algorithm, options)?.length ?? 0) > 0;
  const small = shrink(bytes, isWrong);
  const errors = troubles(small, algorithm, options) ?? [];
  const text = problemToText(p, generateProblem(small, p, options), `${algorithm}-fails`);
  return { algorithm, errors, text };
}

/** What is wrong with the answer to the problem that the bytes describe; undefined if it has none. */
function troubles(
  bytes: Uint8Array,
  algorithm: FuzzedAlgorithm,
  options: GenerateOptions,
): readonly string[] | undefined {
  const env = generateProblem(bytes, p, options);
  const invalid = validateProblem(p);
  if (invalid.length > 0) return invalid;
  const text = problemToText(p, env);
  try {
    allocate(p, env, algorithm, out);
  } catch (error) {
    if (!(error instanceof AllocationError)) return [String(error)];
    if (problemToText(p, env) !== text) return ["the problem was changed"];
    return error.code === "RA0001" && findPlaces(p, error.inst, env) === undefined
      ? undefined
      : [error.message];
  }
  const errors = checkAllocation(p, env, out);
  const wrong = errors.length === 0 ? simulate(p, out, new Choices(bytes)) : "";
  return wrong === "" ? errors : [wrong];
}

/** Makes bytes fewer and smaller as long as they fail. */
export function shrink(bytes: Uint8Array, fails: (bytes: Uint8Array) => boolean): Uint8Array {
  for (;;) {
    const less = lower(cutOut(bytes, fails), fails);
    if (less.length === bytes.length && less.every((x, k) => x === bytes[k])) return less;
    bytes = less;
  }
}

/** Cuts out ever smaller pieces. */
function cutOut(bytes: Uint8Array, fails: (bytes: Uint8Array) => boolean): Uint8Array {
  for (let size = bytes.length >> 1; size > 0; size >>= 1)
    for (let at = 0; at + size <= bytes.length; ) {
      const less = new Uint8Array(bytes.length - size);
      less.set(bytes.subarray(0, at));
      less.set(bytes.subarray(at + size), at);
      if (fails(less)) bytes = less;
      else at += size;
    }
  return bytes;
}

/** Takes plainer answers: 0 is the plainest, and smaller numbers mean fewer of something. */
function lower(bytes: Uint8Array, fails: (bytes: Uint8Array) => boolean): Uint8Array {
  for (let at = 0; at < bytes.length; at++)
    for (const x of [0, bytes[at]! >> 1, bytes[at]! - 1]) {
      if (x < 0 || x >= bytes[at]!) continue;
      const less = bytes.slice();
      less[at] = x;
      if (!fails(less)) continue;
      bytes = less;
      break;
    }
  return bytes;
}
