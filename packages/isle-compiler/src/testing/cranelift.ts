import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SourceFile } from "@gantry/diag";

const peersFolder = fileURLToPath(new URL("../../../../bench/peers/", import.meta.url));

/** Cranelift's compilation units as they lie in the cargo registry, and the peer that compiles them too. */
export interface Cranelift {
  readonly binary: string;
  /** Paths of each unit's files, in order. */
  readonly units: ReadonlyMap<string, readonly string[]>;
  /** All `.isle` files of the crate and those that its build makes. */
  readonly files: readonly string[];
}

/** Finds the units; or says why they are not there. */
export function findCranelift(): Cranelift | { readonly missing: string } {
  const binary = join(peersFolder, "target", "release", "peers");
  if (!existsSync(binary))
    return { missing: "bench/peers is not built: 'cargo build --release' there, or 'pnpm bench', makes it" };
  // Crates of other platforms are not fetched, so they must not be asked for.
  const host =
    /^host: (.*)$/m.exec(spawnSync("rustc", ["-vV"], { encoding: "utf8" }).stdout ?? "")?.[1] ?? "";
  const args = ["metadata", "--format-version", "1", "--offline", "--filter-platform", host];
  args.push("--manifest-path", join(peersFolder, "Cargo.toml"));
  const metadata = spawnSync("cargo", args, { encoding: "utf8", maxBuffer: 1 << 28 });
  if (metadata.status !== 0) return { missing: "cargo is not there, or has not fetched the peers" };
  const { packages } = JSON.parse(metadata.stdout) as { packages: { name: string; manifest_path: string }[] };
  const crate = packages.find((p) => p.name === "cranelift-codegen");
  if (crate === undefined) return { missing: "the peers have no crate cranelift-codegen" };
  const folder = join(crate.manifest_path, "..");
  const generated = mkdtempSync(join(tmpdir(), "gantry-isle-"));
  const sources = spawnSync(binary, ["trees", "sources", folder, generated], { encoding: "utf8" });
  if (sources.status !== 0) return { missing: "bench/peers was built without its subcommand 'trees'" };
  const units = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of sources.stdout.trim().split("\n")) {
    if (line.startsWith("unit ")) units.set(line.slice(5), (current = []));
    else current.push(line);
  }
  const find = spawnSync("find", [folder, generated, "-name", "*.isle"], { encoding: "utf8" });
  return { binary, units, files: find.stdout.trim().split("\n").sort() };
}

/** @param encoding `latin1` makes offsets count bytes, as the peer does. */
export function readUnit(paths: readonly string[], encoding: "utf8" | "latin1" = "utf8"): SourceFile[] {
  // The folder of generated files has another name every time.
  const name = (path: string): string =>
    path
      .split("/")
      .slice(-3)
      .join("/")
      .replace(/^.*gantry-isle-[^/]*/, "generated");
  return paths.map((path) => new SourceFile(name(path), readFileSync(path, encoding)));
}
