/**
 * Random allocation problems for every algorithm until one fails or the process is stopped; what fails is shrunk and
 * printed in text form. Every other seed is for a machine of few registers, on which some problems have no solution.
 *
 *     node packages/regalloc/scripts/fuzz.ts [FIRST-SEED [SEEDS]]
 */
import { fuzzAllocators } from "@gantry/regalloc/testing";

const PROBLEMS_PER_SEED = 1000;

const first = Number(process.argv[2] ?? 1);
const seeds = process.argv[3] === undefined ? Number.POSITIVE_INFINITY : Number(process.argv[3]);
for (let seed = first; seed < first + seeds; seed++) {
  const { failure } = fuzzAllocators(seed, PROBLEMS_PER_SEED, { scarce: seed % 2 === 0 });
  if (failure === undefined) {
    if (process.stderr.isTTY) process.stderr.write(`\rseed ${seed}`);
    continue;
  }
  console.log(
    `; seed ${seed}: ${failure.algorithm}\n${failure.errors.map((e) => `; ${e}`).join("\n")}\n${failure.text}`,
  );
  process.exit(1);
}
