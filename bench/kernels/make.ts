import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { blake2s, crc32, sha256 } from "./source/hashes.ts";
import { Unit } from "./source/language.ts";
import { bigmul, fft, mandelbrot, matmul, nbody, quicksort, sieve, spectralNorm } from "./source/numbers.ts";
import { binaryTrees, bytecode, fannkuch, hashTable, nqueens } from "./source/structures.ts";
import { base64, jsonScan, stringSearch, utf8 } from "./source/text.ts";

// Writes the texts of the kernels. They are committed, and stay as they are once they were compared.

const builders: Readonly<Record<string, (unit: Unit) => void>> = {
  sieve,
  nbody,
  mandelbrot,
  matmul,
  sha256,
  blake2s,
  base64,
  utf8,
  quicksort,
  "binary-trees": binaryTrees,
  "hash-table": hashTable,
  crc32,
  fft,
  "string-search": stringSearch,
  "json-scan": jsonScan,
  bigmul,
  "spectral-norm": spectralNorm,
  nqueens,
  fannkuch,
  bytecode,
};

for (const [name, build] of Object.entries(builders)) {
  const unit = new Unit();
  build(unit);
  const path = fileURLToPath(new URL(`./${name}.clif`, import.meta.url));
  writeFileSync(path, `; ${name}: written by bench/kernels/make.ts\n\n${unit.toText()}`);
}
