import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("./peers/", import.meta.url));
const binary = join(folder, "target", "release", "peers");

/** The peers' binary, or the reason why it is not there. */
export type Peers = { readonly binary: string } | { readonly missing: string };

/** Builds the peers if that is possible; the first build takes some minutes, later ones nothing. */
export function buildPeers(say: (line: string) => void): Peers {
  if (spawnSync("cargo", ["--version"]).status !== 0) {
    return existsSync(binary) ? { binary } : { missing: "cargo is not installed" };
  }
  if (!existsSync(binary)) say("building bench/peers with cargo (two minutes the first time)");
  const built = spawnSync("cargo", ["build", "--release", "--quiet"], { cwd: folder, encoding: "utf8" });
  if (built.status === 0) return { binary };
  const reason = built.stderr.split("\n").find((line) => line.trim() !== "") ?? "no message";
  const failure = `cargo build in bench/peers failed: ${reason}`;
  if (!existsSync(binary)) return { missing: failure };
  say(`${failure}; the binary of an earlier build is used`);
  return { binary };
}
