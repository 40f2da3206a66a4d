import { aliasAnalysis } from "./commands/alias-analysis.ts";
import { cat } from "./commands/cat.ts";
import { compile } from "./commands/compile.ts";
import { domtree } from "./commands/domtree.ts";
import { inline } from "./commands/inline.ts";
import { interpret } from "./commands/interpret.ts";
import { optimize } from "./commands/optimize.ts";
import { printCfg } from "./commands/print-cfg.ts";
import { run } from "./commands/run.ts";
import { unwind } from "./commands/unwind.ts";
import { verifier } from "./commands/verifier.ts";
import type { TestCommand } from "./test-command.ts";

// All commands of filetests. The columns: verifies first, changes functions, needs a target.

const row = (name: string, options: readonly string[], needsVerifier: boolean, mutates: boolean, needsTarget: boolean, run?: TestCommand["run"]): TestCommand => ({
  name, options, needsVerifier, mutates, needsTarget, ...(run === undefined ? {} : { run }),
});

export const testCommands: readonly TestCommand[] = [
  row("alias-analysis", [],                                true,  true,  false, aliasAnalysis),
  row("cat",            [],                                false, false, false, cat),
  row("compile",        ["precise-output", "expect-fail"], true,  true,  true,  compile),
  row("domtree",        [],                                true,  false, false, domtree),
  row("inline",         ["precise-output", "optimize"],    true,  true,  true,  inline),
  row("interpret",      [],                                true,  false, false, interpret),
  row("optimize",       ["precise-output"],                true,  true,  true,  optimize),
  row("print-cfg",      [],                                false, false, false, printCfg),
  row("run",            [],                                true,  false, true,  run),
  row("safepoint",      [],                                true,  false, false, cat),
  row("unwind",         [],                                true,  true,  true,  unwind),
  row("verifier",       [],                                false, false, false, verifier),
];
