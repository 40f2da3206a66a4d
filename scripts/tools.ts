import { spawnSync } from "node:child_process";

/** Programs that tests call, and the Debian package of each. */
const packages: Readonly<Record<string, string>> = {
  cc: "gcc",
  ld: "binutils",
  objdump: "binutils",
  readelf: "binutils",
  "llvm-mc": "llvm",
  clang: "clang",
  "lld-link": "lld",
  nginx: "nginx-light",
};

/** Whether a program can be started; tests that need one that cannot are skipped. */
export function hasTool(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/**
 * Installs what is missing where that needs no question: as root on a Debian system.
 * @returns The programs that are still missing; tests that need them skip themselves and say so.
 */
export function installTools(say: (line: string) => void): readonly string[] {
  const missing = () => Object.keys(packages).filter((name) => !hasTool(name));
  const before = missing();
  if (before.length === 0 || process.getuid?.() !== 0 || !hasTool("apt-get")) return before;
  const wanted = [...new Set(before.map((name) => packages[name]!))];
  say(`installing ${wanted.join(", ")}`);
  // Nothing that a package brings may start by itself: tests start what they need, on loopback.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  const install = () =>
    spawnSync("apt-get", ["install", "-y", "--no-install-recommends", ...wanted], { env });
  if (install().status !== 0) {
    spawnSync("apt-get", ["update"], { env });
    install();
  }
  return missing();
}
