import { readFileSync } from "node:fs";

/** Settings of x86-64 and what Linux calls the feature in `/proc/cpuinfo`. */
const x86: Readonly<Record<string, string>> = {
  has_sse3: "pni",
  has_ssse3: "ssse3",
  has_cmpxchg16b: "cx16",
  has_sse41: "sse4_1",
  has_sse42: "sse4_2",
  has_avx: "avx",
  has_avx2: "avx2",
  has_fma: "fma",
  has_avx512bitalg: "avx512_bitalg",
  has_avx512dq: "avx512dq",
  has_avx512vl: "avx512vl",
  has_avx512vbmi: "avx512vbmi",
  has_avx512f: "avx512f",
  has_popcnt: "popcnt",
  has_bmi1: "bmi1",
  has_bmi2: "bmi2",
  has_lzcnt: "abm",
};

let flags: Set<string> | undefined;

/** The first feature that a target line asks for and this machine does not have. */
export function missingFeature(words: readonly string[]): string | undefined {
  flags ??= hostFlags();
  const has = flags;
  return words.find((word) => {
    const [name, value] = word.split("=");
    const flag = x86[name!];
    return flag !== undefined && value !== "false" && !has.has(flag);
  });
}

function hostFlags(): Set<string> {
  try {
    const line = /^flags\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"));
    return new Set((line?.[1] ?? "").trim().split(/\s+/));
  } catch {
    return new Set();
  }
}
