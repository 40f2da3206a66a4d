/** A program in CLIF whose `%kernel(i64 buffer, i64 n) -> i64` works in the buffer and returns a checksum. */
export interface Kernel {
  /** `NAME.clif` here is its text. */
  readonly name: string;
  /** Amount of work at which it is measured, and at which it is tested. */
  readonly n: number;
  readonly testN: number;
}

/** Bytes of memory that a kernel may use. */
export const BUFFER_BYTES: number = 32 << 20;

export const kernels: readonly Kernel[] = [
  { name: "sieve", n: 3000, testN: 1 },
  { name: "nbody", n: 6_000_000, testN: 300 },
  { name: "mandelbrot", n: 2400, testN: 24 },
  { name: "matmul", n: 800, testN: 20 },
  { name: "sha256", n: 1_200_000, testN: 20 },
  { name: "blake2s", n: 2_500_000, testN: 20 },
  { name: "base64", n: 24_000, testN: 2 },
  { name: "utf8", n: 12_000, testN: 2 },
  { name: "quicksort", n: 4_000_000, testN: 2000 },
  { name: "binary-trees", n: 15_000, testN: 3 },
  { name: "hash-table", n: 240_000_000, testN: 6000 },
  { name: "crc32", n: 8000, testN: 1 },
  { name: "fft", n: 12_000, testN: 1 },
  { name: "string-search", n: 12_000, testN: 2 },
  { name: "json-scan", n: 30_000, testN: 2 },
  { name: "bigmul", n: 60_000, testN: 4 },
  { name: "spectral-norm", n: 2400, testN: 12 },
  { name: "nqueens", n: 15, testN: 6 },
  { name: "fannkuch", n: 10, testN: 6 },
  { name: "bytecode", n: 16_000_000, testN: 500 },
];
