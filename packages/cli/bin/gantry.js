#!/usr/bin/env node
import { guard } from "../dist/guard.js";

// Importing them would load all of Node's streams: 2 ms.
const { readFileSync, statSync } = process.getBuiltinModule("node:fs");
const module = process.getBuiltinModule("node:module");

// Keeps compiled bytecode between runs (Node 22.8 and later).
module.enableCompileCache?.();
guard();
const traced = process.argv.some((word) => /^--(trace-isle|coverage)/.test(word));
const bundled = ["compile", "cat", "worker"].includes(process.argv[2]) && !traced && isFresh();
const { main } = await import(bundled ? "../dist/fast/fast.js" : "../dist/index.js");
process.exitCode = await main(process.argv.slice(2));

/** Whether the bundle is there and, in a checkout, newer than every package in it. */
function isFresh() {
  try {
    const url = new URL("../dist/fast/packages.json", import.meta.url);
    const { mtimeMs } = statSync(url);
    return JSON.parse(readFileSync(url, "utf8")).every((name) => {
      const build = new URL(`../../${name}/tsconfig.tsbuildinfo`, import.meta.url);
      return (statSync(build, { throwIfNoEntry: false })?.mtimeMs ?? 0) <= mtimeMs;
    });
  } catch {
    return false;
  }
}
