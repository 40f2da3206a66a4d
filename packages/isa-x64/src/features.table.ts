/**
 * The CPU features that rules ask for: the setting of each, what no processor has without it, and its name among the
 * `flags` of Linux's `/proc/cpuinfo`, which leaves out what the system does not save at a context switch.
 */
interface FeatureRow {
  /** The word in `needs` of an instruction row; the setting is `has_` and this. */
  readonly name: string;
  readonly doc: string;
  readonly linux: string;
  readonly implies?: readonly string[];
}

export const featureTable = [
  { name: "sse3", doc: "SSE3.", linux: "pni" },
  { name: "ssse3", doc: "SSSE3: byte shuffles and more.", linux: "ssse3", implies: ["sse3"] },
  { name: "cmpxchg16b", doc: "CMPXCHG16B: atomics of 16 bytes.", linux: "cx16" },
  { name: "sse41", doc: "SSE4.1: rounding, blends, and more.", linux: "sse4_1", implies: ["ssse3"] },
  { name: "sse42", doc: "SSE4.2.", linux: "sse4_2", implies: ["sse41"] },
  { name: "avx", doc: "AVX: every vector instruction in VEX encoding.", linux: "avx", implies: ["sse42"] },
  { name: "avx2", doc: "AVX2.", linux: "avx2", implies: ["avx"] },
  { name: "fma", doc: "FMA: fused multiply-add.", linux: "fma", implies: ["avx"] },
  { name: "f16c", doc: "F16C: conversions of half-precision floats.", linux: "f16c", implies: ["avx"] },
  { name: "avx_vnni", doc: "AVX-VNNI.", linux: "avx_vnni", implies: ["avx2"] },
  { name: "avx512bitalg", doc: "AVX-512 BITALG.", linux: "avx512_bitalg", implies: ["avx512bw"] },
  { name: "avx512bw", doc: "AVX-512 BW.", linux: "avx512bw", implies: ["avx512f"] },
  { name: "avx512dq", doc: "AVX-512 DQ.", linux: "avx512dq", implies: ["avx512f"] },
  { name: "avx512vl", doc: "AVX-512 VL.", linux: "avx512vl", implies: ["avx512f"] },
  { name: "avx512vbmi", doc: "AVX-512 VBMI.", linux: "avx512vbmi", implies: ["avx512bw"] },
  { name: "avx512f", doc: "AVX-512 F.", linux: "avx512f", implies: ["avx2", "fma", "f16c"] },
  { name: "avx512vnni", doc: "AVX-512 VNNI.", linux: "avx512_vnni", implies: ["avx512f"] },
  {
    name: "avx512vpopcntdq",
    doc: "AVX-512 VPOPCNTDQ.",
    linux: "avx512_vpopcntdq",
    implies: ["avx512f"],
  },
  { name: "popcnt", doc: "POPCNT.", linux: "popcnt" },
  { name: "bmi1", doc: "BMI1: TZCNT and others.", linux: "bmi1" },
  { name: "bmi2", doc: "BMI2: shifts by any register, and others.", linux: "bmi2" },
  { name: "lzcnt", doc: "LZCNT.", linux: "abm" },
  { name: "movbe", doc: "MOVBE: loads and stores of the other byte order.", linux: "movbe" },
] as const satisfies readonly FeatureRow[];

export type FeatureName = (typeof featureTable)[number]["name"];
