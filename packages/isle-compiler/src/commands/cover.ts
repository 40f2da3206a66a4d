import { errorOf } from "@gantry/diag";
import { type Coverage, mergeCoverage } from "../trace.ts";
import { type CommandIo, parseArguments, readSource, runCommand, UsageError } from "./io.ts";

const usage = "usage: gantry isle cover [--all] [--json] [--min PERCENT] COVERAGE.json...";

/**
 * `gantry isle cover`: adds up what runs with `--coverage` wrote and lists the rules that never fired; `--all` lists
 * every rule with its hits. Fails below `--min` percent.
 */
export function isleCover(args: readonly string[], io: CommandIo): number {
  return runCommand(io, usage, () => {
    const { words, flags, values } = parseArguments(args, ["--all", "--json"], ["--min"]);
    if (words.length === 0) throw new UsageError("no coverage files are named");
    const least = Number(values.get("--min") ?? 0);
    if (!(least >= 0 && least <= 100)) throw new UsageError("'--min' needs a percentage");
    const { rules } = mergeCoverage(words.map((path) => readCoverage(path, io)));
    const fired = rules.filter((r) => r.hits > 0).length;
    const percent = rules.length === 0 ? 100 : (100 * fired) / rules.length;
    if (flags.has("--json")) io.stdout.write(`${JSON.stringify({ version: 1, rules }, undefined, 1)}\n`);
    else {
      for (const { file, line, term, name, hits } of [...rules].sort(byPlace)) {
        const label = `${file}:${line}: ${term}${name === "" ? "" : ` ${name}`}`;
        if (flags.has("--all")) io.stdout.write(`${String(hits).padStart(9)} ${label}\n`);
        else if (hits === 0) io.stdout.write(`${label}: never fired\n`);
      }
      io.stdout.write(`${fired} of ${rules.length} rules fired (${percent.toFixed(1)} %)\n`);
    }
    return percent < least ? 1 : 0;
  });
}

function byPlace(a: Coverage["rules"][number], b: Coverage["rules"][number]): number {
  return a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1;
}

function readCoverage(path: string, io: CommandIo): Coverage {
  const { text } = readSource(path, io);
  try {
    const data = JSON.parse(text) as Partial<Coverage>;
    if (data.version === 1 && Array.isArray(data.rules)) return data as Coverage;
  } catch {
    // Falls through to the report: it is no JSON at all.
  }
  throw errorOf("ISLE0411", `${path} is no coverage file: write one with '--coverage FILE'`);
}
