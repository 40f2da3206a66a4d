import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hasTool, type Run, runTool } from "./gantry.ts";

/** Windows programs in tests: made by Clang and lld without a C library, run by Wine where it is installed. */

/** Whether programs can be linked. */
export const linksWindows: boolean = ["clang", "lld-link", "llvm-dlltool", "llvm-readobj", "llvm-nm"].every(
  hasTool,
);

/** Debian's Wine without its wrapper, or any other; undefined if there is none. */
export const wine: string | undefined = ["/usr/lib/wine/wine64", "wine64", "wine"].find(
  (name) => existsSync(name) || hasTool(name),
);

export const clangFlags: readonly string[] = ["--target=x86_64-pc-windows-gnu", "-O1", "-ffreestanding"];

/** The import library of those functions of kernel32.dll, made in `folder`. */
export function kernelLibrary(folder: string, names: readonly string[]): string {
  const definition = join(folder, "kernel32.def");
  const library = join(folder, "kernel32.lib");
  writeFileSync(definition, `LIBRARY kernel32.dll\nEXPORTS\n${names.join("\n")}\n`);
  runTool("llvm-dlltool", ["-m", "i386:x86-64", "-d", definition, "-l", library]);
  return library;
}

/** Runs a Windows program. Wine makes its system in `folder`, where it takes 700 MB. */
export function runInWine(program: string, folder: string): Run {
  const env = [`WINEPREFIX=${join(folder, "prefix")}`, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree,mshtml="];
  return runTool("env", [...env, "timeout", "100", wine!, program]);
}
